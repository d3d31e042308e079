import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rename, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGitIdentity, seedHome } from '../../../main/adapters/agents/seed-home.ts';
import { type FoundWorkspace, findWorkspace } from '../../../main/adapters/agents/workspace.ts';
import { isProcessAlive, readProcessFacts } from '../../../main/adapters/processes/process-facts.ts';
import { buildSeedFiles } from '../../../main/core/agents/seed-files.ts';
import { makeFolder, put } from '../../helpers/agents/temp-folders.ts';

interface Place {
  readonly home: string;
  readonly state: string;
  find(cwd: string, workspace?: string): Promise<FoundWorkspace>;
  git(cwd: string, ...args: string[]): string;
}

async function makePlace(): Promise<Place> {
  const root = await makeFolder();
  const home = join(root, 'home');
  const state = join(home, '.local', 'state', 'gatehouse');
  await mkdir(state, { recursive: true });
  const uid = (await stat(home)).uid;
  return {
    home,
    state,
    find: (cwd, workspace) => findWorkspace({ cwd, workspace, home, stateFolders: [state], uid }),
    git: (cwd, ...args) =>
      execFileSync('git', ['-c', 'protocol.file.allow=always', '-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
        cwd,
        env: { PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1' },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
  };
}

async function makeRepository({ git }: Place, path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  git(path, 'init', '-q', '-b', 'main');
  git(path, 'commit', '-q', '--allow-empty', '-m', 'first');
  return path;
}

const binds = (found: FoundWorkspace): string[] => found.extraBinds.map((bind) => `${bind.mode} ${bind.path}`);

describe('[RUN-1] the workspace', () => {
  it('is the Git top level, else the working directory, else what was named', async () => {
    const place = await makePlace();
    const repository = await makeRepository(place, join(place.home, 'code', 'repo'));
    await mkdir(join(repository, 'src', 'deep'), { recursive: true });
    await mkdir(join(place.home, 'plain', 'sub'), { recursive: true });
    expect(await place.find(join(repository, 'src', 'deep'))).toMatchObject({
      path: repository,
      cwd: join(repository, 'src', 'deep'),
      gitFolders: [join(repository, '.git')],
      extraBinds: [],
    });
    expect(await place.find(join(place.home, 'plain', 'sub'))).toMatchObject({
      path: join(place.home, 'plain', 'sub'),
    });
    const named = await place.find(join(repository, 'src'), '../../../plain');
    expect(named).toMatchObject({ path: join(place.home, 'plain'), cwd: join(place.home, 'plain') });
    await symlink(repository, join(place.home, 'link'));
    expect((await place.find(join(place.home, 'link'))).path).toBe(repository);
  });

  it('never becomes the home because the home is a repository', async () => {
    const place = await makePlace();
    await makeRepository(place, place.home);
    await mkdir(join(place.home, 'project'));
    expect((await place.find(join(place.home, 'project'))).path).toBe(join(place.home, 'project'));
  });

  it('is not widened by a .git in a folder that everybody may write to', async () => {
    const place = await makePlace();
    const shared = await makeRepository(place, join(place.home, 'shared'));
    await mkdir(join(shared, 'mine'));
    await chmod(shared, 0o777);
    expect((await place.find(join(shared, 'mine'))).path).toBe(join(shared, 'mine'));
  });

  it.each([
    '/',
    '/usr',
    '/usr/lib',
    '/etc',
    '/proc/self',
    '/dev',
    '/tmp',
    '/nonexistent/x',
    'HOME',
    'ABOVE',
    'STATE',
    'IN-STATE',
    'ABOVE-STATE',
    'SSH',
    'IN-SSH',
    'CONFIG',
    'FILE',
  ])('[GRT-1] is refused when it is %s', async (which) => {
    const place = await makePlace();
    await mkdir(join(place.home, '.ssh', 'keys'), { recursive: true });
    await mkdir(join(place.home, '.config'));
    await mkdir(join(place.state, 'homes'));
    await put(join(place.home, 'file'));
    const path = {
      HOME: place.home,
      ABOVE: join(place.home, '..'),
      STATE: place.state,
      'IN-STATE': join(place.state, 'homes'),
      'ABOVE-STATE': join(place.home, '.local', 'state'),
      SSH: join(place.home, '.ssh'),
      'IN-SSH': join(place.home, '.ssh', 'keys'),
      CONFIG: join(place.home, '.config'),
      FILE: join(place.home, 'file'),
    }[which];
    const refusal = expect(place.find(place.home, path ?? which)).rejects;
    await refusal.toMatchObject({ data: { code: 'workspace_refused' } });
  });
});

describe('[RUN-1] a Git folder outside the workspace', () => {
  it('of a worktree comes along, its config and hooks read-only', async () => {
    const place = await makePlace();
    const main = await makeRepository(place, join(place.home, 'main'));
    const tree = join(place.home, 'trees', 'one');
    place.git(main, 'worktree', 'add', '-q', tree);
    const found = await place.find(tree);
    expect(found.path).toBe(tree);
    expect(found.gitFolders).toEqual([join(main, '.git'), join(main, '.git', 'worktrees', 'one')]);
    expect(binds(found)).toContain(`read-write ${join(main, '.git')}`);
    expect(binds(found)).toContain(`read-only ${join(main, '.git', 'config')}`);
    expect(binds(found)).toContain(`read-only ${join(main, '.git', 'hooks')}`);
  });

  it('[GRT-7] of a worktree stays the one that Git outside will use: every pointer to it is held in its place', async () => {
    const place = await makePlace();
    const main = await makeRepository(place, join(place.home, 'main'));
    const tree = join(place.home, 'tree');
    place.git(main, 'worktree', 'add', '-q', tree);
    const own = join(main, '.git', 'worktrees', 'tree');
    expect(binds(await place.find(tree))).toEqual(
      expect.arrayContaining([
        `read-only ${join(tree, '.git')}`,
        `read-only ${join(own, 'commondir')}`,
        `read-only ${join(own, 'gitdir')}`,
        `read-write ${own}`,
        `read-write ${join(main, '.git', 'worktrees')}`,
      ]),
    );
  });

  it('of a submodule comes along', async () => {
    const place = await makePlace();
    const library = await makeRepository(place, join(place.home, 'library'));
    const outer = await makeRepository(place, join(place.home, 'outer'));
    place.git(outer, 'submodule', '--quiet', 'add', library, 'vendor/lib');
    const found = await place.find(join(outer, 'vendor', 'lib'));
    expect(found.path).toBe(join(outer, 'vendor', 'lib'));
    expect(binds(found)[0]).toBe(`read-write ${join(outer, '.git', 'modules', 'vendor', 'lib')}`);
  });

  it('[GRT-1] of somebody else stays outside, whatever the .git file says', async () => {
    const place = await makePlace();
    const main = await makeRepository(place, join(place.home, 'private'));
    const tree = join(place.home, 'tree');
    place.git(main, 'worktree', 'add', '-q', tree);
    const worktree = join(main, '.git', 'worktrees', 'tree');
    const hostile = join(place.home, 'hostile');
    // A forged worktree whose own folder is in the workspace, with the private repository as its common folder.
    await put(join(hostile, 'forged', 'gitdir'), `${hostile}/.git\n`);
    await put(join(hostile, 'forged', 'commondir'), `${main}/.git\n`);
    for (const target of [worktree, join(main, '.git'), join(place.home, '.ssh'), join(hostile, 'forged')]) {
      await put(join(hostile, '.git'), `gitdir: ${target}\n`);
      const found = await place.find(hostile);
      expect(binds(found).every((bind) => bind.startsWith(`read-only ${hostile}/`))).toBe(true);
      expect(found.gitFolders.every((folder) => folder.startsWith(hostile))).toBe(true);
    }
    // A worktree that was moved no longer is where its repository expects it.
    await rename(tree, join(place.home, 'moved'));
    expect(binds(await place.find(join(place.home, 'moved')))).toEqual([
      `read-only ${join(place.home, 'moved', '.git')}`,
    ]);
  });
});

describe('[GRT-1] the private home', () => {
  const git = { name: 'Ada "A" Lovelace', email: 'ada@example.org' };
  it('appears complete, for its owner alone, and is not touched again', async () => {
    const place = await makePlace();
    const homeStore = join(place.state, 'homes', 'claude-code', 'abc');
    const seedFiles = [{ path: '~/.claude.json', json: { hasCompletedOnboarding: true } }];
    const files = buildSeedFiles({ preset: { seedFiles }, workspace: '/ws', passed: {} });
    const seed = { homeStore, git, workspace: '/ws', files };
    const outcomes = await Promise.all([seedHome(seed), seedHome(seed), seedHome(seed)]);
    expect(outcomes.filter((outcome) => outcome === 'created').length).toBe(1);
    expect((await stat(homeStore)).mode & 0o777).toBe(0o700);
    expect(place.git(place.home, 'config', '--file', join(homeStore, '.gitconfig'), 'user.name').trim()).toBe(git.name);
    const canary = await put(join(place.home, 'canary'), 'untouched');
    // What an agent could leave behind.
    await rename(join(homeStore, '.gitconfig'), join(homeStore, 'old'));
    await symlink(canary, join(homeStore, '.gitconfig'));
    expect(await seedHome({ ...seed, git: { name: 'Other', email: undefined } })).toBe('existing');
    // One that its agent shut is opened again: the next session has to start in it.
    await chmod(seed.homeStore, 0);
    expect(await seedHome(seed)).toBe('existing');
    expect((await stat(seed.homeStore)).mode & 0o777).toBe(0o700);
    expect((await stat(canary)).size).toBe('untouched'.length);
  });

  it('is refused where something else lies', async () => {
    const place = await makePlace();
    const homeStore = join(place.state, 'home');
    await symlink(place.home, homeStore);
    const seeded = seedHome({ homeStore, git, workspace: '/ws', files: [] });
    await expect(seeded).rejects.toMatchObject({ data: { code: 'state_unusable' } });
  });

  it("knows the person's name and mail from their own configuration", async () => {
    const place = await makePlace();
    expect(await readGitIdentity(place.home)).toEqual({ name: undefined, email: undefined });
    await put(join(place.home, '.config', 'git', 'config'), '[user]\nname = Old\nemail = ada@example.org\n');
    await put(join(place.home, '.gitconfig'), '[user]\n\tname = Ada\n[credential]\n\thelper = !evil\n');
    expect(await readGitIdentity(place.home)).toEqual({ name: 'Ada', email: 'ada@example.org' });
  });
});

describe('a process is known by more than its number', () => {
  it('is alive only as itself', async () => {
    const facts = await readProcessFacts(process.pid);
    expect(facts).toMatchObject({ pid: process.pid, parentPid: process.ppid });
    if (facts === undefined) return;
    expect(await isProcessAlive(facts)).toBe(true);
    expect(await isProcessAlive({ pid: facts.pid, startTicks: '1' })).toBe(false);
    expect(await readProcessFacts(0)).toBeUndefined();
    expect(await readProcessFacts(2 ** 30)).toBeUndefined();
  });
});
