import type { ChangedFile } from '#contract/changed-file.ts';
import type { DiffBase, FileDiff } from '#contract/session-diff.ts';
import { changeWord, outcomeWord } from '#contract/text/diff-words.ts';
import { visible } from '#contract/text/visible.ts';

/** The order in which files are listed: what is there stays where it is, and what is new comes behind it. */
export function keptOrder(before: readonly string[], files: readonly Pick<ChangedFile, 'path'>[]): readonly string[] {
  const there = new Set(files.map(({ path }) => path));
  const known = new Set(before);
  return [...before.filter((path) => there.has(path)), ...files.flatMap(({ path }) => (known.has(path) ? [] : [path]))];
}

/** A path in two pieces, of which the first is cut when there is no room: the name of a file says most. */
export function pathPieces(path: string): { readonly folder: string; readonly name: string } {
  const seen = visible(path);
  const at = seen.lastIndexOf('/') + 1;
  return { folder: seen.slice(0, at), name: seen.slice(at) };
}

/** What became of a file: a sign, a word, and which colour goes with them. */
export interface ChangeMark {
  readonly sign: string;
  readonly word: string;
  readonly tone: 'good' | 'bad' | 'plain';
}

const marks: Readonly<Record<string, Omit<ChangeMark, 'word'>>> = {
  created: { sign: '+', tone: 'good' },
  deleted: { sign: '−', tone: 'bad' },
  temporary: { sign: '±', tone: 'plain' },
};

/** By what stands there, once that was looked at; before, as the record says. */
export function changeMark(file: ChangedFile, diff: FileDiff | undefined): ChangeMark {
  const word = diff === undefined ? outcomeWord(file.change) : changeWord(diff);
  return { word, ...(marks[word] ?? { sign: '~', tone: 'plain' }) };
}

/** A diff as a page has it: of which state of the file, and compared with what. */
export interface LoadedDiff {
  readonly base: DiffBase;
  readonly file: FileDiff;
  /** Of the newest event about the file when it was asked for. */
  readonly seq: number;
}

/** What is asked for next: files in view of which nothing is known, or an older state. */
export function countsWanted(
  inView: readonly ChangedFile[],
  known: ReadonlyMap<string, Pick<LoadedDiff, 'seq'>>,
  most: number,
): readonly ChangedFile[] {
  return inView.filter(({ path, seq }) => (known.get(path)?.seq ?? 0) < seq).slice(0, most);
}
