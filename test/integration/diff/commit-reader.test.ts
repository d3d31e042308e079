import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readGitHead } from '../../../main/adapters/agents/git-head.ts';
import { type CommitReader, openCommit } from '../../../main/adapters/diff/commit-reader.ts';
import { createLinuxSandbox } from '../../../main/adapters/sandbox/linux/linux-sandbox.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { skipUnless } from '../../helpers/skip.ts';

const bytesMax = 1024;
const sandbox = createLinuxSandbox({ portcullisPath: path.join(distFolder, 'portcullis') });
let folder: string;
let home: string;
let workspace: string;
let workFolder: string;

beforeAll(async () => {
  await sandbox.probe();
});

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'commit-')));
  home = path.join(folder, 'home');
  workspace = path.join(home, 'project');
  workFolder = path.join(folder, 'work');
  await mkdir(workspace, { recursive: true });
  await mkdir(workFolder, { mode: 0o700 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Git as the person has it, outside any walls, with nothing of this machine's settings but those of the repository. */
function git(...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    cwd: workspace,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();
}

async function commitFiles(files: Record<string, string | Uint8Array>, ...init: string[]): Promise<string> {
  git('init', '-q', '-b', 'main', ...init);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(workspace, name)), { recursive: true });
    await writeFile(path.join(workspace, name), content);
  }
  git('add', '-A');
  git('commit', '-qm', 'one');
  return git('rev-parse', 'HEAD').trim();
}

async function reading<T>(commit: string, use: (reader: CommitReader) => Promise<T>, gitFolder?: string): Promise<T> {
  const { uid, gid, username } = os.userInfo();
  const reader = await openCommit({
    sandbox,
    caller: { uid, gid, name: username, home },
    workFolder,
    gitFolder: gitFolder ?? path.join(workspace, '.git'),
    commit,
  });
  try {
    return await use(reader);
  } finally {
    await reader.close();
    expect(await readdir(workFolder)).toEqual([]);
  }
}

const text = async (reader: CommitReader, name: string) => {
  const found = await reader.read(name, bytesMax);
  return found.kind === 'file' ? found.content.toString() : found;
};

const objectPath = (id: string) => path.join(workspace, '.git/objects', id.slice(0, 2), id.slice(2));

/** Puts another content into the place of an object that Git stored. */
async function replaceObject(id: string, bytes: Uint8Array): Promise<void> {
  await chmod(objectPath(id), 0o600);
  await writeFile(objectPath(id), bytes);
}

