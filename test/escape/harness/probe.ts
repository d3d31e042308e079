import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** Compiled programs by source, so that a test file compiles each once and leaves nothing behind. */
const compiled = new Map<string, Buffer>();

/**
 * Compiles a C file of the tests, once per test file, and places the program at `target`. A machine without a C compiler
 * cannot build the product either, so a failure is an error.
 */
export async function placeProbe(source: string, target: string): Promise<void> {
  const program = compiled.get(source) ?? (await compile(source));
  compiled.set(source, program);
  // Placed by rename: nobody runs half a program, and one that runs is not written to.
  const staged = `${target}.${randomBytes(4).toString('hex')}`;
  await writeFile(staged, program, { mode: 0o755 });
  await rename(staged, target);
}

async function compile(source: string): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'gh-probe-'));
  try {
    const program = path.join(folder, path.basename(source, '.c'));
    const args = ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-pthread', '-o', program, source];
    const { status, stderr, error } = spawnSync('cc', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cc could not compile ${source}: ${stderr ?? ''}`, { cause: error });
    return await readFile(program);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
