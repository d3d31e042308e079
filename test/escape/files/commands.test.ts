import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { newCanaryText } from '../harness/canaries.ts';
import { escapeTests, expectSessionRecord } from '../harness/escape.ts';
import type { Walls, WallsRun } from '../harness/walls.ts';

const escapeTest = escapeTests();

/** Another project of the person with a program that its manifest names, and a secret beside it. */
interface OtherProject {
  readonly program: string;
  readonly secret: string;
}

async function otherProject(walls: Walls): Promise<OtherProject> {
  const folder = await mkdtemp(path.join(walls.home, 'other-'));
  const secret = newCanaryText();
  const program = path.join(folder, 'bin/tool');
  await mkdir(path.dirname(program));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'other', bin: { other: 'bin/tool' } }));
  await writeFile(path.join(folder, 'pyvenv.cfg'), 'home = /usr/bin\n');
  await writeFile(path.join(folder, 'secret'), `${secret}\n`, { mode: 0o600 });
  await writeFile(program, `#!/bin/sh\ncat '${folder}/secret'\n`);
  await chmod(program, 0o755);
  return { program, secret };
}

/** What an agent turns the command into that the person starts next. */
const replacements: readonly (readonly [what: string, script: (program: string) => string])[] = [
  ['a link to another project’s program', (program) => `ln -sf '${program}' tool`],
  ['links that lead there in two steps', (program) => `ln -sf '${program}' step && ln -sf step tool`],
  [
    'a script whose interpreter is that program',
    (program) => `rm -f tool; printf '#!%s\\n' '${program}' > tool && chmod +x tool`,
  ],
  [
    'a script that has env start that program',
    (program) => `rm -f tool; printf '#!/usr/bin/env %s\\n' '${program}' > tool && chmod +x tool`,
  ],
];

for (const [what, replace] of replacements) {
  escapeTest(`a command of the workspace replaced for the next start by ${what}`, {
    requirement: '[GRT-1]',
    async control(walls) {
      const { program, secret } = await otherProject(walls);
      const run = await walls.outside(`${replace(program)}; ./tool`);
      expect(run.stdout).toContain(secret);
    },
    async attempt(walls) {
      const { program, secret } = await otherProject(walls);
      await walls.run(replace(program));
      const run = await walls.run(['./tool']);
      expect(run.stdout + run.stderr).not.toContain(secret);
      // Nor does anything of that project become visible to whatever runs instead.
      const other = path.dirname(path.dirname(program));
      const mounts = run.events.map(({ kind, detail }) => (kind === 'session.starting' ? detail['mounts'] : []));
      expect(JSON.stringify(mounts), 'the mounts on record').not.toContain(other);
      return run;
    },
    async observe() {},
    audit(_walls, run) {
      // Refused before anything started, or started without what it was led to.
      if (run.sessionId !== undefined && run.events.some((event) => event.kind === 'session.started')) {
        expectSessionRecord(run);
      } else {
        expect(run.status).not.toBe(0);
      }
    },
  });
}

escapeTest('a repository that passes itself off as a known agent by a link to a shell', {
  requirement: '[GRT-1]',
  async control(walls) {
    const workspace = await disguised(walls);
    const run = await walls.run(['./build', '-c', 'echo built'], {
      cwd: workspace,
      workspace,
      options: ['--agent', 'claude-code'],
    });
    expect(run.stdout).toBe('built\n');
    // The person may call it that, and then it has the agent's hosts.
    expect(grantsOf(run)).toEqual([expect.stringContaining('net.connect:')]);
  },
  async attempt(walls) {
    const workspace = await disguised(walls);
    const run = await walls.run(['./build', '-c', 'echo built'], { cwd: workspace, workspace });
    expect(run.stdout).toBe('built\n');
    expect(grantsOf(run)).toEqual([]);
    return run;
  },
  async observe() {},
  audit(_walls, run) {
    expect(expectSessionRecord(run)).toMatchObject({ agent: 'generic', detail: { preset: 'generic' } });
  },
});

/** A repository with a package of a known agent's name whose program is the system's shell. */
async function disguised(walls: Walls): Promise<string> {
  const workspace = await mkdtemp(path.join(walls.home, 'disguised-'));
  const script = `
    package=node_modules/@anthropic-ai/claude-code; mkdir -p $package && ln -s /bin/sh $package/cli && ln -s $package/cli build &&
    echo '{"name":"@anthropic-ai/claude-code","version":"2.0.0","bin":{"claude":"cli"}}' > $package/package.json && echo made`;
  expect((await walls.outside(script, { cwd: workspace })).stdout).toBe('made\n');
  return workspace;
}

function grantsOf(run: WallsRun): string[] {
  return run.events.filter(({ kind }) => kind === 'grant.issued').map(({ detail }) => String(detail['spec']));
}
