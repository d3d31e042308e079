import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectLines } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

/** Takes one inotify instance, or all it gets, and holds them until its input ends. */
const take = `import ctypes, sys
taken = 0
while taken < int(sys.argv[1]) and ctypes.CDLL(None).inotify_init() >= 0: taken += 1
print("taken" if taken else "none", flush=True)
sys.stdin.read()
`;
/** Far above what any system grants one user. */
const all = 100_000;

escapeTest('all inotify instances of the person', {
  requirement: '[RUN-4]',
  prepare: (walls) => writeFile(path.join(walls.workspace, 'take.py'), take),
  async control(walls) {
    expectLines(await walls.outside('python3 take.py 1'), ['taken']);
  },
  async attempt(walls) {
    const ongoing = walls.start(`python3 take.py ${all}`);
    await ongoing.said('taken');
    // While the session holds all that it got, the person's own programs get theirs.
    expectLines(await walls.outside('python3 take.py 1'), ['taken']);
    ongoing.child.stdin?.end();
    return await ongoing.ended;
  },
  async observe() {},
});

const kinds = ['Max pending signals', 'Max msgqueue size', 'Max locked memory'] as const;

/** Hard limits by name; without an end: infinity. */
async function hardLimits(run: Promise<{ stdout: string }>): Promise<number[]> {
  const { stdout } = await run;
  return kinds.map((kind) => {
    const value = new RegExp(`^${kind}\\s+\\S+\\s+(\\S+)`, 'mu').exec(stdout)?.[1];
    return value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
  });
}

let inside: number[];
escapeTest('queued signals, message queues and locked memory, which are counted for the person', {
  requirement: '[RUN-4]',
  async control(walls) {
    for (const limit of await hardLimits(walls.outside('cat /proc/self/limits'))) expect(limit).toBeGreaterThan(0);
  },
  async attempt(walls) {
    const raise = 'prlimit --sigpending=unlimited --msgqueue=unlimited --memlock=unlimited --pid $$ 2>/dev/null';
    const run = await walls.run(`${raise}; cat /proc/self/limits`);
    inside = await hardLimits(Promise.resolve(run));
    return run;
  },
  async observe(walls) {
    const outside = await hardLimits(walls.outside('cat /proc/self/limits'));
    for (const [index, limit] of outside.entries()) {
      if (limit !== Number.POSITIVE_INFINITY) expect(inside[index], kinds[index]).toBeLessThanOrEqual(limit / 2);
    }
  },
});

const lease = `python3 -c 'import fcntl; fcntl.fcntl(open("leased"), fcntl.F_SETLEASE, fcntl.F_RDLCK); print("leased")' 2>&1 | tail -1`;
const makeLeased = (walls: Walls): Promise<void> => writeFile(path.join(walls.workspace, 'leased'), 'text\n');

escapeTest('a lease that holds up whoever opens the file outside', {
  requirement: '[RUN-4]',
  guards: ['seccomp'],
  prepare: makeLeased,
  async control(walls) {
    expectLines(await walls.outside(lease), ['leased']);
  },
  async attempt(walls) {
    const run = await walls.run(lease);
    expectLines(run, ['PermissionError: [Errno 1] Operation not permitted']);
    return run;
  },
  async observe() {},
});
