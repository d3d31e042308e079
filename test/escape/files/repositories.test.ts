import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectLines, expectSessionRecord } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

const git = 'git -c user.name=Ann -c user.email=ann@example.org';

/** Somebody's own repository with a secret in its history, outside every workspace. */
async function victimRepository(walls: Walls): Promise<{ repository: string; secret: string }> {
  const { folder, secret } = await walls.privateFolder();
  const { stdout } = await walls.outside(`${git} init -q . && ${git} add . && ${git} commit -qm ours && echo made`, {
    cwd: folder,
  });
  expect(stdout).toBe('made\n');
  return { repository: folder, secret: secret.text };
}

/** What a malicious repository can ship to point at the victim's. */
const pointers: readonly [string, (workspace: string, victim: string) => Promise<void>][] = [
  ['a .git file', (at, victim) => writeFile(path.join(at, '.git'), `gitdir: ${victim}/.git\n`)],
  [
    'a .git file through its own folder with a commondir',
    async (at, victim) => {
      await mkdir(path.join(at, 'inner'));
      await writeFile(path.join(at, '.git'), 'gitdir: inner\n');
      await writeFile(path.join(at, 'inner/HEAD'), 'ref: refs/heads/master\n');
      await writeFile(path.join(at, 'inner/commondir'), `${victim}/.git\n`);
    },
  ],
  [
    'alternates of its own repository',
    async (at, victim) => {
      for (const name of ['.git', '.git/objects', '.git/objects/info', '.git/refs', '.git/refs/heads']) {
        await mkdir(path.join(at, name));
      }
      await writeFile(path.join(at, '.git/HEAD'), 'ref: refs/heads/master\n');
      await writeFile(path.join(at, '.git/objects/info/alternates'), `${victim}/.git/objects\n`);
    },
  ],
];

for (const [what, point] of pointers) {
  const readHistory = (tip: string) => `git log --format=%s ${tip}; git show ${tip}:secret`;
  const tipOf = async (walls: Walls, repository: string) =>
    (await walls.outside('git rev-parse HEAD', { cwd: repository })).stdout.trim();

  escapeTest(`somebody else's repository by ${what}`, {
    requirement: '[GRT-1]',
    guards: ['private-tmp'],
    async control(walls) {
      const { repository, secret } = await victimRepository(walls);
      const workspace = await mkdtemp(path.join(walls.home, 'clone-'));
      await point(workspace, repository);
      const run = await walls.outside(readHistory(await tipOf(walls, repository)), { cwd: workspace });
      expect(run.stdout).toContain(secret);
    },
    async attempt(walls) {
      const { repository, secret } = await victimRepository(walls);
      const workspace = await mkdtemp(path.join(walls.home, 'clone-'));
      await point(workspace, repository);
      const tip = await tipOf(walls, repository);
      const before = await walls.outside('git --no-optional-locks status --porcelain; ls -lR .git', {
        cwd: repository,
      });
      const run = await walls.run(
        `${readHistory(tip)}; cat ${repository}/secret; echo evil > ${repository}/.git/hooks/post-checkout; echo done`,
        { cwd: workspace, workspace },
      );
      expect(run.stdout).toBe('done\n');
      expect(run.stdout + run.stderr).not.toContain(secret);
      const after = await walls.outside('git --no-optional-locks status --porcelain; ls -lR .git', { cwd: repository });
      expect(after.stdout).toBe(before.stdout);
      return run;
    },
    async observe() {},
    audit(_walls, run) {
      const { detail } = expectSessionRecord(run);
      const writable = Array.isArray(detail['mounts'])
        ? detail['mounts'].filter((mount) => JSON.stringify(mount).includes('"read-write"'))
        : [];
      expect(writable).toHaveLength(1);
    },
  });
}

// What the person's own Git runs in a real worktree: usable inside, but its hooks and configuration stay theirs.
escapeTest('hooks and configuration of a worktree’s own repository', {
  requirement: '[GRT-7]',
  async control(walls) {
    const { workspace } = await worktree(walls);
    const run = await walls.run(
      `git status --short && echo x > new && ${git} add new && ${git} commit -qm work && echo committed`,
      {
        cwd: workspace,
      },
    );
    expect(run.stdout, run.stderr).toBe('committed\n');
  },
  async attempt(walls) {
    const { workspace, repository } = await worktree(walls);
    const run = await walls.run(
      `./../probe 2>/dev/null; for f in hooks/post-checkout config; do echo evil >> ${repository}/.git/$f; done 2>/dev/null
       git config core.hooksPath /tmp/evil 2>/dev/null; git config core.fsmonitor evil 2>/dev/null; mv ${repository}/.git/hooks ${repository}/.git/h 2>/dev/null
       cat ${repository}/secret 2>/dev/null; echo done`,
      { cwd: workspace },
    );
    expect(run.stdout).toBe('done\n');
    const after = await walls.outside('cat .git/config; ls .git/hooks', { cwd: repository });
    expect(after.stdout).not.toContain('evil');
    expect(after.stdout).not.toMatch(/^post-checkout$/mu);
    return run;
  },
  async observe() {},
});

