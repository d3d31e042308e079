import { describe, expect, test } from 'vitest';
import type { DiffSide, FileDiff } from '#contract/session-diff.ts';
import { baseWords, beforeWords, changeWord, diffNotes, outcomeWord } from '#contract/text/diff-words.ts';
import { comparedSide, isSame } from '../../../main/core/diff/sides.ts';

const text: DiffSide = { kind: 'text', sizeBytes: 4, executable: false };
const missing: DiffSide = { kind: 'missing' };
const file = (before: DiffSide, after: DiffSide, more: Partial<FileDiff> = {}): FileDiff => ({
  path: 'a',
  change: 'changed',
  before,
  after,
  hunks: [],
  left: 0,
  ...more,
});
const counted = { added: 1, removed: 1 };

describe('what is said of a file', () => {
  test.each<[string, FileDiff, string[]]>([
    ['nothing, when its lines say it', file(text, text, counted), []],
    ['that it is as it was', file(text, text, { added: 0, removed: 0 }), ['Its text is as it was.']],
    ['that it is empty', file(missing, text, { added: 0, removed: 0 }), ['It is empty.']],
    ['that it came and went', file(missing, missing, { added: 0, removed: 0 }), ['It came and went.']],
    [
      'that nobody knows what it was',
      file({ kind: 'unknown', why: 'the folder is not a Git repository' }, text),
      ['What stood there before the session is not known: the folder is not a Git repository.'],
    ],
    [
      'where links lead, written out',
      file({ kind: 'link', target: 'a' }, { kind: 'link', target: '/etc/\u202epasswd' }),
      ['Before: a link to a. Now: a link to /etc/\\u{202e}passwd.'],
    ],
    [
      'that bytes are the same',
      file({ kind: 'binary', sizeBytes: 3 }, { kind: 'binary', sizeBytes: 3 }, { same: true }),
      ['It is as it was: a binary file of 3 B.'],
    ],
    [
      'what else stands there',
      file(text, { kind: 'other', why: 'a named pipe' }),
      ['Before: a text of 4 B. Now: a named pipe.'],
    ],
    [
      'that it is too long',
      file(missing, { kind: 'large', sizeBytes: 2 ** 30 }),
      ['Before: nothing. Now: a file of 1.0 GiB, which is too long to be compared.'],
    ],
    ['that it can be executed', file(text, { ...text, executable: true }, counted), ['It can be executed now.']],
    ['that it cannot any more', file({ ...text, executable: true }, text, counted), ['It can no longer be executed.']],
    ['how many lines are left out', file(text, text, { ...counted, left: 1 }), ['1 more line is not shown.']],
    [
      'that a rule hides it',
      file({ kind: 'hidden' }, { kind: 'hidden' }),
      ['A rule hides this file from the session, so what is in it is not shown here.'],
    ],
  ])('%s', (_, diff, notes) => {
    expect(diffNotes(diff)).toEqual(notes);
  });

  test('is a word by what stands there, or by the record when nobody knows', () => {
    expect(changeWord(file(text, text))).toBe('changed');
    expect(changeWord(file(missing, text))).toBe('created');
    expect(changeWord(file(text, missing))).toBe('deleted');
    expect(changeWord(file(missing, missing))).toBe('temporary');
    expect(changeWord(file(missing, { kind: 'unknown' }, { change: 'came and went' }))).toBe('temporary');
    expect(changeWord(file({ kind: 'hidden' }, { kind: 'hidden' }, { change: 'deleted' }))).toBe('deleted');
    expect(outcomeWord('came and went')).toBe('temporary');
  });

  test('names the commit, or says why there is none', () => {
    expect(baseWords({ kind: 'commit', commit: 'a'.repeat(40) })).toContain('commit aaaaaaaaaaaa, read from');
    const [none, commit] = [{ kind: 'none', why: 'x' } as const, { kind: 'commit', commit: 'a'.repeat(40) } as const];
    expect(beforeWords(commit, file(text, text))).toBe(baseWords(commit));
    expect(beforeWords(none, file(missing, text))).toBe('As the record says, it was not there when the session began.');
    expect(beforeWords(none, file({ kind: 'unknown' }, text))).toBeUndefined();
    expect(baseWords({ kind: 'none', why: 'of its\u001b[31m repository' })).toContain('of its\\e[31m repository');
  });
});

describe('a side of a comparison', () => {
  const found = (bytes: readonly number[]) =>
    comparedSide({ kind: 'file', content: Buffer.from(bytes), executable: false });

  test('is a text when it is valid UTF-8 without a zero byte', () => {
    expect(found([0x61, 0xc3, 0xa9]).text).toBe('aé');
    expect(found([]).text).toBe('');
    expect(found([0x61, 0]).side.kind).toBe('binary');
    expect(found([0xc3]).side).toMatchObject({ kind: 'binary', why: 'it is not valid UTF-8' });
    // A byte order mark is a change like any other.
    expect(found([0xef, 0xbb, 0xbf, 0x61]).text).toBe('\ufeffa');
    expect(comparedSide({ kind: 'missing' })).toEqual({ side: { kind: 'missing' }, text: '' });
  });

  test('is the same by its bytes, or by where it leads', () => {
    const link = (target: string) => comparedSide({ kind: 'link', target });
    expect(isSame(found([0, 1]), found([0, 1]))).toBe(true);
    expect(isSame(found([0, 1]), found([0, 2]))).toBe(false);
    expect(isSame(link('a'), link('a'))).toBe(true);
    expect(isSame(link('a'), link('b'))).toBe(false);
    expect(isSame(link('a'), found([0]))).toBe(false);
    expect(isSame(comparedSide({ kind: 'folder' }), comparedSide({ kind: 'folder' }))).toBe(false);
  });
});
