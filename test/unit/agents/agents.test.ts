import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { type Preset, presetSchema } from '#contract/preset.ts';
import { looksLikeSecret } from '#contract/text/looks-like-secret.ts';
import { splitCallerEnvironment } from '../../../main/core/agents/caller-variables.ts';
import { choosePreset, presetGrants } from '../../../main/core/agents/choose-preset.ts';
import {
  buildEnvironment,
  credentialNotices,
  type EnvironmentQuestion,
} from '../../../main/core/agents/environment.ts';
import { joinBinds } from '../../../main/core/agents/join-binds.ts';
import { buildSeedFiles } from '../../../main/core/agents/seed-files.ts';
import { parseShebang } from '../../../main/core/agents/shebang.ts';
import { isInside, isSystemVisible, tooWide } from '../../../main/core/agents/system-folders.ts';
import { watchScope } from '../../../main/core/agents/workspace-noise.ts';

const preset = (id: string, more: Partial<z.input<typeof presetSchema>> = {}): Preset =>
  presetSchema.parse({
    id,
    title: id,
    commands: { names: [], npmPackages: [] },
    modelHosts: [],
    credentialVariables: [],
    homeFiles: { login: [], config: [], memory: [] },
    workspaceFiles: [],
    environment: {},
    seedFiles: [],
    conflicts: [],
    patienceMs: 45_000,
    verified: null,
    ...more,
  });

describe('[RUN-2] the preset of a command', () => {
  const presets = [
    preset('claude-code', {
      commands: { names: ['claude'], npmPackages: ['@anthropic-ai/claude-code'] },
      modelHosts: ['api.anthropic.com'],
    }),
    preset('opencode', { commands: { names: ['opencode'], npmPackages: ['opencode-ai'] } }),
    preset('aider', { commands: { names: ['aider'], npmPackages: [], pythonPackages: ['aider-chat'] } }),
    preset('generic'),
  ];
  it.each([
    ['by --agent', 'opencode', 'claude', '@anthropic-ai/claude-code', 'opencode'],
    ['by its package', undefined, '/x/renamed', '@anthropic-ai/claude-code', 'claude-code'],
    ['by its package of another kind', undefined, '/x/renamed', 'pypi:aider-chat', 'aider'],
    ['never by a package of the same name and another kind', undefined, '/x/renamed', 'aider-chat', 'generic'],
    ['by its name', undefined, '/home/u/.local/bin/claude', undefined, 'claude-code'],
    ['by its name, when --agent names an agent of one’s own', 'my-helper', 'claude', undefined, 'claude-code'],
    ['else the generic one', undefined, 'make', undefined, 'generic'],
    ['never by a part of a name', undefined, 'claude-evil', 'evil-@anthropic-ai/claude-code', 'generic'],
  ])('is found %s', (_, requested, command, from, expected) => {
    const [name = '', ecosystem = 'npm'] = (from ?? '').split(':').reverse();
    const question = { presets, requested, command, package: from === undefined ? undefined : { ecosystem, name } };
    expect(choosePreset(question).id).toBe(expected);
  });

  it('grants its model hosts over TLS and nothing else', () => {
    expect(presets.map(presetGrants)).toEqual([['net.connect:api.anthropic.com:443'], [], [], []]);
  });

  it('refuses wildcards and odd hosts', () => {
    for (const host of ['*.example.org', 'Example.org', 'example.org:443', 'localhost', 'a..b', 'example.org.']) {
      expect(() => preset('x', { modelHosts: [host] })).toThrow();
    }
  });
});

