import type { DiffBase, DiffSide, FileDiff } from '../session-diff.ts';
import { sizeText } from './size.ts';
import { visible } from './visible.ts';

/** What files are compared with, in a sentence. */
export function baseWords(base: DiffBase): string {
  return base.kind === 'commit'
    ? `Before is commit ${base.commit.slice(0, 12)}, read from the repository: the folder stood there when the session began. Changes from before it that were not committed are in it too.`
    : `What files were before is not known: ${visible(base.why)}. What is there now is shown.`;
}

/** What one file is compared with; undefined when its notes say that already. */
export function beforeWords(base: DiffBase, { before }: Pick<FileDiff, 'before'>): string | undefined {
  if (before.kind === 'hidden' || before.kind === 'unknown') return undefined;
  return base.kind === 'commit' ? baseWords(base) : 'As the record says, it was not there when the session began.';
}

/** What became of a file, as one word: `temporary` is what came and went. */
export function changeWord({ before, after, change }: Pick<FileDiff, 'before' | 'after' | 'change'>): string {
  if (before.kind === 'hidden' || after.kind === 'unknown') return outcomeWord(change);
  if (after.kind === 'missing') return before.kind === 'missing' ? 'temporary' : 'deleted';
  if (before.kind === 'missing') return 'created';
  return 'changed';
}

/** The same, as the record alone says. */
export function outcomeWord(change: FileDiff['change']): string {
  return change === 'came and went' ? 'temporary' : change;
}

/** Everything about a file that its lines do not say, as sentences. Texts of others are written out. */
export function diffNotes(file: FileDiff): string[] {
  const { before, after, added, removed, left } = file;
  if (before.kind === 'hidden') return ['A rule hides this file from the session, so what is in it is not shown here.'];
  const linesSay = added !== undefined && removed !== undefined;
  const notes: string[] = [];
  if (linesSay && added + removed === 0) notes.push(sameNote(file));
  if (before.kind === 'unknown') {
    notes.push(`What stood there before the session is not known: ${visible(before.why ?? '')}.`);
    if (after.kind !== 'text') notes.push(`Now: ${sideWords(after)}.`);
  } else if (!linesSay && file.same === true) notes.push(`It is as it was: ${sideWords(after)}.`);
  else if (!linesSay) notes.push(`Before: ${sideWords(before)}. Now: ${sideWords(after)}.`);
  if (isRunnable(after) !== isRunnable(before) && before.kind !== 'unknown' && after.kind !== 'missing') {
    notes.push(isRunnable(after) ? 'It can be executed now.' : 'It can no longer be executed.');
  }
  if (file.coarse === true) {
    notes.push('The texts differ in too much to be told apart line by line: what is between is shown as replaced.');
  }
  if (left > 0) notes.push(`${left} more ${left === 1 ? 'line is' : 'lines are'} not shown.`);
  return notes;
}

function isRunnable({ executable }: DiffSide): boolean {
  return executable === true;
}

function sameNote({ before, after }: FileDiff): string {
  if (after.kind === 'missing') return before.kind === 'missing' ? 'It came and went.' : 'It was empty, and is gone.';
  return before.kind === 'missing' ? 'It is empty.' : 'Its text is as it was.';
}

/** What stands at one side. */
function sideWords(side: DiffSide): string {
  const size = side.sizeBytes === undefined ? '' : sizeText(side.sizeBytes);
  const why = side.why === undefined ? '' : `, ${visible(side.why)}`;
  switch (side.kind) {
    case 'text':
      return `a text of ${size}${why}`;
    case 'binary':
      return `a binary file of ${size}${why}`;
    case 'large':
      return `a file of ${size}, which is too long to be compared`;
    case 'link':
      return `a link to ${visible(side.target ?? '')}`;
    case 'submodule':
      return 'another repository';
    case 'folder':
      return 'a folder';
    case 'missing':
      return 'nothing';
    case 'hidden':
      return 'hidden by a rule';
    case 'other':
      return visible(side.why ?? 'no file');
    case 'unknown':
      return `not known: ${visible(side.why ?? '')}`;
  }
}
