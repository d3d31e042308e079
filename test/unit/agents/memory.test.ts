import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PinnedFile } from '#contract/memory.ts';
import {
  changesText,
  memoryChanges,
  memoryQuestion,
  storeChanges,
  textBytesMax,
  textsBytesMax,
  withBoundedTexts,
} from '../../../main/core/agents/memory.ts';

function file(path: string, text: string, more: Partial<PinnedFile> = {}): PinnedFile {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { place: 'workspace', path, sha256, sizeBytes: Buffer.byteLength(text), text, ...more };
}

describe('[DAT-3] pinned instructions', () => {
  test.each<[string, PinnedFile[], PinnedFile[], string[]]>([
    ['nothing', [file('a', '1')], [file('a', '1', { text: undefined })], []],
    ['another content', [file('a', '1')], [file('a', '2')], ['a changed']],
    [
      'a link in the place of a file, with the same content',
      [file('a', '1')],
      [file('a', '1', { link: '/w/b' })],
      ['a changed'],
    ],
    [
      'a link that leads elsewhere',
      [file('a', '1', { link: '/w/b' })],
      [file('a', '1', { link: '/w/c' })],
      ['a changed'],
    ],
    ['a file that appeared', [], [file('a', '1')], ['a appeared']],
    ['a file that vanished', [file('a', '1')], [], ['a vanished']],
    [
      'the same path in another place',
      [file('a', '1')],
      [file('a', '1', { place: 'home' })],
      ['a appeared', 'a vanished'],
    ],
    ['a database', [file('a', '1', { store: true })], [file('a', '2', { store: true })], []],
    [
      'many, in an order of their own',
      [file('b', '1'), file('a', '1')],
      [file('c', '1'), file('b', '2')],
      ['a vanished', 'b changed', 'c appeared'],
    ],
  ])('%s is told from what was pinned', (_, before, after, expected) => {
    expect(memoryChanges(before, after).map(({ path, change }) => `${path} ${change}`)).toEqual(expected);
  });

  test('databases are compared apart', () => {
    const changes = storeChanges([file('a', '1', { store: true }), file('b', '1')], [file('a', '2', { store: true })]);
    expect(changes.map(({ path, change }) => `${path} ${change}`)).toEqual(['a changed']);
  });

  test('a question is bound to every fact of it', () => {
    const changes = memoryChanges([file('a', '1')], [file('a', '2')]);
    const facts = { agent: 'claude-code', workspace: '/w', pinnedAt: '2026-01-01T00:00:00.000Z', changes };
    const others = [
      { ...facts, agent: 'codex' },
      { ...facts, workspace: '/v' },
      { ...facts, pinnedAt: '2026-01-02T00:00:00.000Z' },
      { ...facts, changes: memoryChanges([file('a', '1')], [file('a', '3')]) },
      { ...facts, changes: memoryChanges([file('a', '0')], [file('a', '2')]) },
    ];
    expect(new Set([facts, ...others].map((each) => memoryQuestion(each).digest)).size).toBe(6);
    expect(memoryQuestion({ ...facts })).toEqual(memoryQuestion(facts));
  });

  test('texts are kept within bounds, and digests always', () => {
    const whole = 'x'.repeat(textBytesMax);
    const many = Array.from({ length: textsBytesMax / textBytesMax + 2 }, (_, at) => file(`f${at}`, whole));
    const kept = withBoundedTexts([file('long', `${whole}x`), ...many]);
    expect(kept.map(({ sha256 }) => sha256)).toEqual([file('long', `${whole}x`), ...many].map(({ sha256 }) => sha256));
    expect(kept[0]?.text).toBeUndefined();
    expect(kept.filter(({ text }) => text !== undefined)).toHaveLength(textsBytesMax / textBytesMax);
  });

  test('the first few changes are named, and how many more there are', () => {
    const changes = memoryChanges(
      [],
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => file(name, '1')),
    );
    expect(changesText(changes)).toBe('a appeared, b appeared, c appeared, d appeared and 2 more');
    expect(changesText(memoryChanges([], [file('.claude/CLAUDE.md', '1', { place: 'home' })]))).toBe(
      '~/.claude/CLAUDE.md of the agent’s own home appeared',
    );
  });
});
