import { describe, expect, test } from 'vitest';
import { lifecycleActs, sizeWords } from '../../../renderer/features/agents/agent-words.ts';

const nothing = { running: 0, rules: 0, login: 0, homes: 0 };

describe('[IDN-4] what can be done with an agent', () => {
  test.each([
    ['active', ['suspend', 'rotate', 'retire']],
    ['suspended', ['resume', 'rotate', 'retire']],
    ['retired', []],
  ] as const)('when it is %s', (state, kinds) => {
    expect(lifecycleActs({ name: 'codex', state }, nothing).map(({ kind }) => kind)).toEqual(kinds);
  });

  test('says before each act what becomes of all it has', () => {
    const acts = lifecycleActs({ name: 'codex', state: 'active' }, { running: 2, rules: 1, login: 1, homes: 3 });
    const said = (kind: string) => acts.find((act) => act.kind === kind)?.consequences.join(' ') ?? '';
    expect(said('suspend')).toContain('2 running sessions of it end at once');
    expect(said('rotate')).toContain('2 running sessions of it go on');
    for (const part of ['2 running sessions of it end', '1 always-rule', 'login', '3 workspaces', 'key is removed']) {
      expect(said('retire')).toContain(part);
    }
  });
});

test.each([
  [0, '0 B'],
  [1536, '1.5 KiB'],
  [20 * 1024 * 1024, '20 MiB'],
])('says %d bytes', (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});
