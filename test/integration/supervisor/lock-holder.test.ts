import { link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHolder } from '../../../main/adapters/processes/lock-holder.ts';
import { takeSupervisorLock } from '../../../main/adapters/state/supervisor-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'gh-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('[RUN-3] who holds the supervisor’s lock is found, by whatever name of the file, and nobody once it let go', async () => {
  const file = path.join(folder, 'supervisor.lock');
  const lock = takeSupervisorLock(file);
  await link(file, path.join(folder, 'other-name'));
  expect(await lockHolder(file)).toBe(process.pid);
  expect(await lockHolder(path.join(folder, 'other-name'))).toBe(process.pid);
  const beside = path.join(folder, 'beside');
  await writeFile(beside, '');
  expect(await lockHolder(beside)).toBeUndefined();
  lock.release();
  expect(await lockHolder(file)).toBeUndefined();
});

test('a file that is not there is told', async () => {
  await expect(lockHolder(path.join(folder, 'none'))).rejects.toThrow('ENOENT');
});
