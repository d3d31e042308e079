import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const compiled = new Map<string, string>();

/**
 * Compiles a C file of the tests, once per test file, and places the program at `target`. A machine without a C compiler
 * cannot build the product either, so a failure is an error.
 */
export async function placeProbe(source: string, target: string): Promise<void> {
  const program = compiled.get(source) ?? (await compile(source));
  compiled.set(source, program);
  // Placed by rename: nobody runs half a program, and one that runs is not written to.
  const staged = `${target}.${randomBytes(4).toString('hex')}`;
  await copyFile(program, staged);
  await rename(staged, target);
}

async function compile(source: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'gh-probe-'));
  process.once('exit', () => void spawnSync('rm', ['-rf', folder]));
  const program = path.join(folder, path.basename(source, '.c'));
  const args = ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-pthread', '-o', program, source];
  const { status, stderr, error } = spawnSync('cc', args, { encoding: 'utf8' });
  if (status === 0) return program;
  await rm(folder, { recursive: true, force: true });
  throw new Error(`cc could not compile ${source}: ${stderr ?? ''}`, { cause: error });
}
