import { mkdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorDataSchema } from '#contract/errors.ts';
import {
  binaryUnchanged,
  type CommandQuestion,
  type ResolvedCommand,
  resolveCommand,
} from '../../../main/adapters/agents/resolve-command.ts';
import { makeFolder, put, putScript } from '../../helpers/agents/temp-folders.ts';

interface Place {
  readonly home: string;
  readonly workspace: string;
  resolve(command: string, more?: Partial<CommandQuestion>): Promise<ResolvedCommand>;
}

async function makePlace(): Promise<Place> {
  const root = await makeFolder();
  const home = join(root, 'home');
  const workspace = join(home, 'project');
  await mkdir(workspace, { recursive: true });
  return {
    home,
    workspace,
    resolve: (command, more = {}) =>
      resolveCommand({ command, cwd: workspace, path: '/usr/bin:/bin', home, workspace, toolchains: [], ...more }),
  };
}

async function codeOf(promise: Promise<unknown>): Promise<{ code: string; text: string }> {
  try {
    await promise;
  } catch (error) {
    const data = errorDataSchema.parse(error instanceof Error && 'data' in error ? error.data : undefined);
    return { code: data.code, text: `${data.what} ${data.why}` };
  }
  throw new Error('it was expected to fail');
}

const paths = (found: ResolvedCommand): string[] => found.binds.map((bind) => bind.path);

describe('[RUN-1] a command is found as execvp would', () => {
  it('takes the first executable of the PATH and skips what may not be executed', async () => {
    const { home, resolve } = await makePlace();
    await put(join(home, 'a', 'tool'), 'not executable');
    await mkdir(join(home, 'b', 'tool'), { recursive: true });
    await putScript(join(home, 'c', 'tool'));
    await putScript(join(home, 'd', 'tool'));
    const found = await resolve('tool', { path: ['a', 'b', 'c', 'd'].map((name) => join(home, name)).join(':') });
    expect(found.path).toBe(join(home, 'c', 'tool'));
    expect(found.argv0).toBe('tool');
    expect(paths(found)).toEqual([join(home, 'c', 'tool')]);
    expect(found.binds.every((bind) => bind.mode === 'read-only')).toBe(true);
  });

  it('never searches relative entries, so the working directory chooses nothing', async () => {
    const { workspace, resolve } = await makePlace();
    await putScript(join(workspace, 'tool'));
    await putScript(join(workspace, 'bin', 'tool'));
    for (const path of ['', '.', ':', 'bin', './bin:']) {
      expect(await codeOf(resolve('tool', { path }))).toMatchObject({ code: 'command_not_found' });
    }
  });

  it('says what was searched', async () => {
    const { home, resolve } = await makePlace();
    const missing = await codeOf(resolve('no-such-tool', { path: `${home}/x:${home}/y` }));
    expect(missing.code).toBe('command_not_found');
    expect(missing.text).toContain(`${home}/x, ${home}/y`);
    await put(join(home, 'x', 'plain'), 'data');
    expect((await codeOf(resolve('plain', { path: `${home}/x` }))).text).toContain('not an executable file');
    expect(await codeOf(resolve(''))).toMatchObject({ code: 'command_not_found' });
    expect(await codeOf(resolve('/proc/self/exe'))).toMatchObject({ code: 'command_not_found' });
  });

  it('binds nothing for a system command', async () => {
    const found = await (await makePlace()).resolve('sh');
    expect(found.binds).toEqual([]);
    expect(found.links).toEqual([]);
    expect(found.inWorkspace).toBe(false);
    expect(found.attestation.executable.sha256).toMatch(/^[0-9a-f]{64}$/u);
  });

  it("marks the repository's own command", async () => {
    const { workspace, resolve } = await makePlace();
    await putScript(join(workspace, 'run.sh'));
    const found = await resolve('./run.sh');
    expect(found).toMatchObject({ path: join(workspace, 'run.sh'), argv0: './run.sh', inWorkspace: true, binds: [] });
    expect(found.attestation.interpreters.length).toBe(1);
  });
});