/** Ways to make the person's next `git status` in a worktree obey a configuration that the agent wrote. */
const redirections: readonly (readonly [what: string, script: string])[] = [
  ['its .git file', 'echo "gitdir: $PWD/evil" > .git'],
  ['its .git file, replaced', 'mv .git old; echo "gitdir: $PWD/evil" > .git'],
  ['the pointer to the common folder', 'echo "$PWD/evil" > $own/commondir'],
  ['its own folder, replaced', 'mv $own $own-old && cp -r $own-old $own && echo "$PWD/evil" > $own/commondir'],
  [
    'the folder of all worktrees, replaced',
    'mv $all $all-old && cp -r $all-old $all && echo "$PWD/evil" > $own/commondir',
  ],
];

for (const [what, script] of redirections) {
  const redirect = `own=$(sed 's/gitdir: //' .git); all=\${own%/*}
    mkdir -p evil/refs evil/objects; echo 'ref: refs/heads/x' > evil/HEAD
    printf '[core]\\n\\trepositoryformatversion = 0\\n\\tfsmonitor = "touch obeyed; false"\\n' > evil/config
    { ${script}; } 2>/dev/null; echo tried`;
  const obeyed = async (walls: Walls, workspace: string): Promise<string> =>
    (await walls.outside('git status >/dev/null 2>&1; ls obeyed 2>/dev/null; echo looked', { cwd: workspace })).stdout;

  escapeTest(`a worktree led to other settings by ${what}`, {
    requirement: '[GRT-7]',
    async control(walls) {
      const { workspace } = await worktree(walls);
      expect((await walls.outside(redirect, { cwd: workspace })).stdout).toBe('tried\n');
      expect(await obeyed(walls, workspace)).toBe('obeyed\nlooked\n');
    },
    async attempt(walls) {
      const { workspace } = await worktree(walls);
      const run = await walls.run(redirect, { cwd: workspace });
      expect(run.stdout).toBe('tried\n');
      expect(await obeyed(walls, workspace)).toBe('looked\n');
      // Git works inside all the same.
      const works = await walls.run(`${git} commit -q --allow-empty -m inside && git log -1 --format=%s`, {
        cwd: workspace,
      });
      expect(works.stdout, works.stderr).toBe('inside\n');
      return run;
    },
    async observe() {},
  });
}

async function worktree(walls: Walls): Promise<{ repository: string; workspace: string }> {
  const { repository } = await victimRepository(walls);
  const workspace = `${repository}-tree`;
  const { stderr, status } = await walls.outside(`git worktree add -q ${workspace}`, { cwd: repository });
  if (status !== 0) throw new Error(stderr);
  return { repository, workspace };
}

const protectedFiles = [
  '.git/hooks/pre-commit',
  '.git/config',
  '.git/config.worktree',
  '.git/info/attributes',
  '.envrc',
  '.husky/pre-commit',
  '.vscode/tasks.json',
  '.idea/workspace.xml',
  '.claude/settings.json',
  '.codex/config.toml',
  '.cursor/mcp.json',
  '.gemini/settings.json',
  '.mcp.json',
  'AGENTS.md',
  'CLAUDE.md',
  'GEMINI.md',
  '.gitmodules',
  '.github/workflows/ci.yml',
  '.pre-commit-config.yaml',
  '.gatehouse/policy.cedar',
  '.devcontainer/devcontainer.json',
  '.gitlab-ci.yml',
  'lefthook.yml',
  '.opencode/x.json',
] as const;

escapeTest('files that other programs execute or trust later, where they exist', {
  requirement: '[GRT-7]',
  async control(walls) {
    const workspace = await trusting(walls);
    const run = await walls.outside(change, { cwd: workspace });
    expect(run.stdout.split('\n').filter((line) => line === 'write: OK')).toHaveLength(protectedFiles.length);
  },
  async attempt(walls) {
    const workspace = await trusting(walls);
    const run = await walls.run(`${change}; echo free > notes && cat notes`, { cwd: workspace });
    const said = run.stdout.trimEnd().split('\n');
    expect(said).toEqual([
      ...protectedFiles.flatMap(() => ['write: EROFS', expect.stringMatching(/^rename: E(?:BUSY|ROFS|XDEV)$/u)]),
      'free',
    ]);
    const { stdout } = await walls.outside(`cat ${protectedFiles.join(' ')}`, { cwd: workspace });
    expect(stdout).not.toContain('evil');
    return run;
  },
  async observe() {},
  audit(_walls, run) {
    const mounts = JSON.stringify(expectSessionRecord(run).detail['mounts']);
    for (const name of ['.git/hooks', '.git/config', '.envrc', '.mcp.json', 'CLAUDE.md']) {
      expect(mounts).toContain(`/${name}","reason":"rule base/base.cedar#protected"`);
    }
  },
});

