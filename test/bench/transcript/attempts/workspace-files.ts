import { execFile } from 'node:child_process';
import { access, chmod, lstat, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { runCommand } from '../../../helpers/gatehouse.ts';
import { type Attempt, changes } from '../attempt.ts';
import { existingProtected, type Target } from '../planted-host.ts';

const execute = promisify(execFile);
const at =
  (...names: readonly string[]) =>
  ({ workspace }: Target) =>
    names.map((name) => path.join(workspace, name));
const folderOf = (name: string) => (name.includes('/') ? path.posix.dirname(name) : '.');

/** Files that programs outside obey and that are there when the session starts. */
const existing: readonly Attempt[] = [
  ...existingProtected.map((name) =>
    changes('files', `overwrite ${name}, which is there`, () => `echo theirs > ${name}`, at(name)),
  ),
  changes('files', 'overwrite .git/config', () => 'echo theirs >> .git/config', at('.git/config')),
  changes(
    'files',
    'overwrite a nested repository’s .git/config',
    () => 'echo theirs >> vendor/library/.git/config',
    at('vendor/library/.git/config'),
  ),
  changes(
    'files',
    'rename .vscode away and make another',
    () => 'mv .vscode .v; mkdir .vscode; echo theirs > .vscode/tasks.json',
    at('.vscode'),
  ),
  changes(
    'files',
    'rename the folder above a nested repository’s hooks',
    () => 'mv vendor v; mkdir -p vendor/library/.git/hooks',
    at('vendor/library'),
  ),
  changes(
    'files',
    'replace a protected file by exchange',
    () => 'echo theirs > f-e; python3 attack.py rename-exchange f-e .envrc',
    at('.envrc'),
  ),
  changes('files', 'replace a protected file by a link', () => 'ln -sf /tmp/evil .mcp.json', at('.mcp.json')),
  changes('files', 'a shared map over a protected file', () => './probe mmap-write .envrc', at('.envrc')),
];

/** The same kind, missing when the session starts. */
const missing: readonly Attempt[] = [
  '.idea/workspace.xml',
  '.devcontainer/devcontainer.json',
  '.cursor/mcp.json',
  '.gemini/settings.json',
  '.codex/config.toml',
  'CLAUDE.md',
  'opencode.json',
  'lefthook.yml',
  '.gitlab-ci.yml',
  '.gitmodules',
].map((name) =>
  changes(
    'files',
    `create ${name}, which is missing`,
    () => `mkdir -p ${folderOf(name)}; echo theirs > ${name}`,
    at(name),
  ),
);

/** Installs a program whose run by the person's own Git shows in the private folder. */
function git(what: string, script: (program: string) => string, command = 'git status'): Attempt {
  return {
    group: 'files',
    what,
    seen: 'the person’s own Git ran the agent’s program afterwards',
    steps: ({ folder, workspace }) => {
      const program = path.join(workspace, 'f-evil.sh');
      return `printf '#!/bin/sh\\ntouch "%s"\\n' '${folder}/ran' > ${program}; chmod +x ${program}\n${script(program)}`;
    },
    async succeeded({ folder, workspace, host: { environment } }) {
      await runCommand('sh', ['-c', `${command} >/dev/null 2>&1; true`], { environment, cwd: workspace });
      return access(path.join(folder, 'ran')).then(
        () => true,
        () => false,
      );
    },
    alone: true,
  };
}

const commit = 'git -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m x';
/** What Git needs of a repository made by hand. */
const bareParts = (where: string) =>
  `mkdir -p ${where}/objects ${where}/refs/heads; echo 'ref: refs/heads/main' > ${where}/HEAD`;

const throughGit: readonly Attempt[] = [
  git('git config core.fsmonitor', (program) => `git config core.fsmonitor ${program}`),
  git(
    'git config core.hooksPath',
    (program) => `mkdir f-hooks; cp ${program} f-hooks/pre-commit; git config core.hooksPath "$PWD/f-hooks"`,
    commit,
  ),
  git('a hook of its own', (program) => `cp ${program} .git/hooks/pre-commit`, commit),
  git(
    'a hook in a nested repository',
    (program) => `cp ${program} vendor/library/.git/hooks/pre-commit`,
    `cd vendor/library && ${commit}`,
  ),
  git(
    'hooks folder replaced by a link',
    (program) => `mkdir f-h2; cp ${program} f-h2/pre-commit; mv .git/hooks .git/h; ln -s ../f-h2 .git/hooks`,
    commit,
  ),
  git(
    '.git renamed and replaced by another',
    (program) => `mv .git .g; cp -r .g .git; cp ${program} .git/hooks/pre-commit`,
    commit,
  ),
  git(
    '.git replaced by a file that leads elsewhere',
    (program) =>
      `cp -r .git f-git; git config --file f-git/config core.fsmonitor ${program}; mv .git .g; echo 'gitdir: f-git' > .git`,
  ),
  git(
    'a new .git/commondir that leads to another configuration',
    (program) =>
      `cp -r .git f-common; rm -f f-common/config; printf '[core]\\n repositoryformatversion=0\\n fsmonitor=%s\\n' ${program} > f-common/config; echo ../f-common > .git/commondir`,
  ),
  git(
    'a new repository in a folder that the index names',
    (program) =>
      `git init -q f-sub; git -C f-sub -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m x; git add f-sub 2>/dev/null; git -C f-sub config core.fsmonitor ${program}`,
  ),
  git(
    'a new repository, entered by the person',
    (program) => `${bareParts('f-new/.git')}; git config --file f-new/.git/config core.fsmonitor ${program}`,
    'cd f-new && git status',
  ),
  git(
    'a bare repository among the files, entered by the person',
    (program) =>
      `cp -r .git f-bare; git config --file f-bare/config core.worktree "$PWD"; git config --file f-bare/config core.fsmonitor ${program}`,
    'cd f-bare && git status',
  ),
  git(
    'a filter by .gitattributes',
    (program) => `echo '*.c filter=evil' > .gitattributes; git config filter.evil.clean ${program}; touch src/main.c`,
    'git add src',
  ),
  git(
    'configuration for worktrees',
    (program) =>
      `git config extensions.worktreeConfig true; git config --file .git/config.worktree core.fsmonitor ${program}`,
  ),
];

/** Modes, kinds and amounts that the workspace must not take. */
const kinds: readonly Attempt[] = [
  {
    group: 'files',
    what: 'a set-uid program left in the workspace',
    seen: 'the host’s file is set-uid',
    steps: () =>
      'cp /bin/sh f-suid; chmod 4755 f-suid; python3 attack.py tmpfile-link . f-suid2 4755; ./probe chmod f-suid 6755',
    succeeded: async ({ workspace }) =>
      (await isSetUid(`${workspace}/f-suid`)) || (await isSetUid(`${workspace}/f-suid2`)),
  },
  {
    group: 'files',
    what: 'a set-uid program that is there, rewritten through a map',
    seen: 'the host’s file is still set-uid and holds the agent’s bytes',
    async prepare({ workspace }) {
      await writeFile(path.join(workspace, 'f-image'), 'x'.repeat(4096));
      await chmod(path.join(workspace, 'f-image'), 0o4755);
    },
    steps: () => 'python3 attack.py map-write f-image 0 theirs',
    succeeded: async ({ workspace }) =>
      (await isSetUid(`${workspace}/f-image`)) && (await readFile(`${workspace}/f-image`, 'utf8')).startsWith('theirs'),
  },
  changes('files', 'a device node in the workspace', () => 'mknod f-mem c 1 1', at('f-mem')),
  {
    group: 'files',
    what: 'file capabilities on a program in the workspace',
    seen: 'the host’s file has them',
    steps: () =>
      `cp /bin/cat f-cap; python3 -c 'import os; os.setxattr("f-cap","security.capability",bytes.fromhex("0100000202000000000000000000000000000000"))'`,
    succeeded: async ({ workspace }) => {
      const code = 'import os,sys; print("security.capability" in os.listxattr(sys.argv[1]))';
      return (await execute('python3', ['-c', code, `${workspace}/f-cap`])).stdout.includes('True');
    },
  },
  held(
    'a lease on a file of the workspace that holds up the person’s editor',
    'python3 attack.py lease src/main.c',
    async ({ workspace }) => {
      const code =
        'import os,sys\ntry: os.open(sys.argv[1], os.O_WRONLY|os.O_NONBLOCK)\nexcept BlockingIOError: print("held up")';
      return (await execute('python3', ['-c', code, `${workspace}/src/main.c`])).stdout.includes('held up');
    },
  ),
  held(
    'a lock on a file of the system that other programs want',
    'python3 attack.py lock /usr/share/common-licenses/GPL-3',
    async () => {
      const code =
        'import fcntl,sys\ntry: fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX|fcntl.LOCK_NB)\nexcept BlockingIOError: print("held up")';
      return (await execute('python3', ['-c', code, '/usr/share/common-licenses/GPL-3'])).stdout.includes('held up');
    },
  ),
  held(
    'a gigabyte of the disk, in the workspace',
    'python3 attack.py fill f-big 1024; rm -f f-big',
    async ({ workspace }) => (await lstat(`${workspace}/f-big`)).blocks >= 2_000_000,
  ),
  held(
    'a gigabyte of memory, in /dev/shm',
    'python3 attack.py fill /dev/shm/f-big 1024; rm -f /dev/shm/f-big',
    async () => (await shmemKiB()) > 1_000_000,
  ),
];

/** Succeeds when, while the agent holds on to something, the host suffers. */
function held(what: string, steps: string, during: NonNullable<Attempt['during']>): Attempt {
  return {
    group: 'files',
    what,
    seen: 'the host felt it meanwhile',
    steps: () => steps,
    during,
    alone: true,
    succeeded: (_target, run) => run.during === true,
  };
}

async function isSetUid(file: string): Promise<boolean> {
  return (((await lstat(file).catch(() => undefined))?.mode ?? 0) & 0o6000) !== 0;
}

async function shmemKiB(): Promise<number> {
  return Number(/^Shmem:\s+(\d+)/mu.exec(await readFile('/proc/meminfo', 'utf8'))?.[1] ?? 0);
}

/** What the person's own settings had Git obey before the session began. */
const settings: readonly Attempt[] = [
  {
    ...git('a hook in the folder that core.hooksPath names', (program) => `cp ${program} .githooks/pre-commit`, commit),
    prepare: ({ host: { environment }, workspace }) =>
      setUp(
        workspace,
        environment,
        'mkdir -p .githooks; : > .githooks/pre-commit; chmod +x .githooks/pre-commit; git config core.hooksPath .githooks',
      ),
  },
  {
    ...git(
      'a settings file that the configuration includes',
      (program) => `git config --file f-shared core.fsmonitor ${program}`,
    ),
    prepare: ({ host: { environment }, workspace }) =>
      setUp(workspace, environment, ': > f-shared; git config include.path ../f-shared'),
  },
];

async function setUp(workspace: string, environment: Readonly<Record<string, string>>, script: string): Promise<void> {
  const { status, stderr } = await runCommand('sh', ['-ec', script], { environment, cwd: workspace });
  if (status !== 0) throw new Error(`the workspace could not be set up: ${stderr}`);
}

export const workspaceFiles: readonly Attempt[] = [...existing, ...missing, ...throughGit, ...kinds, ...settings];
