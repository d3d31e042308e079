import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildShim, parseShim, shimMarker } from '../../../main/core/shims/shim-script.ts';

/** Stands for Node and Gatehouse: says what it was called with. */
const teller = '#!/bin/sh\nshift\nprintf "%s|" "$GATEHOUSE_SHIM" "$GATEHOUSE_HOME" "$PATH" "$@"; cat; exit 7\n';

describe('[RUN-7] a shim', () => {
  let folder = '';
  const at = (...parts: string[]) => path.join(folder, ...parts);
  const executable = (file: string, text: string) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  };
  const run = (searched: string, args: string[] = [], environment: Record<string, string> = {}) => {
    const { status, stdout, stderr } = spawnSync(at('shims/claude'), args, {
      env: { PATH: searched, ...environment },
      input: 'typed',
      cwd: at('cwd'),
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "gh shim's-"));
    executable(at('node'), teller);
    executable(at('cwd/claude'), teller);
    executable(at('bin one/claude'), '');
    writeFileSync(at('program'), '');
    executable(at('shims', shimMarker), '');
    const variables = { GATEHOUSE_HOME: at('kept') };
    executable(
      at('shims/claude'),
      buildShim({ command: 'claude', node: at('node'), program: at('program'), variables }),
    );
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('starts the program that comes later, with arguments, input and status unchanged', () => {
    const args = ['', 'a b', "it's", '$HOME', '*', '--', '-x', 'line\nbreak'];
    const result = run(`${at('shims')}:${at('bin one')}:/usr/bin:/bin`, args);
    const real = at('bin one/claude');
    expect(result).toEqual({
      status: 7,
      stdout: [real, at('kept'), `${at('bin one')}:/usr/bin:/bin`, 'run', '--', real, ...args, 'typed'].join('|'),
      stderr: '',
    });
  });

  it.each([
    ['twice on the PATH, and by a link', () => [at('shims'), at('link'), at('shims'), at('bin one'), '/bin']],
    ['before other shims', () => [at('shims'), at('others'), at('bin one'), '/bin']],
    ['where the PATH names no absolute folder first', () => ['', '.', 'cwd', at('shims'), at('bin one'), '/bin']],
    ['before a link to itself', () => [at('shims'), at('linked'), at('bin one'), '/bin']],
    ['behind a folder and a file of its name', () => [at('shims'), at('odd'), at('plain'), at('bin one'), '/bin']],
  ])('never finds itself or what a folder one is in brings: %s', (_, entries) => {
    symlinkSync(at('shims'), at('link'));
    mkdirSync(at('linked'));
    symlinkSync(at('shims/claude'), at('linked/claude'));
    for (const file of [shimMarker, 'claude']) executable(at('others', file), '');
    mkdirSync(at('odd/claude'), { recursive: true });
    mkdirSync(at('plain'));
    writeFileSync(at('plain/claude'), '');
    expect(run(entries().join(':')).stdout).toMatch(new RegExp(`^${at('bin one/claude')}\\|`, 'u'));
  });

  it('prefers the Gatehouse that its caller names', () => {
    expect(run(`${at('bin one')}:/bin`, [], { GATEHOUSE_HOME: '/other' }).stdout).toContain('|/other|');
  });

  it('starts nothing when there is no such program', () => {
    const result = run(`${at('shims')}:/bin`);
    expect(result).toMatchObject({ status: 127, stdout: '' });
    expect(result.stderr).toContain('claude is not on the PATH');
  });

  it.each(['node', 'program'])(
    'starts nothing when the %s of Gatehouse is gone, and says how to go without',
    (gone) => {
      rmSync(at(gone));
      const result = run(`${at('shims')}:${at('bin one')}:/bin`);
      expect(result).toMatchObject({ status: 125, stdout: '' });
      expect(result.stderr).toContain(`Without walls, on purpose: ${at('bin one/claude')}`);
    },
  );

  it('is read as it was written', () => {
    const parts = { command: "c'd", node: "/n o'de", program: '/p' };
    expect(parseShim(buildShim({ ...parts, variables: {} }))).toEqual(parts);
    expect(parseShim('#!/bin/sh\necho\n')).toBeUndefined();
  });

  it('is a script that a strict shell takes', () => {
    execFileSync('/bin/sh', ['-n', at('shims/claude')]);
  });
});