describe('[AUD-5] the environment is built from nothing', () => {
  const question: EnvironmentQuestion = {
    sessionId: 'a1c9-tiger-lamp',
    user: 'ada',
    home: '/home/ada',
    shell: '/bin/bash',
    path: '/usr/bin:/home/ada/ws/.venv/bin',
    caller: {
      PATH: '/evil',
      TERM: 'xterm',
      LC_TIME: 'C',
      AWS_SECRET_ACCESS_KEY: 'canary',
      LANG: 'a\u001b[2J',
      VIRTUAL_ENV: '/home/ada/ws/.venv',
      SSH_AUTH_SOCK: '/run/x',
    },
    proxyPort: 3128,
    toolchains: [{ environment: { CARGO_HOME: '/home/ada/.cargo' } }],
    preset: { environment: { AGENT_SETTING: '1' } },
    passed: { MY_FLAG: 'on', AGENT_SETTING: '2' },
  };

  it('holds what Gatehouse sets, what the terminal needs, toolchains, settings, and what was let in', () => {
    const { environment, notices } = buildEnvironment(question);
    expect(environment).toMatchObject({
      HOME: '/home/ada',
      PATH: question.path,
      TERM: 'xterm',
      LC_TIME: 'C',
      TMPDIR: '/tmp',
      http_proxy: 'http://127.0.0.1:3128',
      HTTPS_PROXY: 'http://127.0.0.1:3128',
      NO_PROXY: 'localhost,127.0.0.1,::1',
      NODE_USE_ENV_PROXY: '1',
      GIT_TERMINAL_PROMPT: '0',
      npm_config_update_notifier: 'false',
      GATEHOUSE_SESSION: 'a1c9-tiger-lamp',
      CARGO_HOME: '/home/ada/.cargo',
      VIRTUAL_ENV: '/home/ada/ws/.venv',
      AGENT_SETTING: '2',
      MY_FLAG: 'on',
    });
    expect(Object.keys(environment)).not.toContain('LANG');
    expect(JSON.stringify(environment)).not.toMatch(/canary|SSH_AUTH_SOCK|evil/u);
    expect(notices).toEqual([]);
  });

  it.each([
    'PATH',
    'HOME',
    'LD_PRELOAD',
    'LD_AUDIT',
    'http_proxy',
    'HTTPS_PROXY',
    'No_Proxy',
    'GATEHOUSE_SESSION',
    'GATEHOUSE',
    'A=B',
    '',
  ])('refuses --env %s', (name) => {
    expect(() => buildEnvironment({ ...question, passed: { [name]: 'x' } })).toThrow(/is refused/u);
  });

  it('warns of a secret without repeating it', () => {
    const { notices } = buildEnvironment({ ...question, passed: { GH_TOKEN: 'ghp_0123456789abcdef0123' } });
    expect(notices.join()).toContain('GH_TOKEN');
    expect(notices.join()).not.toContain('ghp_');
  });

  it('lets only allowed variables travel, and only the names of the rest', () => {
    const split = splitCallerEnvironment({
      PATH: '/bin',
      CARGO_HOME: '/c',
      RUSTUP_TOOLCHAIN: 'nightly',
      ANTHROPIC_API_KEY: 'canary',
      EMPTY: '',
      LC_ALL: 'C',
    });
    expect(split.callerEnvironment).toEqual({
      PATH: '/bin',
      CARGO_HOME: '/c',
      RUSTUP_TOOLCHAIN: 'nightly',
      LC_ALL: 'C',
    });
    expect(split.presentVariables).toEqual(['ANTHROPIC_API_KEY']);
    const agent = { credentialVariables: ['ANTHROPIC_API_KEY', 'OTHER'] };
    expect(credentialNotices(agent, split.presentVariables, {})).toEqual([
      'ANTHROPIC_API_KEY is set in your shell but stays outside; add --env ANTHROPIC_API_KEY to let it in.',
    ]);
    expect(credentialNotices(agent, split.presentVariables, { ANTHROPIC_API_KEY: 'x' })).toEqual([]);
  });
});

