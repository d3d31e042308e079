import { diffArrays } from 'diff';
import type { DiffHunk } from '#contract/session-diff.ts';
import { commonEnds, type EditLine, type HunkBounds, hunksOf, linesOf } from '../../core/diff/hunks.ts';

/** Telling the lines of two texts apart takes time that grows with the square of what differs: whoever wrote them may have wanted that. */
const diffMs = 400;
const editsMax = 4_000;

/** What changed between two texts. */
export interface TextDiff {
  readonly added: number;
  readonly removed: number;
  readonly hunks: readonly DiffHunk[];
  readonly left: number;
  /** All lines between the first and the last change are shown as replaced. */
  readonly coarse?: true;
}

/** Compares two texts line by line, within bounds of time and of what is handed out. */
export function diffTexts(before: string, after: string, bounds: HunkBounds): TextDiff {
  const [old, now] = [linesOf(before), linesOf(after)];
  const { begin, end } = commonEnds(old, now);
  const same = (text: string): EditLine => ({ sign: ' ', text });
  const [oldMiddle, newMiddle] = [old.slice(begin, old.length - end), now.slice(begin, now.length - end)];
  const fine = edits(oldMiddle, newMiddle);
  const middle = fine ?? replaced(oldMiddle, newMiddle);
  const lines = [...old.slice(0, begin).map(same), ...middle, ...old.slice(old.length - end).map(same)];
  const count = (sign: string) => middle.filter((line) => line.sign === sign).length;
  const coarse = fine === undefined ? { coarse: true as const } : {};
  return { added: count('+'), removed: count('-'), ...hunksOf(lines, bounds), ...coarse };
}

function replaced(old: readonly string[], now: readonly string[]): EditLine[] {
  return [...old.map((text): EditLine => ({ sign: '-', text })), ...now.map((text): EditLine => ({ sign: '+', text }))];
}

/** Undefined when it would take too long. */
function edits(old: string[], now: string[]): EditLine[] | undefined {
  if (old.length === 0 || now.length === 0) return replaced(old, now);
  const changes = diffArrays(old, now, { timeout: diffMs, maxEditLength: editsMax });
  return changes?.flatMap(({ added, removed, value }) => {
    const sign = added ? '+' : removed ? '-' : ' ';
    return value.map((text): EditLine => ({ sign, text }));
  });
}
