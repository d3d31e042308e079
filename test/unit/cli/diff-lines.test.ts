import { describe, expect, test } from 'vitest';
import { changeLines } from '../../../main/cli/prompt/memory-text.ts';
import { diffLines } from '../../../main/cli/render/diff-lines.ts';
import type { Screen } from '../../../main/cli/render/screen.ts';

const screen = (columns: number): Screen => ({ terminal: true, columns, paint: (_, text) => text });

describe('[DAT-3] [APR-2] a diff on a terminal', () => {
  test('shows what was added and taken away, with what is around it', () => {
    const before = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n';
    const { lines, added, removed } = diffLines(before, before.replace('five', '5').replace('one\n', ''), screen(80));
    expect([added, removed]).toEqual([1, 2]);
    expect(lines).toEqual([
      '@@ -1,8 +1,7 @@',
      '- one',
      '  two',
      '  three',
      '  four',
      '- five',
      '+ 5',
      '  six',
      '  seven',
      '  eight',
    ]);
  });

  test('writes out whatever would move, hide or reorder', () => {
    const { lines } = diffLines('', 'a\x1b[8mb\r\u202ec\u200b\td\n', screen(80));
    expect(lines.at(-1)).toBe('+ a\\e[8mb\\r\\u{202e}c\\u{200b}\\td');
  });

  test('hides no end of a long line, and takes no rest of one for a line of its own', () => {
    const { lines } = diffLines('', `${' '.repeat(38)}+ quiet orders\n`, screen(40));
    expect(lines.slice(1)).toEqual([`+ ${' '.repeat(38)}`, ' ↳+ quiet orders']);
  });

  test('of texts made to take forever is everything old and everything new', () => {
    const many = (seed: number) => Array.from({ length: 20_000 }, (_, at) => `${(at * seed) % 10_007}`).join('\n');
    const { added, removed, lines } = diffLines(many(7), many(11), screen(80));
    expect(added).toBeGreaterThan(0);
    expect(removed).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(added + removed);
  });

  test('says that the last line has no end', () => {
    expect(diffLines('a\n', 'a', screen(80)).lines.at(-1)).toContain('No newline at end of file');
  });
});

describe('[DAT-3] one change', () => {
  const state = (sha: string, more = {}) => ({ sha256: sha.repeat(64), sizeBytes: 1, ...more });

  test('without a text to compare is named by its digests, and what is there now is shown in full', () => {
    const change = {
      place: 'workspace',
      path: 'A\n.md',
      change: 'changed',
      before: state('a'),
      after: state('b'),
    } as const;
    const lines = changeLines(change, { after: 'now\n' }, screen(80), '/home/me').join('\n');
    for (const part of ['A\\n.md', 'a'.repeat(64), 'b'.repeat(64), '+ now', 'look at the file itself'])
      expect(lines).toContain(part);
  });

  test('of where a link leads is said', () => {
    const change = {
      place: 'home',
      path: 'M.md',
      change: 'changed',
      before: state('a'),
      after: state('a', { link: '/home/me/x\x1b' }),
    } as const;
    expect(changeLines(change, {}, screen(80), '/home/me').join('\n')).toContain(
      'it is a link to ~/x\\e, and was a file of its own',
    );
  });
});