describe('a value that looks like a secret', () => {
  it.each([
    ['ANTHROPIC_API_KEY', 'sk-ant-api03-abcdefghijkl', true],
    ['X', 'ghp_0123456789abcdefABCDEF0123456789abcd', true],
    ['X', 'AKIAABCDEFGHIJKLMNOP', true],
    ['X', 'eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl', true],
    ['DATABASE_URL', 'postgres://ada:hunter22@db/prod', true],
    ['DB_PASSWORD', 'correct horse', true],
    ['X', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', true],
    ['MAX_TOKENS', '100000000', false],
    ['API_KEY', 'short', false],
    ['KEYBOARD', 'some-layout-name', false],
    ['SSH_AUTH_SOCK', '/run/user/1000/keyring/ssh', false],
    ['NODE_OPTIONS', '--max-old-space-size=4096', false],
    ['BASE_URL', 'https://example.org/v1', false],
  ])('%s=%s', (name, value, expected) => {
    expect(looksLikeSecret(name, value)).toBe(expected);
  });
});

describe('seed files', () => {
  const seedFiles: Preset['seedFiles'] = [
    { path: '~/.a/s.json', json: { one: 1, deep: { here: '{workspace}' } } },
    { path: '~/.a/s.json', whenVariable: 'KEY', json: { deep: { tail: ['{tail:KEY}'] } } },
  ];
  it('are merged and filled in', () => {
    const built = buildSeedFiles({
      preset: { seedFiles },
      workspace: '/ws/$&',
      passed: { KEY: `secret-${'x'.repeat(20)}` },
    });
    expect(built.map((file) => [file.path, JSON.parse(file.content)])).toEqual([
      ['.a/s.json', { one: 1, deep: { here: '/ws/$&', tail: ['x'.repeat(20)] } }],
    ]);
  });
  it('leave out what depends on a variable that stayed outside', () => {
    const [file] = buildSeedFiles({ preset: { seedFiles }, workspace: '/ws', passed: {} });
    expect(JSON.parse(file?.content ?? '')).toEqual({ one: 1, deep: { here: '/ws' } });
  });
});

describe('[GRT-1] what is too wide to be shown', () => {
  it.each([
    '/',
    '/home',
    '/home/ada',
    '/etc',
    '/etc/ssl',
    '/usr',
    '/proc/self',
    '/dev',
    '/run/user/1000',
    '/tmp',
    '/var',
  ])('%s', (path) => expect(tooWide(path, '/home/ada')).toBeDefined());
  it.each(['/home/ada/.nvm', '/data/tools', '/home/adam', '/tmp/x/node_modules'])('but not %s', (path) =>
    expect(tooWide(path, '/home/ada')).toBeUndefined(),
  );
  it('compares by component', () => {
    expect(isInside('/home/ab', '/home/a')).toBe(false);
    expect(isInside('/home/a/b', '/home/a')).toBe(true);
    expect(isSystemVisible('/opt/home/ada/x', '/opt/home/ada')).toBe(false);
    expect(isSystemVisible('/opt/tool', '/opt/home/ada')).toBe(true);
  });
});

it('joined binds only narrow, parents first', () => {
  const bind = (path: string, mode: 'read-only' | 'read-write' | 'hidden') => ({ path, mode, reason: 'x' });
  const joined = joinBinds([
    bind('/h/a/b', 'read-only'),
    bind('/h/a', 'read-only'),
    bind('/h/a/secret', 'hidden'),
    bind('/h/w', 'read-write'),
    bind('/h/w/x', 'read-only'),
    bind('/h/w', 'read-only'),
    bind('/h/v', 'read-write'),
    bind('/h/v/hooks', 'read-only'),
    bind('/h/a', 'read-only'),
  ]);
  expect(joined.map((one) => `${one.mode} ${one.path}`)).toEqual(
    ['read-only /h/a', 'hidden /h/a/secret', 'read-only /h/v/hooks', 'read-only /h/w'].toSpliced(
      2,
      0,
      'read-write /h/v',
    ),
  );
});

describe('the first line of a script', () => {
  it.each([
    ['#!/bin/sh\nx', '/bin/sh', undefined],
    ['#! /usr/bin/perl -w\n', '/usr/bin/perl', undefined],
    ['#!/usr/bin/env node\n', '/usr/bin/env', 'node'],
    ['#!/usr/bin/env -S A=1 deno run --allow-all\n', '/usr/bin/env', 'deno'],
    ['#!/usr/bin/env\n', '/usr/bin/env', undefined],
    ['#!/bin/sh', '/bin/sh', undefined],
  ])('%j', (text, interpreter, viaEnv) => {
    expect(parseShebang(Buffer.from(text))).toEqual({ interpreter, viaEnv });
  });
  it.each(['\x7fELF', '', '#!', '#!sh\n', '#!./run\n', '# comment\n'])('%j is none', (text) => {
    expect(parseShebang(Buffer.from(text))).toBeUndefined();
  });
});

it.each([
  ['src/a.ts', 'follow'],
  ['.git/HEAD', 'follow'],
  ['.git/objects/ab/cd', 'ignore'],
  ['sub/.git/lfs/x', 'ignore'],
  ['node_modules', 'follow'],
  ['node_modules/pkg', 'top-level'],
  ['a/node_modules/pkg/index.js', 'ignore'],
])('%s is watched: %s', (path, scope) => {
  expect(watchScope(path)).toBe(scope);
});
