import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

const hook = '#!/bin/sh\nexit 0\n';

/** A hook and an agent's settings that exist before the session: programs outside will execute or trust them. */
async function arrange(walls: Walls): Promise<void> {
  await mkdir(path.join(walls.workspace, '.git', 'hooks'), { recursive: true });
  await writeFile(path.join(walls.workspace, '.git', 'hooks', 'pre-commit'), hook);
  await chmod(path.join(walls.workspace, '.git', 'hooks', 'pre-commit'), 0o755);
  await mkdir(path.join(walls.workspace, '.github', 'workflows'), { recursive: true });
  await writeFile(path.join(walls.workspace, '.github', 'workflows', 'ci.yml'), 'on: push\n');
}

const scripts: readonly [string, string][] = [
  ['writing it', 'echo evil > .git/hooks/pre-commit'],
  ['replacing it by rename', 'echo evil > h; mv -f h .git/hooks/pre-commit'],
  ['a new hook beside it', 'echo evil > .git/hooks/post-checkout'],
  ['renaming its folder away', 'mv .git/hooks .git/old && mkdir .git/hooks && echo evil > .git/hooks/pre-commit'],
  ['renaming the folder above', 'mv .git .git2 && mkdir -p .git/hooks && echo evil > .git/hooks/pre-commit'],
  ['another path for hooks', 'git config core.hooksPath evil'],
  ['a program that watches files', 'git config core.fsmonitor ./evil'],
  ['the folder above a workflow', 'mv .github g && mkdir -p .github/workflows && echo evil > .github/workflows/ci.yml'],
  [
    'removing and recreating a workflow',
    'rm -rf .github; mkdir -p .github/workflows; echo evil > .github/workflows/ci.yml',
  ],
];

for (const [way, script] of scripts) {
  escapeTest(`what other programs execute later stays as it is: ${way}`, {
    requirement: '[GRT-1]',
    prepare: arrange,
    async control(walls) {
      const free = await walls.outside(`mkdir -p ../free && cp -a . ../free/ && cd ../free && ${script}`);
      expect(free.status, free.stderr).toBe(0);
      await walls.outside('rm -rf ../free');
    },
    async attempt(walls) {
      const run = await walls.run(script);
      expect(run.status).not.toBe(0);
      return run;
    },
    async observe({ workspace }) {
      const content = (...parts: string[]) => readFile(path.join(workspace, ...parts), 'utf8');
      expect(await content('.git', 'hooks', 'pre-commit')).toBe(hook);
      expect(await content('.github', 'workflows', 'ci.yml')).toBe('on: push\n');
      expect(await content('.git', 'config')).not.toContain('evil');
      expect(await content('.git', 'config')).not.toContain('hooksPath');
    },
  });
}

escapeTest('what no mount can hold yet is told when the session is over: a missing file that Git or an editor obeys', {
  requirement: '[GRT-1]',
  async control(walls) {
    const quiet = await walls.run('echo notes > notes.txt');
    expect(quiet.stderr).not.toContain('appeared');
  },
  async attempt(walls) {
    const run = await walls.run('mkdir -p .vscode && echo "{}" > .vscode/tasks.json; echo evil > .envrc');
    expect(run.stderr).toContain('.envrc, .vscode appeared in the workspace');
    return run;
  },
  async observe({ workspace }) {
    expect(await readFile(path.join(workspace, '.envrc'), 'utf8')).toBe('evil\n');
  },
  audit(_, run) {
    const appeared = run.events.filter((event) => event.action === 'file.protected');
    expect(appeared.map((event) => event.detail['path']).sort()).toEqual(['.envrc', '.vscode']);
  },
});
