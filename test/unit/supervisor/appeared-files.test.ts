import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CompiledMounts } from '../../../main/core/policy/compile-mounts.ts';
import { findAppeared, missingProtected } from '../../../main/supervisor/appeared-files.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gh-appeared-'));
  await mkdir(path.join(folder, 'there'));
  await writeFile(path.join(folder, 'there/config'), '');
  // Like a folder that is shut by its mode, which root would see into all the same.
  await symlink('round', path.join(folder, 'round'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('[GRT-7] a protected file in a place that an agent made impossible to look at counts as one that appeared', () => {
  const unheld = ['there/config', 'none/config', 'round/config'].map((name) => ({
    path: path.join(folder, name),
    rule: 'a rule',
  }));
  const names = (found: readonly { readonly path: string }[]) => found.map((each) => path.relative(folder, each.path));
  const mounts = { unheld } as unknown as CompiledMounts;
  expect(names(missingProtected(mounts))).toEqual(['none/config', 'round/config']);
  expect(names(findAppeared(mounts.unheld))).toEqual(['there/config', 'round/config']);
});
