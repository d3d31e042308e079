import { type DiffHunk, type DiffLine, diffLineCharactersMax } from '#contract/session-diff.ts';

/** Lines around a change that are shown with it. */
const contextLines = 3;

/** One line of both texts side by side: `text` with its end, when it has one. */
export interface EditLine {
  readonly sign: DiffLine['sign'];
  readonly text: string;
}

/** What is handed out at most. */
export interface HunkBounds {
  readonly lines: number;
  /** Of all lines together. */
  readonly characters: number;
}

/** Hunks within the bounds, and how many of their lines are left out. */
export interface BoundHunks {
  readonly hunks: readonly DiffHunk[];
  readonly left: number;
}

/** A text in lines, each with its end; the last may have none. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  return [...lines.map((line) => `${line}\n`), ...(last === '' ? [] : [last])];
}

/** How many lines two texts have in common at their beginning and at their end. */
export function commonEnds(before: readonly string[], after: readonly string[]): { begin: number; end: number } {
  const most = Math.min(before.length, after.length);
  let begin = 0;
  while (begin < most && before[begin] === after[begin]) begin += 1;
  let end = 0;
  while (end < most - begin && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { begin, end };
}

/** Cuts what changed out of all lines, with some lines around it, as a unified diff does. */
export function hunksOf(lines: readonly EditLine[], bounds: HunkBounds): BoundHunks {
  const hunks: DiffHunk[] = [];
  let [oldLine, newLine] = [1, 1];
  let room = { ...bounds };
  let left = 0;
  let done = 0;
  const pass = (to: number) => {
    for (; done < to; done += 1) {
      const { sign } = lines[done] ?? { sign: ' ' };
      if (sign !== '+') oldLine += 1;
      if (sign !== '-') newLine += 1;
    }
  };
  for (const { from, to } of changedStretches(lines)) {
    pass(from);
    const begins = { oldStart: oldLine, newStart: newLine };
    const shown: DiffLine[] = [];
    for (const line of lines.slice(from, to)) {
      const drawn = drawnLine(line);
      if (left > 0 || room.lines < 1 || room.characters < drawn.text.length) {
        left += 1;
        continue;
      }
      room = { lines: room.lines - 1, characters: room.characters - drawn.text.length };
      shown.push(drawn);
    }
    if (shown.length > 0) hunks.push({ ...begins, lines: shown });
    pass(to);
  }
  return { hunks, left };
}

/** A text that is compared with nothing, within the bounds. */
export function wholeText(text: string, bounds: HunkBounds): { readonly hunks: DiffHunk[]; readonly left: number } {
  const all = linesOf(text);
  const shown: DiffLine[] = [];
  let characters = 0;
  for (const line of all) {
    const drawn = drawnLine({ sign: ' ', text: line });
    characters += drawn.text.length;
    if (shown.length >= bounds.lines || characters > bounds.characters) break;
    shown.push(drawn);
  }
  const hunks = shown.length === 0 ? [] : [{ oldStart: 1, newStart: 1, lines: shown }];
  return { hunks, left: all.length - shown.length };
}

function changedStretches(lines: readonly EditLine[]): { from: number; to: number }[] {
  const stretches: { from: number; to: number }[] = [];
  lines.forEach(({ sign }, at) => {
    if (sign === ' ') return;
    const from = Math.max(0, at - contextLines);
    const to = Math.min(lines.length, at + 1 + contextLines);
    const last = stretches.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else stretches.push({ from, to });
  });
  return stretches;
}

function drawnLine({ sign, text }: EditLine): DiffLine {
  const isEnded = text.endsWith('\n');
  const whole = isEnded ? text.slice(0, -1) : text;
  // Half of a surrogate pair would be another character than the file has.
  const shown = whole.slice(0, diffLineCharactersMax).replace(/[\ud800-\udbff]$/u, '');
  const cut = whole.length - shown.length;
  return { sign, text: shown, ...(cut > 0 ? { cut } : {}), ...(isEnded ? {} : { endless: true as const }) };
}