describe('what a commit has', () => {
  test('is read by path, and as what it is', async () => {
    await mkdir(path.join(workspace, 'bin'));
    await writeFile(path.join(workspace, 'bin/run'), '#!/bin/sh\n', { mode: 0o755 });
    await symlink('/etc/passwd', path.join(workspace, 'link'));
    const odd = 'with\nnewline \u202e';
    const first = await commitFiles({
      'a.txt': 'one\n',
      'src/deep/b.txt': 'two\n',
      [odd]: 'odd\n',
      'big.bin': Buffer.alloc(5000),
    });
    git('update-index', '--add', '--cacheinfo', `160000,${first},module`);
    git('commit', '-qm', 'two');
    await writeFile(path.join(workspace, 'a.txt'), 'changed since\n');
    await reading(git('rev-parse', 'HEAD').trim(), async (reader) => {
      expect(await text(reader, 'a.txt')).toBe('one\n');
      expect(await text(reader, 'src/deep/b.txt')).toBe('two\n');
      expect(await text(reader, odd)).toBe('odd\n');
      expect(await reader.read('bin/run', bytesMax)).toMatchObject({ kind: 'file', executable: true });
      expect(await text(reader, 'link')).toEqual({ kind: 'link', target: '/etc/passwd' });
      expect(await text(reader, 'src')).toEqual({ kind: 'folder' });
      expect(await text(reader, 'module')).toEqual({ kind: 'submodule' });
      expect(await text(reader, 'module/x')).toMatchObject({ kind: 'unknown' });
      expect(await text(reader, 'big.bin')).toEqual({ kind: 'large', sizeBytes: 5000, executable: false });
      for (const name of ['none', 'a.txt/x', 'src/none/b.txt', '.git/config', '../project/a.txt']) {
        expect(await text(reader, name)).toEqual({ kind: 'missing' });
      }
    });
  });

  test('is read from packs, by the ids of SHA-256, and for a worktree from where its repository is', async () => {
    const commit = await commitFiles({ 'a.txt': 'one\n', 'src/b.txt': 'two\n' }, '--object-format=sha256');
    git('gc', '-q');
    expect(commit).toHaveLength(64);
    const worktree = path.join(home, 'other');
    git('worktree', 'add', '-q', worktree);
    const gitFolders = [path.join(workspace, '.git'), path.join(workspace, '.git/worktrees/other')];
    const head = await readGitHead(gitFolders);
    expect(head).toEqual({ folder: path.join(workspace, '.git'), commit });
    await reading(commit, async (reader) => expect(await text(reader, 'src/b.txt')).toBe('two\n'), head?.folder);
  });

  test('is not what somebody put into the place of what Git stored', async () => {
    const commit = await commitFiles({ 'a.txt': 'one\n', 'src/b.txt': 'two\n' });
    const stored = (kind: string, content: string) => deflateSync(`${kind} ${content.length}\0${content}`);
    const blob = git('rev-parse', 'HEAD:a.txt').trim();
    const honest = await readFile(objectPath(blob));
    await replaceObject(blob, stored('blob', 'uno\n'));
    // Git itself believes it: the change would look as if it had always been there.
    expect(git('cat-file', '-p', blob)).toBe('uno\n');
    await reading(commit, async (reader) => {
      expect(await text(reader, 'a.txt')).toMatchObject({ kind: 'unknown', why: expect.stringContaining('its id') });
      expect(await text(reader, 'src/b.txt')).toBe('two\n');
    });
    await replaceObject(blob, honest);
    const tree = git('rev-parse', 'HEAD:src').trim();
    const forged = `100644 b.txt\0${Buffer.from(blob, 'hex').toString('latin1')}`;
    await replaceObject(tree, deflateSync(Buffer.from(`tree ${forged.length}\0${forged}`, 'latin1')));
    await reading(commit, async (reader) => {
      await expect(reader.read('src/b.txt', bytesMax)).rejects.toThrow('its id');
      expect(await text(reader, 'a.txt')).toBe('one\n');
    });
    await replaceObject(commit, stored('commit', `tree ${tree}\n\n`));
    await expect(reading(commit, async () => undefined)).rejects.toThrow('its id');
  });

  test('that is damaged is not there, and nothing waits for it', async () => {
    const commit = await commitFiles({ 'a.txt': 'one\n', 'b.txt': 'two\n' });
    const blob = git('rev-parse', 'HEAD:a.txt').trim();
    await replaceObject(blob, Buffer.from('no object at all'));
    await reading(commit, async (reader) => {
      const found = await reader.read('a.txt', bytesMax).catch((error: unknown) => String(error));
      expect(typeof found === 'string' || found.kind === 'unknown').toBe(true);
    });
    await rm(objectPath(blob), { force: true });
    await reading(commit, async (reader) => {
      expect(await text(reader, 'a.txt')).toMatchObject({ kind: 'unknown', why: 'Git does not have its content here' });
      expect(await text(reader, 'b.txt')).toBe('two\n');
    });
  });

  test('and lies in another store is not looked for there', async () => {
    const commit = await commitFiles({ 'a.txt': 'one\n' });
    await rename(path.join(workspace, '.git/objects'), path.join(home, 'objects'));
    await mkdir(path.join(workspace, '.git/objects/info'), { recursive: true });
    await writeFile(path.join(workspace, '.git/objects/info/alternates'), `${path.join(home, 'objects')}\n`);
    expect(git('cat-file', '-t', commit).trim()).toBe('commit');
    await expect(reading(commit, async () => undefined)).rejects.toThrow('does not have the commit');
    await rm(path.join(workspace, '.git/objects'), { recursive: true });
    await symlink(path.join(home, 'objects'), path.join(workspace, '.git/objects'));
    await expect(reading(commit, async () => undefined)).rejects.toThrow();
    expect(await readdir(workFolder)).toEqual([]);
  });

  test('is read without anything that the repository says to run', async () => {
    const marks = path.join(folder, 'marks');
    await mkdir(marks, { mode: 0o777 });
    const leaving = (name: string) => `sh -c "touch ${path.join(marks, name)}"`;
    const commit = await commitFiles({
      'a.txt': 'one\n',
      '.gitattributes': '* filter=mark diff=mark\n',
      'gone.txt': 'gone\n',
    });
    const gone = git('rev-parse', 'HEAD:gone.txt').trim();
    const settings: [string, string][] = [
      ['core.fsmonitor', leaving('fsmonitor')],
      ['diff.external', leaving('external')],
      ['diff.mark.textconv', leaving('textconv')],
      ['filter.mark.clean', leaving('clean')],
      ['filter.mark.smudge', leaving('smudge')],
      ['core.hooksPath', path.join(workspace, 'hooks')],
      ['core.pager', leaving('pager')],
      ['core.sshCommand', leaving('ssh')],
      ['extensions.partialClone', 'mark'],
      ['remote.mark.url', `ext::touch ${path.join(marks, 'promisor')}`],
      ['remote.mark.promisor', 'true'],
      ['protocol.ext.allow', 'always'],
      ['core.repositoryFormatVersion', '1'],
    ];
    for (const [name, value] of settings) git('config', name, value);
    const stored = await readFile(objectPath(gone));
    await rm(objectPath(gone), { force: true });
    await writeFile(path.join(workspace, 'a.txt'), 'two\n');

    await reading(commit, async (reader) => {
      expect(await text(reader, 'a.txt')).toBe('one\n');
      expect(await text(reader, 'gone.txt')).toMatchObject({ kind: 'unknown' });
    });
    expect(await readdir(marks)).toEqual([]);

    // The same, as anybody's prompt or editor would do it: now the repository's own programs run, which give Git nothing to go on with.
    const tryGit = (...args: string[]) => {
      try {
        git(...args);
      } catch (error) {
        expect(error).toHaveProperty('status');
      }
    };
    await writeFile(objectPath(gone), stored);
    tryGit('status');
    tryGit('diff');
    await rm(objectPath(gone), { force: true });
    tryGit('cat-file', '-p', gone);
    expect((await readdir(marks)).sort()).toEqual(expect.arrayContaining(['external', 'fsmonitor', 'promisor']));
  });
});

