import { expect, test } from 'vitest';
import { type Session, type SessionStart, sessionStartSchema } from '#contract/session.ts';
import { type Bounds, type EarlierStart, keepsBounds, repeats } from '../../../main/core/sessions/repeats.ts';

const hourMs = 3_600_000;

const earlier: EarlierStart = {
  session: {
    id: 'a1c9-tiger-lamp',
    agent: 'claude-code',
    workspace: '/home/me/shop',
    command: ['claude', '--continue'],
    task: 'Fix the checkout bug',
  },
  lifeMs: 8 * hourMs,
};

const start: SessionStart = {
  command: ['claude', '--continue'],
  cwd: '/home/me/shop',
  workspace: '/home/me/shop',
  grants: [],
  forMs: 2 * hourMs,
  callerEnvironment: { PATH: '/usr/bin' },
  presentVariables: ['EDITOR'],
  environment: {},
  limits: {},
  terminal: { columns: 80, rows: 24 },
  detached: true,
  keep: true,
};

function isRepeated(change: Partial<SessionStart>, before: Partial<Session> = {}, found: object = {}): boolean {
  const about = { agent: 'claude-code', workspace: '/home/me/shop', lifeMs: 2 * hourMs, ...found };
  return repeats(
    { start: { ...start, ...change }, ...about },
    { ...earlier, session: { ...earlier.session, ...before } },
  );
}

test('[APR-5] the very same start, with nothing besides, is a repetition', () => {
  expect(isRepeated({})).toBe(true);
  expect(isRepeated({ task: 'Fix the checkout bug' })).toBe(true);
  expect(isRepeated({ expose: [] }, { actors: [] })).toBe(true);
});

test.each<[string, Partial<SessionStart>]>([
  ['another word of the command', { command: ['claude', '--resume'] }],
  ['a word more', { command: ['claude', '--continue', 'x'] }],
  ['a word less', { command: ['claude'] }],
  ['two words that are one', { command: ['claude --continue'] }],
  ['another sentence', { task: 'Publish the keys' }],
  ['a grant', { grants: ['net.connect:example.org:443'] }],
  ['a variable', { environment: { NODE_OPTIONS: '--require ./x' } }],
  ['a port', { expose: [{ hostPort: 0, port: 5173 }] }],
  ['a limit', { limits: { processes: 100_000 } }],
  ['a breaker', { breakers: { denials: 'off' } }],
  ['another agent', { agent: 'codex' }],
  ['a task that holds grants', { taskId: 't-00000001' }],
  ['a transcript', { transcript: true }],
  ['that nobody is asked', { ask: 'deny' }],
])('[APR-5] %s makes it another start', (_, change) => {
  expect(isRepeated(change)).toBe(false);
});

test.each<[string, Partial<Session>, object]>([
  ['in another folder', {}, { workspace: '/home/me' }],
  ['as another agent', {}, { agent: 'generic' }],
  ['for longer', {}, { lifeMs: 9 * hourMs }],
  ['of what an agent started', { actors: [{ session: 'a1c9-tiger-lamp', agent: 'codex' }] }, {}],
])('[APR-5] %s it is another start', (_, before, found) => {
  expect(isRepeated({}, before, found)).toBe(false);
});

test('[APR-5] a command that was kept without its secret is never one', () => {
  const command = ['claude', '--key', '[redacted:key]'];
  expect(isRepeated({ command }, { command })).toBe(false);
});

test('whatever a start may hold besides one day makes it another start until somebody thought about it', () => {
  const plain = ['command', 'cwd', 'workspace', 'task', 'forMs', 'callerEnvironment', 'presentVariables'];
  const harmless = [...plain, 'terminal', 'keep', 'detached'];
  for (const name of Object.keys(sessionStartSchema.shape).filter((each) => !harmless.includes(each))) {
    expect(
      repeats(
        { start: { ...start, [name]: 'x' }, agent: 'claude-code', workspace: '/home/me/shop', lifeMs: 1 },
        earlier,
      ),
      name,
    ).toBe(false);
  }
});

const defaults: Bounds = { limits: { processes: 1024, openFiles: 65_536 }, breakers: { denials: 20, requests: 'off' } };

test.each<[string, Bounds, boolean]>([
  ['the same', defaults, true],
  ['fewer of them', { limits: {}, breakers: {} }, true],
  ['wider ones', { ...defaults, limits: { processes: 4096, openFiles: 65_536 } }, true],
  ['tighter ones', { ...defaults, limits: { processes: 64, openFiles: 65_536 } }, false],
  ['one that is not there now', { ...defaults, limits: { memoryBytes: 2 ** 30 } }, false],
  ['another threshold', { ...defaults, breakers: { denials: 3, requests: 'off' } }, false],
  ['a breaker that is off now', { ...defaults, breakers: { denials: 20, requests: 100 } }, false],
])('[APR-5] what held before is held to: %s', (_, before, kept) => {
  expect(keepsBounds(defaults, before)).toBe(kept);
});
