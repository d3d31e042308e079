import { descendantsOf, findProcess, type ProcessFacts } from '../helpers/processes.ts';
import type { LoadSession } from './kill-load.ts';

/** Who may be struck. */
export const roles = [
  'supervisor',
  'egress worker',
  'keychain worker',
  'outer portcullis',
  'bubblewrap',
  'init',
  'relay',
  'agent',
  'descendant of an agent',
  'client',
] as const;
export type Role = (typeof roles)[number];

/** Every process of a supervisor by its part, at one moment. */
export type Cast = Readonly<Record<Role, readonly number[]>>;

const isOuter = ({ argv }: ProcessFacts): boolean => argv[1] === 'hold';
const isBubblewrap = ({ argv }: ProcessFacts): boolean => /(?:^|\/)bwrap$/u.test(argv[0] ?? '');
/** Portcullis inside runs from a descriptor: its own file is not seen there. */
const isInner = ({ argv }: ProcessFacts): boolean =>
  argv[1] === 'init' && /^\/proc\/self\/fd\/\d+$/u.test(argv[0] ?? '');

/** Looks who is there now, and who plays which part. */
export async function findCast(supervisorPid: number, sessions: readonly LoadSession[]): Promise<Cast> {
  const supervisor = await findProcess(supervisorPid);
  const below = await descendantsOf(supervisorPid);
  const workers = below.filter(({ parentPid }) => parentPid === supervisorPid);
  const childrenOf = (parents: readonly ProcessFacts[]): ProcessFacts[] => {
    const pids = new Set(parents.map(({ pid }) => pid));
    return below.filter(({ parentPid }) => pids.has(parentPid));
  };
  const bubblewraps = below.filter(isBubblewrap);
  const inits = childrenOf(bubblewraps).filter(isInner);
  const inside = childrenOf(inits);
  const agents = inside.filter(
    (facts) => !isInner(facts) && sessions.some(({ mark }) => facts.argv.join(' ').includes(mark)),
  );
  const descendants: ProcessFacts[] = inside.filter((facts) => !isInner(facts) && !agents.includes(facts));
  for (let more = childrenOf(inside); more.length > 0; more = childrenOf(more)) descendants.push(...more);
  const pids = (all: readonly ProcessFacts[]): number[] => all.map(({ pid }) => pid);
  return {
    supervisor: supervisor === undefined || supervisor.state === 'Z' ? [] : [supervisorPid],
    'egress worker': pids(workers.filter(({ argv }) => argv.at(-1)?.endsWith('egress.js'))),
    'keychain worker': pids(workers.filter(({ argv }) => argv.at(-1)?.endsWith('keychain.js'))),
    // The holder and its parent.
    'outer portcullis': pids(below.filter(isOuter)),
    bubblewrap: pids(bubblewraps),
    init: pids(inits),
    relay: pids(inside.filter(isInner)),
    agent: pids(agents),
    'descendant of an agent': pids(descendants),
    client: sessions.flatMap(({ client }) =>
      client?.pid === undefined || client.exitCode !== null || client.signalCode !== null ? [] : [client.pid],
    ),
  };
}