describe('a repository of somebody else', () => {
  skipUnless(process.getuid?.() === 0, 'needs root, to give it away')(
    'is read, although Git itself refuses',
    async () => {
      const commit = await commitFiles({ 'a.txt': 'one\n' });
      execFileSync('chown', ['-R', '12345:12345', workspace]);
      expect(() => git('cat-file', '-p', 'HEAD:a.txt')).toThrow('dubious ownership');
      await reading(commit, async (reader) => expect(await text(reader, 'a.txt')).toBe('one\n'));
    },
  );
});

describe('where a repository stands', () => {
  test('is read from its files: a branch, a commit, a branch that is packed, and none yet', async () => {
    git('init', '-q', '-b', 'main');
    const gitFolder = path.join(workspace, '.git');
    const head = () => readGitHead([gitFolder]);
    expect(await head()).toEqual({ folder: gitFolder, unknown: 'it has no commit under refs/heads/main' });
    const commit = await commitFiles({ 'a.txt': 'one\n' });
    expect(await head()).toEqual({ folder: gitFolder, commit });
    git('pack-refs', '--all');
    expect(await head()).toEqual({ folder: gitFolder, commit });
    git('checkout', '-q', '--detach');
    expect(await head()).toEqual({ folder: gitFolder, commit });
    expect(await readGitHead([])).toBeUndefined();
  });

  test('is not known, and not waited for, when a file of it is something else', async () => {
    const gitFolder = path.join(workspace, '.git');
    await commitFiles({ 'a.txt': 'one\n' });
    await rm(path.join(gitFolder, 'HEAD'));
    execFileSync('mkfifo', [path.join(gitFolder, 'HEAD')]);
    expect(await readGitHead([gitFolder])).toEqual({ folder: gitFolder, unknown: 'its HEAD cannot be read' });
    await rm(path.join(gitFolder, 'HEAD'));
    await writeFile(path.join(gitFolder, 'HEAD'), `ref: refs/heads/round\n`);
    await writeFile(path.join(gitFolder, 'refs/heads/round'), `ref: refs/heads/round\n`);
    expect(await readGitHead([gitFolder])).toEqual({ folder: gitFolder, unknown: 'its HEAD leads from ref to ref' });
    await writeFile(path.join(gitFolder, 'HEAD'), Buffer.alloc(100_000, 'a'));
    expect(await readGitHead([gitFolder])).toMatchObject({ unknown: expect.any(String) });
  });
});
