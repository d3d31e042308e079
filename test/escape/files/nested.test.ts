import { access, chmod, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectSessionRecord } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

const git = 'git -c user.name=Ann -c user.email=ann@example.org -c protocol.file.allow=always';

/** A workspace with a repository of somebody else in a folder and one as a submodule; `evil` says that it was run. */
async function makeProject(walls: Walls): Promise<{ workspace: string; ran: string }> {
  const { folder } = await walls.privateFolder();
  const workspace = await mkdtemp(path.join(walls.home, 'nested-'));
  const script = `
    git init -q '${folder}/theirs' && ${git} -C '${folder}/theirs' commit -q --allow-empty -m theirs
    git init -q . && git init -q vendor/library && ${git} -C vendor/library commit -q --allow-empty -m library
    ${git} submodule --quiet add '${folder}/theirs' module && git add -f . 2>/dev/null
    mkdir -p .githooks tools && printf '#!/bin/sh\\n' > .githooks/pre-commit && chmod +x .githooks/pre-commit && : > tools/gitconfig
    git config include.path ../tools/gitconfig && ${git} commit -q -m ours && git config core.hooksPath .githooks &&
    git worktree add -q tree && echo made`;
  const made = await walls.outside(script, { cwd: workspace });
  expect(made.stdout, made.stderr).toBe('made\n');
  const ran = path.join(folder, 'ran');
  await writeFile(path.join(workspace, 'evil'), `#!/bin/sh\ntouch '${ran}'\n`);
  await chmod(path.join(workspace, 'evil'), 0o755);
  return { workspace, ran };
}

/** What the agent does, and what the person does afterwards at the top or in that folder. */
const ways: readonly (readonly [what: string, agent: string, person: string])[] = [
  ['a setting', 'git config --file vendor/library/.git/config core.fsmonitor "$PWD/evil"', 'git status'],
  [
    'a hook',
    'cp evil vendor/library/.git/hooks/pre-commit',
    `cd vendor/library && ${git} commit -q --allow-empty -m x`,
  ],
  [
    'another folder in its place',
    'mv vendor v && cp -r v vendor && git config --file vendor/library/.git/config core.fsmonitor "$PWD/evil"',
    'git status',
  ],
  ['a submodule’s setting', 'git config --file .git/modules/module/config core.fsmonitor "$PWD/evil"', 'git status'],
  [
    'a hook in the folder that the settings name,',
    'cp evil .githooks/pre-commit',
    `${git} commit -q --allow-empty -m x`,
  ],
  ['a file that the settings include,', 'git config --file tools/gitconfig core.fsmonitor "$PWD/evil"', 'git status'],
  [
    'the file that says where a submodule’s repository is,',
    'cp -r .git/modules/module evil.git && git config --file evil.git/config core.fsmonitor "$PWD/evil" && git config --file evil.git/config core.worktree ../module && echo "gitdir: ../evil.git" > module/.git',
    'git status',
  ],
  [
    'the file by which a worktree finds its repository,',
    'cp -r .git evil.git && git config --file evil.git/config core.fsmonitor "$PWD/evil" && echo "$PWD/evil.git" > .git/worktrees/tree/commondir',
    'cd tree && git status',
  ],
  [
    'a submodule’s hook',
    'cp evil .git/modules/module/hooks/pre-commit',
    `cd module && ${git} commit -q --allow-empty -m x`,
  ],
];

const wasRun = (ran: string): Promise<boolean> =>
  access(ran).then(
    () => true,
    () => false,
  );

for (const [what, agent, person] of ways) {
  escapeTest(`${what} in the workspace or a repository below its top, which the person’s own Git obeys`, {
    requirement: '[GRT-7]',
    async control(walls) {
      const { workspace, ran } = await makeProject(walls);
      await walls.outside(`${agent}; cd '${workspace}'; ${person}`, { cwd: workspace });
      expect(await wasRun(ran)).toBe(true);
    },
    async attempt(walls) {
      const { workspace, ran } = await makeProject(walls);
      // Ordinary work there goes on.
      const run = await walls.run(
        `(${agent}) 2>/dev/null; cd '${workspace}'; git status --short >/dev/null && git -C vendor/library log --oneline >/dev/null && ${git} -C vendor/library commit -q --allow-empty -m work && echo worked`,
        { cwd: workspace, workspace },
      );
      expect(run.stdout, run.stderr).toBe('worked\n');
      await walls.outside(person, { cwd: workspace });
      expect(await wasRun(ran), 'the agent’s program was run').toBe(false);
      return run;
    },
    async observe() {},
    audit(_walls, run) {
      const mounts = JSON.stringify(expectSessionRecord(run).detail['mounts']);
      for (const held of ['vendor/library/.git/config', '.git/modules/module/hooks', '/.githooks', 'tools/gitconfig']) {
        expect(mounts).toContain(held);
      }
    },
  });
}
