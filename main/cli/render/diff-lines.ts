import { structuredPatch } from 'diff';
import { visible } from '#contract/text/visible.ts';
import type { Screen, Tone } from './screen.ts';
import { cellsOf } from './width.ts';

/** Lines around a change that are shown with it. */
const contextLines = 3;
/** A diff that would take longer is shown as everything old and everything new: whoever wrote the texts may have wanted it to take long. */
const diffMs = 1_000;

/** A diff of two texts, and how many lines it adds and takes away. */
export interface TextDiff {
  readonly lines: readonly string[];
  readonly added: number;
  readonly removed: number;
}

/**
 * The unified diff of two texts, painted, without file headers. Every character that a terminal would obey or hide is written out, and
 * a line that is longer than the screen goes on below, indented, so that nothing is out of sight.
 */
export function diffLines(before: string, after: string, screen: Screen): TextDiff {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: contextLines, timeout: diffMs }) ?? {
    hunks: [wholeHunk(before, after)],
  };
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: body }) => [
    screen.paint('dim', `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`),
    ...body.flatMap((line) => paintedLine(line, screen)),
  ]);
  const count = (sign: string) => hunks.flatMap((hunk) => hunk.lines).filter((line) => line.startsWith(sign)).length;
  return { lines, added: count('+'), removed: count('-') };
}

function wholeHunk(before: string, after: string) {
  const [old, now] = [linesOf(before), linesOf(after)];
  return {
    oldStart: 1,
    oldLines: old.length,
    newStart: 1,
    newLines: now.length,
    lines: [...old.map((line) => `-${line}`), ...now.map((line) => `+${line}`)],
  };
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const tones: Readonly<Record<string, Tone>> = { '+': 'good', '-': 'bad' };

/** One line with its sign, written out and folded. */
export function paintedLine(line: string, screen: Screen): string[] {
  const sign = line.slice(0, 1);
  const tone = tones[sign] ?? 'plain';
  const pieces = foldCells(visible(line.slice(1)), Math.max(screen.columns - 2, 10));
  return pieces.map((piece, index) =>
    screen.paint(tone, `${index === 0 ? sign : ' '}${index === 0 ? ' ' : '↳'}${piece}`),
  );
}

function foldCells(text: string, room: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  let cells = 0;
  for (const character of text) {
    const width = cellsOf(character);
    if (cells + width > room) {
      pieces.push(piece);
      piece = '';
      cells = 0;
    }
    piece += character;
    cells += width;
  }
  return [...pieces, piece];
}