const change = protectedFiles.map((file) => `./probe write ${file} evil; ./probe rename ${file} away`).join('; ');

async function trusting(walls: Walls): Promise<string> {
  const workspace = await mkdtemp(path.join(walls.home, 'trusting-'));
  await walls.outside(`git init -q . && cp ${walls.workspace}/probe .`, { cwd: workspace });
  for (const file of protectedFiles) {
    await mkdir(path.dirname(path.join(workspace, file)), { recursive: true });
    await writeFile(path.join(workspace, file), '\n');
  }
  return workspace;
}

/** A bare repository and another project of the person's, both granted for writing, since the task is about them too. */
let bare = '';
let other = '';
const writable = (): string[] => [`file.write:${bare}`, `file.write:${other}`];
const marker = 'a-hook-of-the-agent';

async function prepareGranted(walls: Walls): Promise<void> {
  bare = await mkdtemp(path.join(walls.home, 'bare-'));
  other = await mkdtemp(path.join(walls.home, 'other-'));
  await mkdir(path.join(other, '.vscode'));
  await writeFile(path.join(other, '.vscode', 'tasks.json'), '{}\n');
  const made = await walls.outside(
    `git init -q --bare ${bare} && git init -q ${other} && git init -q ${other}/deep/one && echo made`,
  );
  expect(made.stdout, made.stderr).toBe('made\n');
  const files = [
    `${bare}/hooks/post-receive`,
    `${other}/.git/hooks/pre-commit`,
    `${other}/deep/one/.git/hooks/pre-commit`,
  ];
  for (const file of [...files, `${other}/notes`]) await writeFile(file, '\n');
}

/** Leaves what runs later, everywhere it could; a line each. */
const leaveHooks = (): string =>
  [
    `./probe write ${bare}/hooks/post-receive ${marker}`,
    `./probe write ${bare}/config evil`,
    `./probe rename ${bare}/hooks ${bare}/hooks-2`,
    `./probe write ${other}/.vscode/tasks.json evil`,
    `./probe write ${other}/.git/hooks/pre-commit evil`,
    `./probe write ${other}/deep/one/.git/hooks/pre-commit evil`,
    `./probe rename ${other}/deep ${other}/deep-2`,
    `./probe write ${other}/notes fine`,
  ].join('\n');

escapeTest('a hook in a granted bare repository, and what is trusted later in another granted project', {
  requirement: '[GRT-7]',
  prepare: prepareGranted,
  async control(walls) {
    const run = await walls.outside(leaveHooks());
    expect(run.stdout.split('\n').filter((line) => line.endsWith(': OK'))).toHaveLength(8);
    await prepareGranted(walls);
  },
  async attempt(walls) {
    const push = 'git -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m x && git push -q';
    const run = await walls.run(`${leaveHooks()}\n${push} ${bare} HEAD:main && echo pushed`, { grants: writable() });
    const held = expect.stringMatching(/: E(?:BUSY|ROFS|XDEV)$/u);
    expect(run.stdout.trimEnd().split('\n')).toEqual([...Array<unknown>(7).fill(held), 'write: OK', 'pushed']);
    return run;
  },
  async observe(walls) {
    const held = `cat ${bare}/hooks/post-receive ${bare}/config ${other}/.vscode/tasks.json ${other}/.git/hooks/pre-commit`;
    const run = await walls.outside(`${held} ${other}/deep/one/.git/hooks/pre-commit`);
    expect(run.stdout).toContain('{}');
    expect(run.stdout).not.toMatch(new RegExp(`evil|${marker}`, 'u'));
    expectLines(await walls.outside(`cat ${other}/notes`), ['fine']);
  },
  audit(_walls, run) {
    const mounts = JSON.stringify(expectSessionRecord(run).detail['mounts']);
    for (const held of [`${bare}/hooks`, `${bare}/config`, `${other}/.vscode`, `${other}/deep/one/.git/hooks`]) {
      expect(mounts).toContain(`"path":"${held}"`);
    }
  },
});