describe('[RUN-7] what a command needs becomes visible, and no more', () => {
  it('recreates every link and binds the file at the end', async () => {
    const { home, resolve } = await makePlace();
    await putScript(join(home, 'apps', 'tool-1.2', 'tool'));
    await symlink('tool-1.2', join(home, 'apps', 'current'));
    await mkdir(join(home, 'bin'));
    await symlink('../apps/current/tool', join(home, 'bin', 'tool'));
    const found = await resolve('tool', { path: join(home, 'bin') });
    expect(found.path).toBe(join(home, 'bin', 'tool'));
    expect(found.links).toEqual([
      { at: join(home, 'bin', 'tool'), target: '../apps/current/tool' },
      { at: join(home, 'apps', 'current'), target: 'tool-1.2' },
    ]);
    expect(paths(found)).toEqual([join(home, 'apps', 'tool-1.2', 'tool')]);
  });

  it('binds the outermost node_modules of an npm package and the interpreter, and names the package', async () => {
    const { home, resolve } = await makePlace();
    const modules = join(home, '.prefix', 'lib', 'node_modules');
    const script = join(modules, '@scope', 'agent', 'node_modules', 'inner', 'cli.js');
    await putScript(script, '#!/usr/bin/env -S node --no-warnings\n');
    await put(join(modules, '@scope', 'agent', 'package.json'), '{"name":"@scope/agent","version":"1.2.3"}');
    await putScript(join(home, 'node', 'bin', 'node'));
    await mkdir(join(home, '.prefix', 'bin'));
    await symlink('../lib/node_modules/@scope/agent/node_modules/inner/cli.js', join(home, '.prefix', 'bin', 'agent'));
    const path = `${join(home, '.prefix', 'bin')}:${join(home, 'node', 'bin')}:/usr/bin:/bin`;
    const found = await resolve('agent', { path });
    expect(paths(found)).toEqual([modules, join(home, 'node', 'bin', 'node')]);
    expect(found.attestation.package).toEqual({ ecosystem: 'npm', name: '@scope/agent', version: '1.2.3' });
    expect(found.attestation.interpreters.map((file) => file.path)).toContain(join(home, 'node', 'bin', 'node'));
  });

  it('keeps the path of a virtual environment, so that its python finds it', async () => {
    const { home, resolve } = await makePlace();
    const venv = join(home, 'venvs', 'work');
    await putScript(join(home, 'python', 'bin', 'python3.12'));
    await put(join(venv, 'pyvenv.cfg'), 'home = x\n');
    await mkdir(join(venv, 'bin'));
    await symlink(join(home, 'python', 'bin', 'python3.12'), join(venv, 'bin', 'python'));
    await putScript(join(venv, 'bin', 'pytest'), `#!${join(venv, 'bin', 'python')}\n`);
    await put(
      join(venv, 'lib', 'python3.12', 'site-packages', 'pytest-8.1.0.dist-info', 'entry_points.txt'),
      '[console_scripts]\npytest = pytest:main\n',
    );
    const found = await resolve('pytest', { path: join(venv, 'bin') });
    expect(found.path).toBe(join(venv, 'bin', 'pytest'));
    expect(paths(found)).toEqual([join(home, 'python', 'bin', 'python3.12'), venv]);
    expect(found.attestation.package).toEqual({ ecosystem: 'pypi', name: 'pytest', version: '8.1.0' });
    expect((await resolve('python', { path: join(venv, 'bin') })).path).toBe(join(venv, 'bin', 'python'));
  });

  it('never binds the home, what contains it, or the surroundings of the workspace', async () => {
    const { home, workspace, resolve } = await makePlace();
    await put(join(home, 'package.json'), '{"name":"home","bin":"tool"}');
    await putScript(join(home, 'tool'));
    expect(paths(await resolve(join(home, 'tool')))).toEqual([join(home, 'tool')]);
    await put(join(home, 'pyvenv.cfg'), '');
    await putScript(join(home, 'bin', 'other'));
    expect(paths(await resolve('other', { path: join(home, 'bin') }))).toEqual([join(home, 'bin', 'other')]);
    const inside = join(home, 'node_modules', 'project');
    await mkdir(join(home, 'node_modules'));
    await rename(workspace, inside);
    await putScript(join(home, 'node_modules', 'pkg', 'cli'));
    const found = await resolve(join(home, 'node_modules', 'pkg', 'cli'), { workspace: inside, cwd: inside });
    expect(paths(found)).toEqual([join(home, 'node_modules', 'pkg', 'cli')]);
  });

  it('opens the folder of a linked checkout only when its manifest names the command', async () => {
    const { home, resolve } = await makePlace();
    await put(
      join(home, 'dev', 'mine', 'package.json'),
      '{"name":"mine","version":"0.1.0","bin":{"mine":"./bin/mine.js"}}',
    );
    await putScript(join(home, 'dev', 'mine', 'bin', 'mine.js'));
    await putScript(join(home, 'dev', 'mine', 'bin', 'unnamed.js'));
    expect(paths(await resolve(join(home, 'dev', 'mine', 'bin', 'mine.js')))).toEqual([join(home, 'dev', 'mine')]);
    const unnamed = join(home, 'dev', 'mine', 'bin', 'unnamed.js');
    expect(paths(await resolve(unnamed))).toEqual([unnamed]);
  });

  it('binds nothing of its own for what a toolchain shows, and names the toolchain', async () => {
    const { home, resolve } = await makePlace();
    const bin = join(home, '.cargo', 'bin');
    await putScript(join(bin, 'tool'));
    const toolchain = {
      id: 'cargo',
      title: 'Cargo',
      roots: [join(home, '.cargo')],
      binds: [{ path: bin, mode: 'read-only' as const, reason: 'toolchain' }],
      links: [],
      pathEntries: [bin],
      environment: {},
    };
    const found = await resolve('tool', { path: bin, toolchains: [toolchain] });
    expect(found).toMatchObject({ binds: [], toolchain: 'cargo' });
  });

  it('fails when an interpreter is missing', async () => {
    const { home, resolve } = await makePlace();
    const script = await putScript(join(home, 'script'), '#!/usr/bin/env no-such-interpreter\n');
    const failed = await codeOf(resolve(script));
    expect(failed.code).toBe('command_not_found');
    expect(failed.text).toContain('no-such-interpreter');
  });
});

describe('[GRT-4] a changed binary is noticed', () => {
  it('holds while nothing but the time of the inode moved, and not for other content', async () => {
    const { home, resolve } = await makePlace();
    const script = await putScript(join(home, 'script'));
    const { attestation } = await resolve(script);
    expect(await binaryUnchanged(attestation)).toBe(true);
    await utimes(script, 1, 1);
    expect(await binaryUnchanged(attestation)).toBe(true);
    await writeFile(script, '#!/bin/sh\necho jello\n');
    expect(await binaryUnchanged(attestation)).toBe(false);
  });

  it('notices a replaced and a removed file', async () => {
    const { home, resolve } = await makePlace();
    const script = await putScript(join(home, 'script'));
    const { attestation } = await resolve(script);
    await putScript(join(home, 'other'), '#!/bin/sh\necho evil!\n');
    await rename(join(home, 'other'), script);
    expect(await binaryUnchanged(attestation)).toBe(false);
    await rename(script, join(home, 'gone'));
    expect(await binaryUnchanged(attestation)).toBe(false);
  });
});
