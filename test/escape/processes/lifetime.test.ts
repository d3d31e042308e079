import path from 'node:path';
import { expect } from 'vitest';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { processesWithArgument } from '../../helpers/processes.ts';
import { escapeTests, expectHeldInSilence, expectSessionRecord } from '../harness/escape.ts';
import { expectNoInhabitants } from '../harness/survivors.ts';
import type { OngoingRun, Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

let marks = 0;
/** A number of seconds that nobody else waits for. */
function newMark(): string {
  marks += 1;
  return `${20_000_000 + (process.pid % 100_000) * 100 + marks}.75`;
}

/** Leaves parent, process group, session and terminal, twice over, and ignores what asks it to end. */
const daemon = (mark: string) =>
  `(setsid sh -c '(setsid sh -c "trap : TERM HUP INT; sleep ${mark} & wait; wait; wait" &) &' </dev/null >/dev/null 2>&1 &)`;

const waitFor = (mark: string) =>
  eventually(async () => (await processesWithArgument(mark)).some(({ argv }) => argv[0] === 'sleep'), {
    what: `the daemon ${mark} to run`,
  });
const gone = (mark: string) =>
  eventually(async () => (await processesWithArgument(mark)).length === 0, {
    what: `everything of ${mark} to be gone`,
  });

async function endByHand(mark: string): Promise<void> {
  for (const { pid } of await processesWithArgument(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
}

/** Starts a session with a daemon; says so at once where it has no processes of its own, since then nothing could end. */
async function startDaemon(walls: Walls, mark: string): Promise<OngoingRun> {
  const own = 'test "$(cat /proc/1/comm)" = portcullis';
  const ongoing = walls.start(`if ${own}; then ${daemon(mark)}; echo up; read line; else echo shared; fi`);
  await ongoing.said('\n');
  expect(ongoing.output(), 'processes of its own').toBe('up\n');
  await waitFor(mark);
  return ongoing;
}

/** Outside, such a daemon stays: the control of every test here. */
async function daemonStaysOutside(walls: Walls): Promise<void> {
  const mark = newMark();
  try {
    await walls.outside(daemon(mark));
    await waitFor(mark);
  } finally {
    await endByHand(mark);
  }
}

/** Runs `gatehouse` beside a session, outside. */
async function gatehouse(walls: Walls, ...args: string[]): Promise<void> {
  const { status, stderr } = await walls.outside([process.execPath, path.join(distFolder, 'gatehouse.js'), ...args]);
  expect(status, stderr).toBe(0);
}

async function sessionOf(walls: Walls): Promise<string> {
  const events = await walls.events();
  const started = events.filter((event) => event.kind === 'session.started').at(-1)?.session;
  if (started === undefined) throw new Error('no session has started');
  return started;
}

/** The process of the session's outermost helper, as it is on record. */
async function holderOf(walls: Walls): Promise<number> {
  const events = await walls.events();
  const pid = events.filter((event) => event.kind === 'session.started').at(-1)?.detail['pid'];
  if (typeof pid !== 'number') throw new Error('the session has no process on record');
  return pid;
}

/** Ways in which a session may end while its daemon wants to stay. */
const ends: readonly {
  readonly how: string;
  readonly requirement: '[RUN-3]' | '[RUN-6]';
  readonly guarded?: true;
  end(walls: Walls, ongoing: OngoingRun): Promise<void>;
  readonly supervisorGone?: true;
}[] = [
  {
    how: 'its command ends',
    requirement: '[RUN-3]',
    async end(_walls, ongoing) {
      ongoing.child.stdin?.end('\n');
      await ongoing.ended;
    },
  },
  {
    how: 'it is stopped',
    requirement: '[RUN-3]',
    end: async (walls) => gatehouse(walls, 'stop', await sessionOf(walls)),
  },
  {
    how: 'it is killed',
    requirement: '[RUN-3]',
    end: async (walls) => gatehouse(walls, 'kill', await sessionOf(walls)),
  },
  {
    how: 'everything is killed',
    requirement: '[RUN-3]',
    end: async (walls) => gatehouse(walls, 'kill', '--all'),
  },
  {
    how: 'its outermost helper is killed',
    requirement: '[RUN-3]',
    guarded: true,
    async end(walls) {
      process.kill(await holderOf(walls), 'SIGKILL');
    },
  },
  {
    how: 'bubblewrap is killed',
    requirement: '[RUN-3]',
    async end(walls) {
      const { descendantsOf } = await import('../../helpers/processes.ts');
      const inside = await descendantsOf(await holderOf(walls));
      const bubblewrap = inside.find(({ argv }) => /(?:^|\/)bwrap$/u.test(argv[0] ?? '')) ?? inside[0];
      if (bubblewrap === undefined) throw new Error('the holder has no child');
      process.kill(bubblewrap.pid, 'SIGKILL');
    },
  },
  {
    how: 'the supervisor is killed',
    requirement: '[RUN-6]',
    supervisorGone: true,
    async end(walls) {
      process.kill(await walls.supervisorPid(), 'SIGKILL');
    },
  },
];

for (const { how, requirement, guarded = false, end, supervisorGone = false } of ends) {
  let mark: string;
  escapeTest(`a daemon is gone when ${how}`, {
    requirement,
    guards: guarded ? ['die-with-parent', 'pid-namespace'] : ['pid-namespace'],
    control: daemonStaysOutside,
    async attempt(walls) {
      mark = newMark();
      const ongoing = await startDaemon(walls, mark);
      await end(walls, ongoing);
      const { child } = ongoing;
      await eventually(() => child.exitCode !== null || child.signalCode !== null, {
        what: 'the session to end for its client',
        deadlineMs: 60_000,
      });
      return await ongoing.ended;
    },
    async observe(walls) {
      try {
        await gone(mark);
        await expectNoInhabitants(walls.folder);
      } finally {
        await endByHand(mark);
      }
      expect((await walls.run('echo served')).stdout, 'the next session').toBe('served\n');
    },
    audit(_walls, run) {
      // The new supervisor closes the record of what the old one could not end.
      if (supervisorGone) expect(run.events.map(({ kind }) => kind)).toContain('session.started');
      else if (run.events.some(({ kind }) => kind === 'session.stopping')) expectSessionRecord(run);
      else expectHeldInSilence(run);
    },
  });
}

escapeTest('the client that started it is killed', {
  requirement: '[RUN-3]',
  guards: ['pid-namespace'],
  control: daemonStaysOutside,
  async attempt(walls) {
    const mark = newMark();
    const ongoing = await startDaemon(walls, mark);
    ongoing.child.kill('SIGKILL');
    const run = await ongoing.ended;
    // Nobody waits for it any more: it ends, or goes on under the supervisor, and then stopping everything ends it.
    await gatehouse(walls, 'kill', '--all');
    await gone(mark);
    return run;
  },
  async observe(walls) {
    await expectNoInhabitants(walls.folder);
  },
  audit() {},
});
