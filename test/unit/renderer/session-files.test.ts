import { describe, expect, test } from 'vitest';
import type { ChangedFile } from '#contract/changed-file.ts';
import { diffRows } from '../../../renderer/features/now/diff-rows.ts';
import { changeMark, countsWanted, keptOrder, pathPieces } from '../../../renderer/features/now/file-rows.ts';

const file = (path: string, seq = 1): ChangedFile => ({ path, change: 'created', times: 1, lastAt: '', seq });

describe('the list of changed files', () => {
  test('stays as it is, and what is new comes behind', () => {
    const first = keptOrder([], [file('b'), file('d')]);
    expect(first).toEqual(['b', 'd']);
    expect(keptOrder(first, [file('a'), file('b'), file('c'), file('d')])).toEqual(['b', 'd', 'a', 'c']);
    expect(keptOrder(first, [file('d')])).toEqual(['d']);
  });

  test('has names whole and folders apart, written out', () => {
    expect(pathPieces('a/b/c.ts')).toEqual({ folder: 'a/b/', name: 'c.ts' });
    expect(pathPieces('c.ts')).toEqual({ folder: '', name: 'c.ts' });
    expect(pathPieces('a\n/\u202ec')).toEqual({ folder: 'a\\n/', name: '\\u{202e}c' });
  });

  test('says what became of each by what stands there, once that is known', () => {
    const mark = changeMark(file('a'), undefined);
    expect(mark).toEqual({ sign: '+', word: 'created', tone: 'good' });
    const diff = {
      path: 'a',
      change: 'created' as const,
      before: { kind: 'text' as const },
      after: { kind: 'missing' as const },
      added: 0,
      removed: 2,
      hunks: [],
      left: 0,
    };
    expect(changeMark(file('a'), diff)).toEqual({ sign: '−', word: 'deleted', tone: 'bad' });
  });

  test('asks about files in view of which nothing is known, or that changed since', () => {
    const known = new Map([
      ['a', { seq: 3 }],
      ['b', { seq: 1 }],
    ]);
    const inView = [file('a', 3), file('b', 2), file('c', 1), file('d', 1)];
    expect(countsWanted(inView, known, 2).map(({ path }) => path)).toEqual(['b', 'c']);
  });
});

describe('the lines of a diff', () => {
  test('have the number of their side, and say where they are', () => {
    const rows = diffRows([
      {
        oldStart: 1,
        newStart: 1,
        lines: [
          { sign: ' ', text: 'a' },
          { sign: '-', text: 'b' },
          { sign: '+', text: 'c' },
        ],
      },
      { oldStart: 9, newStart: 10, lines: [{ sign: '+', text: 'd', cut: 3, endless: true }] },
    ]);
    expect(rows.map((row) => (row.kind === 'where' ? row.words : [row.oldLine, row.newLine, row.remark]))).toEqual([
      [1, 1, undefined],
      [2, undefined, undefined],
      [undefined, 2, undefined],
      'Line 10',
      [undefined, 10, '… and 3 more characters; no newline at its end'],
    ]);
  });

  test('keep their tabs, and show everything else that is not seen', () => {
    const [row] = diffRows([{ oldStart: 1, newStart: 1, lines: [{ sign: '+', text: '\tif\u202e \\t\r' }] }]);
    expect(row?.kind === 'line' && row.pieces).toEqual([
      { text: '\t', written: false },
      { text: 'if', written: false },
      { text: '\\u{202e}', written: true },
      { text: ' \\t', written: false },
      { text: '\\r', written: true },
    ]);
    expect(row?.kind === 'line' && row.columns).toBe(4 + 2 + 8 + 3 + 2);
  });
});
