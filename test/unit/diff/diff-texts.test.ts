import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DiffHunk, diffLineCharactersMax } from '#contract/session-diff.ts';
import { diffTexts } from '../../../main/adapters/diff/diff-texts.ts';
import { hunksOf, linesOf, wholeText } from '../../../main/core/diff/hunks.ts';

const wide = { lines: 100_000, characters: 10_000_000 };
const signed = (hunks: readonly DiffHunk[]) =>
  hunks.map(({ oldStart, newStart, lines }) => [
    `${oldStart},${newStart}`,
    ...lines.map(({ sign, text, endless }) => `${sign}${text}${endless === true ? '$' : ''}`),
  ]);

/** What `before` becomes when the hunks are applied where they say. */
function applied(before: string, hunks: readonly DiffHunk[]): string {
  const old = linesOf(before);
  const result: string[] = [];
  let at = 0;
  for (const { oldStart, newStart, lines } of hunks) {
    for (; at < oldStart - 1; at += 1) result.push(old[at] ?? '');
    expect(result.length).toBe(newStart - 1);
    for (const { sign, text, endless } of lines) {
      const line = endless === true ? text : `${text}\n`;
      if (sign !== '+') {
        expect(old[at]).toBe(line);
        at += 1;
      }
      if (sign !== '-') result.push(line);
    }
  }
  return [...result, ...old.slice(at)].join('');
}

describe('two texts', () => {
  test.each([
    ['a\nb\n', 'a\nc\n', [['1,1', ' a', '-b', '+c']]],
    ['', 'a\n', [['1,1', '+a']]],
    ['a\n', '', [['1,1', '-a']]],
    ['a', 'a\n', [['1,1', '-a$', '+a']]],
    ['a\r\n', 'a\n', [['1,1', '-a\r', '+a']]],
    ['a\n', 'a\n', []],
    ['', '', []],
    ['\n\n', '\n', [['1,1', ' ', '-']]],
  ])('%j and %j', (before, after, hunks) => {
    const diff = diffTexts(before, after, wide);
    expect(signed(diff.hunks)).toEqual(hunks);
    expect(diff.left).toBe(0);
  });

  test('have three lines around what changed, and what is near goes together', () => {
    const lines = Array.from({ length: 40 }, (_, at) => `${at + 1}\n`);
    const changed = lines.map((line) => (['10\n', '16\n', '30\n'].includes(line) ? `x${line}` : line));
    const { hunks, added, removed } = diffTexts(lines.join(''), changed.join(''), wide);
    expect(hunks.map(({ oldStart, newStart, lines: own }) => [oldStart, newStart, own.length])).toEqual([
      [7, 7, 15],
      [27, 27, 8],
    ]);
    expect([added, removed]).toEqual([3, 3]);
  });

  test('become one another by their diff, whatever they are', () => {
    const text = fc
      .array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'a\r\n', 'é\n'), { maxLength: 40 })
      .chain((lines) => fc.constantFrom('', 'end').map((end) => lines.join('') + end));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { hunks, added, removed, left } = diffTexts(before, after, wide);
        expect(applied(before, hunks)).toBe(after);
        const count = (sign: string) => hunks.flatMap(({ lines }) => lines).filter((line) => line.sign === sign).length;
        expect([added, removed, left]).toEqual([count('+'), count('-'), 0]);
      }),
    );
  });

  test('made to take forever are shown as replaced, between the first and the last change', () => {
    const lines = (of: string) => Array.from({ length: 30_000 }, (_, at) => `${(at * 7919) % 30_011} ${of}\n`).join('');
    const diff = diffTexts(`same\n${lines('a')}end\n`, `same\n${lines('b')}end\n`, { lines: 10, characters: 1000 });
    expect(diff).toMatchObject({ added: 30_000, removed: 30_000, coarse: true, left: 59_992 });
    expect(diff.hunks[0]?.lines.slice(0, 2)).toEqual([
      { sign: ' ', text: 'same' },
      { sign: '-', text: '0 a' },
    ]);
  });
});

describe('what is handed out', () => {
  const plus = (text: string) => ({ sign: '+' as const, text });

  test('is bounded in lines and characters, and what is left out is counted', () => {
    const lines = Array.from({ length: 10 }, () => plus('abc\n'));
    expect(hunksOf(lines, { lines: 4, characters: 100 })).toMatchObject({ left: 6 });
    expect(hunksOf(lines, { lines: 100, characters: 7 })).toMatchObject({ left: 8 });
    expect(hunksOf(lines, { lines: 0, characters: 0 })).toEqual({ hunks: [], left: 10 });
    expect(wholeText('a\nb\nc\n', { lines: 2, characters: 10 })).toMatchObject({ left: 1 });
    expect(wholeText('a\nb\nc', wide).hunks[0]?.lines.at(-1)).toEqual({ sign: ' ', text: 'c', endless: true });
    expect(wholeText('', wide)).toEqual({ hunks: [], left: 0 });
  });

  test('never ends a long line within a letter', () => {
    const long = `${'x'.repeat(diffLineCharactersMax - 1)}😀 and more\n`;
    const [line] = hunksOf([plus(long)], wide).hunks[0]?.lines ?? [];
    expect(line?.text).toBe('x'.repeat(diffLineCharactersMax - 1));
    expect(line?.cut).toBe('😀 and more'.length);
  });
});
