import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { escapeTests, expectLines } from '../harness/escape.ts';

const escapeTest = escapeTests();

/** The limit as the kernel has it, soft and hard, without the spaces between. */
const limit = `sed -n 's/^Max core file size *\\([^ ]*\\) *\\([^ ]*\\).*/\\1 \\2/p' /proc/self/limits`;
/** A change by setrlimit through the shell, and through prlimit with the old value asked for too. */
const change = `ulimit -S -c 0; prlimit --pid $$ --core=0:0; ${limit}`;

escapeTest('a program of the host that takes cores, started by a crash inside', {
  requirement: '[GRT-1]',
  guards: ['seccomp'],
  async control(walls) {
    expectLines(await walls.outside(change), ['0 0']);
  },
  async attempt(walls) {
    // One byte: the only limit with which the kernel starts no such program. It stays, whatever is asked for.
    const run = await walls.run(
      `${limit}; ${change}; sh -c 'kill -SEGV $$'; ulimit -c unlimited 2>/dev/null; ${limit}`,
    );
    // Whoever is forbidden cores altogether cannot raise the limit to one.
    const forbidden = (await walls.outside(limit)).stdout.trim().endsWith(' 0') && process.getuid?.() !== 0;
    const held = forbidden ? '0 0' : '1 1';
    expectLines(run, [held, held, held]);
    return run;
  },
  async observe(walls) {
    expect((await readdir(walls.workspace)).filter((name) => name.startsWith('core'))).toEqual([]);
  },
});
