import { describe, expect, test } from 'vitest';
import type { AgentQuestion } from '#contract/agent.ts';
import type { StartExamination } from '#contract/start-examination.ts';
import { startOf } from '../../../main/electron/start-proposal.ts';
import { type AskedStart, startQuestion, variableWords } from '../../../main/electron/start-words.ts';

const found: StartExamination = {
  agent: 'claude-code',
  program: '/usr/bin/claude',
  workspace: '/home/me/shop',
  grants: [],
  exposed: [],
  limits: { processes: 1024 },
  lifeMs: 7_200_000,
  notices: [],
  repeats: false,
  digest: '0'.repeat(64),
};
const asked: AskedStart = { command: ['claude'], task: undefined, variables: [], limits: {}, found };

const agent: AgentQuestion = {
  digest: '0'.repeat(64),
  kind: 'unknown',
  name: 'claude-code',
  preset: 'claude-code',
  title: 'Claude Code',
  owner: 'me',
  purpose: 'Fix it',
  attestation: { path: '/usr/bin/claude', sha256: 'a'.repeat(64), interpreters: [] },
  changes: [],
};

function factsOf(more: Partial<AskedStart>): Record<string, string[]> {
  const facts: Record<string, string[]> = {};
  for (const { label, text } of startQuestion({ ...asked, ...more }, '/home/me').facts) {
    facts[label] = [...(facts[label] ?? []), text];
  }
  return facts;
}

describe('the question of a start', () => {
  test('[APR-2] says what it would be, each on its own', () => {
    const facts = factsOf({
      task: 'Fix the checkout bug',
      variables: [{ name: 'DEBUG', value: '1' }, { name: 'EDITOR' }],
      limits: { memoryBytes: 2 * 1024 ** 3 },
      found: {
        ...found,
        grants: ['net.connect:example.org:443', 'file.read:/home/me/notes'],
        exposed: [{ hostPort: 8080, port: 5173 }],
        notices: ['Something to know.'],
      },
    });
    expect(facts).toEqual({
      In: ['~/shop'],
      Task: ['Fix the checkout bug'],
      May: ['connect to example.org:443', 'read ~/notes'],
      Variable: ['DEBUG = 1', 'EDITOR, with the value it has in your own environment'],
      Port: ['5173 of it, which you reach at 127.0.0.1:8080'],
      Limit: ['2.0 GiB of memory'],
      Until: ['it ends, after 2 hours at the latest'],
      Program: ['/usr/bin/claude'],
      Know: ['Something to know.'],
    });
  });

  test.each([
    ['unknown', [], 'Start claude, and bring it in as the agent claude-code', 'gets a key of its own'],
    ['changed', ['Its executable changed.'], 'Start claude, and accept what changed of claude-code', 'may start with'],
  ] as const)('[APR-6] [IDN-2] is one with that about an agent that is %s', (kind, changes, title, effect) => {
    const question = { ...agent, kind, changes: [...changes] };
    const shown = startQuestion({ ...asked, found: { ...found, question } }, '/home/me');
    expect(shown).toMatchObject({ title, risk: 'high', confirm: 'Accept and start', command: ['claude'] });
    expect(shown.effect).toContain(effect);
    expect(shown.facts).toContainEqual({ label: 'SHA-256', text: 'a'.repeat(64) });
    expect(shown.facts.filter(({ label }) => label === 'Changed').map(({ text }) => text)).toEqual(changes);
    expect(shown.facts.filter(({ label }) => label === 'Program')).toHaveLength(1);
  });

  test('[AUD-5] shows no value that looks like a secret', () => {
    expect(variableWords({ name: 'API_KEY', value: 'abcdefgh1' })).toBe(
      'API_KEY, a value of 9 characters that looks like a secret',
    );
    expect(variableWords({ name: 'X', value: 'sk-0123456789abcdef0123' })).not.toContain('sk-');
    expect(variableWords({ name: 'X', value: '' })).toBe('X, empty');
  });
});

describe('what the supervisor is asked for', () => {
  const wanted = {
    kind: 'start',
    command: ['claude'],
    workspace: '/home/me/shop',
    grants: [],
    size: { columns: 80, rows: 24 },
  } as const;
  const environment = { PATH: '/usr/bin', MINE: 'of the person', SECRET_TOKEN: 'x'.repeat(20) };

  test('a variable without a value is the person’s own; others stay outside', () => {
    const start = startOf(
      { ...wanted, command: ['claude'], grants: [], variables: [{ name: 'MINE' }, { name: 'A', value: '1' }] },
      environment,
    );
    expect(start.environment).toEqual({ MINE: 'of the person', A: '1' });
    expect(start.callerEnvironment).toEqual({ PATH: '/usr/bin' });
    expect(start).toMatchObject({ cwd: '/home/me/shop', limits: {}, detached: true, keep: true });
  });

  test('one that they do not have is said', () => {
    expect(() =>
      startOf({ ...wanted, command: ['claude'], grants: [], variables: [{ name: 'NONE' }] }, environment),
    ).toThrow('Your environment has no variable NONE.');
  });
});
