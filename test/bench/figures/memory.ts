import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { descendantsOf, findProcess, type ProcessFacts } from '../../helpers/processes.ts';
import type { Figure } from '../figure.ts';
import type { Ground } from '../ground.ts';
import { heldMiB } from '../machine.ts';
import { median } from '../statistics.ts';

const rounds = 3;
const sessionsNumber = 5;
/** For garbage collections after start-up to be over; what is measured is rest. */
const settleMs = 4000;

const statusSchema = z.object({ pid: z.int() });

/** Proportional set sizes at rest: of the supervisor with its worker, and of what a session adds beside its agent. */
export const memory: Figure = {
  name: 'memory',
  title: 'Memory at rest',
  async measure(ground) {
    const idle: number[] = [];
    const perSession: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await ground.home.run(['supervisor', 'stop', '--force']);
      await ground.gatehouse(['true']);
      const supervisor = await supervisorPid(ground);
      await pause(settleMs);
      const before = await treeMiB(supervisor);
      idle.push(before);
      const clients = Array.from({ length: sessionsNumber }, () => startSession(ground));
      await eventually(async () => (await sleepers(supervisor)) >= sessionsNumber, { what: 'the sessions to run' });
      await pause(settleMs);
      perSession.push(((await treeMiB(supervisor)) - before) / sessionsNumber);
      await ground.home.run(['kill', '--all']);
      await Promise.all(clients.map(gone));
      peer.push(await peerMiB(ground));
    }
    return [
      {
        what: 'supervisor and egress worker, idle',
        unit: 'MiB',
        target: { at: 'most', value: 160 },
        measured: median(idle),
        runs: rounds,
        note: 'after one session came and went',
      },
      {
        what: 'each session, beside its agent',
        unit: 'MiB',
        target: { at: 'most', value: 5 },
        measured: median(perSession),
        peer: median(peer),
        runs: rounds,
        note: `${sessionsNumber} sessions of \`sleep\`; the client in the terminal is not counted for Gatehouse; the peer's supervisor is its client`,
      },
    ];
  },
};

async function supervisorPid({ home }: Ground): Promise<number> {
  const { stdout } = await home.run(['supervisor', 'status', '--json']);
  return statusSchema.parse(parseJsonLines(stdout)[0]).pid;
}

function startSession({ home }: Ground): ChildProcess {
  return startGatehouse(['run', '--', 'sleep', '3600'], { environment: home.environment, cwd: home.workspace });
}

const isSleep = ({ argv }: ProcessFacts): boolean => argv.length === 2 && argv[0]?.endsWith('sleep') === true;

async function sleepers(pid: number): Promise<number> {
  return (await descendantsOf(pid)).filter(isSleep).length;
}

/** A process and all below it, without the agents (`sleep`). */
async function treeMiB(pid: number): Promise<number> {
  const own = await findProcess(pid);
  const all = [...(own === undefined ? [] : [own]), ...(await descendantsOf(pid))].filter((one) => !isSleep(one));
  return heldMiB(all.map((one) => one.pid));
}

async function peerMiB({ home, peerCommand: [file, ...args] }: Ground): Promise<number> {
  const child = spawn(file, [...args, 'sleep', '3600'], {
    cwd: home.workspace,
    env: home.environment,
    stdio: 'ignore',
  });
  const pid = child.pid ?? 0;
  await eventually(async () => (await sleepers(pid)) > 0, { what: "the peer's session to run" });
  await pause(settleMs);
  const size = await treeMiB(pid);
  child.kill('SIGTERM');
  await gone(child);
  return size;
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => child.once('exit', () => resolve()));
}
