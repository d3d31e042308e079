import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNestedRepositories } from '../../../main/adapters/agents/nested-repositories.ts';
import { eventually } from '../../helpers/poll.ts';
import { skipUnless } from '../../helpers/skip.ts';

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'nested-'));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

async function repository(...parts: readonly string[]): Promise<string> {
  const folder = path.join(workspace, ...parts);
  for (const name of ['objects', 'refs']) await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, 'HEAD'), 'ref: refs/heads/main\n');
  return folder;
}

const found = async (): Promise<readonly string[]> => [...(await findNestedRepositories(workspace)).gitFolders].sort();

describe('[GRT-7] repositories below a workspace’s top', () => {
  it('are found wherever Git would take them for one, with worktrees, submodules and the files that point to them', async () => {
    await repository('.git');
    const expected = [
      await repository('vendor', 'library', '.git'),
      await repository('bare.git'),
      await repository('.git', 'modules', 'deep', 'module'),
    ];
    const worktree = path.join(workspace, '.git/worktrees/tree');
    await mkdir(worktree, { recursive: true });
    for (const name of ['HEAD', 'commondir', 'gitdir']) await writeFile(path.join(worktree, name), '../..\n');
    const gitFile = path.join(workspace, 'tree/.git');
    await mkdir(path.dirname(gitFile));
    await writeFile(gitFile, `gitdir: ${worktree}\n`);
    await repository('node_modules', 'installed', 'deeper', '.git');
    await mkdir(path.join(workspace, 'links'));
    await symlink('../vendor', path.join(workspace, 'links/away'));
    expect(await found()).toEqual([...expected, worktree].sort());
    expect(await findNestedRepositories(workspace)).toMatchObject({ gitFiles: [gitFile], complete: true });
  });

  it('are found when they appear, move or go between two searches, whatever times their folders are given', async () => {
    const past = new Date(Date.now() - 3_600_000);
    await mkdir(path.join(workspace, 'a/b/c'), { recursive: true });
    expect(await found()).toEqual([]);
    const first = await repository('a/b/c/.git');
    for (const folder of ['a', 'a/b', 'a/b/c']) await utimes(path.join(workspace, folder), past, past);
    expect(await found()).toEqual([first]);
    // Only what stood still for two seconds is remembered.
    const still = Date.now() + 2_500;
    await eventually(() => Date.now() > still, { what: 'the folders stand still' });
    expect(await found()).toEqual([first]);
    expect(await found()).toEqual([first]);
    const second = await repository('a/b/plain');
    await utimes(path.join(workspace, 'a/b'), past, past);
    expect(await found()).toEqual([first, second]);
    await rename(path.join(workspace, 'a/b'), path.join(workspace, 'a/z'));
    expect(await found()).toEqual([path.join(workspace, 'a/z/c/.git'), path.join(workspace, 'a/z/plain')]);
    await rm(path.join(workspace, 'a/z/plain/HEAD'));
    expect(await found()).toEqual([path.join(workspace, 'a/z/c/.git')]);
  });

  it('are said to be more than are searched, when they are', async () => {
    for (let at = 0; at < 26; at += 1) await repository(`r${at}`);
    const { gitFolders, complete } = await findNestedRepositories(workspace);
    expect([gitFolders.length, complete]).toEqual([24, false]);
  });

  skipUnless(process.getuid?.() !== 0, 'root looks into every folder')(
    '[GRT-7] that lie in a folder of our own which an agent shut are unknown, so the folder is named',
    async () => {
      await repository('vendor/.git');
      await repository('deep/other/.git');
      const shut = ['deep/other', 'vendor'].map((name) => path.join(workspace, name));
      for (const [at, mode] of [0o444, 0].entries()) await chmod(shut[at] ?? '', mode);
      try {
        const named = await findNestedRepositories(workspace);
        expect([named.gitFolders, [...named.shut].sort(), named.complete]).toEqual([[], shut, true]);
      } finally {
        for (const folder of shut) await chmod(folder, 0o755);
      }
      expect(await found()).toEqual(shut.map((folder) => path.join(folder, '.git')));
    },
  );
});
