import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { placeProbe } from '../harness/probe.ts';
import { makePlace } from '../harness/probe-case.ts';
import type { Walls } from '../harness/walls.ts';

/**
 * What a session writes belongs to its caller outside, also when that is root. A set-uid copy of a shell in the workspace
 * would hand the caller's rights to everybody on the machine, since no `nosuid` holds there.
 */
const escapeTest = escapeTests();

const modes = ['4755', '2755', '6711'];
const calls = [
  'fchmod',
  'fchmodat',
  'fchmodat2',
  'chmod',
  'openat',
  'tmpfile',
  'mknodat',
  'creat',
  'open',
  'mknod',
] as const;
const harmless = ['sticky 1777: OK', 'plain-open 7777: OK'];

let own = '';

/** The probe's script for a new folder of the workspace. */
async function scriptIn(walls: Walls): Promise<string> {
  await placeProbe(path.join(import.meta.dirname, 'probe-set-id.c'), path.join(walls.workspace, 'probe-set-id'));
  ({ own } = await makePlace(walls));
  return `cd ${own} && ../probe-set-id`;
}

escapeTest('no program that runs with its owner’s rights can be left in the workspace, by any call', {
  requirement: '[GRT-1]',
  guards: ['seccomp'],
  async control(walls) {
    const run = await walls.outside(await scriptIn(walls));
    const lines = run.stdout.split('\n');
    // Old kernels lack fchmodat2; then nothing has to be refused.
    const expected = modes.flatMap((mode) => calls.map((call) => `${call} ${mode}: OK`));
    expect(lines, run.stderr).toEqual(
      expect.arrayContaining([...expected.filter((line) => !line.startsWith('fchmodat2')), ...harmless]),
    );
  },
  async attempt(walls) {
    const run = await walls.run(await scriptIn(walls));
    expectLines(run, [...modes.flatMap((mode) => calls.map((call) => `${call} ${mode}: EPERM`)), ...harmless]);
    return run;
  },
  async observe() {
    for (const name of await readdir(own)) {
      const { mode } = await stat(path.join(own, name));
      expect(`${name} ${(mode & 0o6000).toString(8)}`).toBe(`${name} 0`);
    }
  },
});
