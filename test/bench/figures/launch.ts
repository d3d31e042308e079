import { connectControl } from '../../../main/adapters/control/client.ts';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import { runCommand } from '../../helpers/gatehouse.ts';
import type { Figure } from '../figure.ts';
import type { Ground } from '../ground.ts';
import { alternate, median, timed } from '../statistics.ts';

const warmRuns = 21;
const coldRuns = 7;
const insideRuns = 21;

/** How long `true` takes from the command line, and how long the supervisor takes from request to exec. */
export const launch: Figure = {
  name: 'launch',
  title: 'Launch',
  async measure(ground) {
    const { home } = ground;
    const succeed = async (finished: Promise<{ status: number | null; stderr: string }>): Promise<void> => {
      const { status, stderr } = await finished;
      if (status !== 0) throw new Error(`true ended with ${status}: ${stderr.slice(0, 500)}`);
    };
    // One of each first: compile caches, page cache, and the supervisor itself.
    await succeed(ground.gatehouse(['true']));
    await succeed(ground.peer(['true']));
    const warm = await alternate(warmRuns, {
      gatehouse: () => timed(() => succeed(ground.gatehouse(['true']))),
      peer: () => timed(() => succeed(ground.peer(['true']))),
      bubblewrap: () => timed(() => succeed(bareBubblewrap(ground))),
      bare: () => timed(() => succeed(runCommand('true', [], { cwd: home.workspace, environment: home.environment }))),
    });
    const cold: number[] = [];
    for (let run = 0; run < coldRuns; run += 1) {
      await home.run(['supervisor', 'stop', '--force']);
      cold.push(await timed(() => succeed(ground.gatehouse(['true']))));
    }
    const inside = await insideSupervisor(ground);
    const of = (name: string): number => median(warm[name] ?? []);
    const [gatehouse, peer, bare] = [of('gatehouse'), of('peer'), of('bare')];
    return [
      {
        what: '`gatehouse run -- true`, supervisor warm',
        unit: 'ms',
        target: { at: 'most', value: 70 },
        measured: gatehouse,
        peer,
        bare,
        runs: warmRuns,
        note: 'bare: spawning `true` from the same program',
      },
      {
        what: '`gatehouse run -- true`, supervisor cold',
        unit: 'ms',
        target: { at: 'most', value: 250 },
        measured: median(cold),
        runs: coldRuns,
        note: 'the peer has no supervisor: its every start is the row above',
      },
      {
        what: 'launch inside the supervisor, request to exec',
        unit: 'ms',
        target: { at: 'most', value: 20 },
        measured: median(inside),
        bare: of('bubblewrap') - bare,
        runs: insideRuns,
        note: 'bare: bubblewrap alone with the same namespaces and few mounts',
      },
    ];
  },
};

function bareBubblewrap({ home }: Ground) {
  const links = ['bin', 'lib', 'lib64', 'sbin'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]);
  const walls = ['--unshare-all', '--die-with-parent', '--new-session', '--ro-bind', '/usr', '/usr', ...links];
  const folders = ['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--bind', home.workspace, home.workspace];
  const args = [...walls, ...folders, '--chdir', home.workspace, '--', 'true'];
  return runCommand('bwrap', args, { cwd: home.workspace, environment: home.environment });
}

/** `session.start` over the control socket answers when the command was executed and waits for its client. */
async function insideSupervisor({ home }: Ground): Promise<number[]> {
  const control = await connectControl(statePaths(home.environment));
  const times: number[] = [];
  try {
    for (let run = 0; run < insideRuns; run += 1) {
      const start = performance.now();
      const { session } = await control.call('session.start', {
        command: ['true'],
        cwd: home.workspace,
        grants: [],
        callerEnvironment: { ...home.environment },
        environment: {},
        limits: {},
      });
      times.push(performance.now() - start);
      // It may have ended by itself meanwhile.
      await control.call('session.kill', { id: session.id }).catch(() => undefined);
    }
  } finally {
    control.close();
  }
  return times;
}
