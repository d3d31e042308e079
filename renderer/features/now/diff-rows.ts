import type { DiffHunk, DiffLine } from '#contract/session-diff.ts';
import { type VisiblePiece, visiblePieces } from '#contract/text/visible.ts';

/** One row of a drawn diff: a line with its numbers, or where the next lines are. */
export type DiffRow =
  | { readonly kind: 'where'; readonly words: string }
  | {
      readonly kind: 'line';
      readonly sign: DiffLine['sign'];
      /** Absent on the side that does not have the line. */
      readonly oldLine: number | undefined;
      readonly newLine: number | undefined;
      readonly pieces: readonly VisiblePiece[];
      /** Said behind it: what is left out, or that it does not end. */
      readonly remark: string | undefined;
      /** Columns that it takes, about. */
      readonly columns: number;
    };

/** Columns from one tab stop to the next; `tab-size` in file-diff.css. */
const tabColumns = 4;

/** All rows of a diff. */
export function diffRows(hunks: readonly DiffHunk[]): readonly DiffRow[] {
  return hunks.flatMap(({ oldStart, newStart, lines }, index): DiffRow[] => {
    let [oldLine, newLine] = [oldStart, newStart];
    const begins = oldStart === 1 && newStart === 1 && index === 0;
    const where: DiffRow[] = begins ? [] : [{ kind: 'where', words: `Line ${newStart}` }];
    return [
      ...where,
      ...lines.map(({ sign, text, cut, endless }): DiffRow => {
        const numbers = {
          oldLine: sign === '+' ? undefined : oldLine,
          newLine: sign === '-' ? undefined : newLine,
        };
        if (sign !== '+') oldLine += 1;
        if (sign !== '-') newLine += 1;
        const pieces = linePieces(text);
        const remark = remarkOf(cut, endless);
        const columns = columnsOf(pieces) + (remark === undefined ? 0 : remark.length + 2);
        return { kind: 'line', sign, ...numbers, pieces, remark, columns };
      }),
    ];
  });
}

/** Tabs stay what they are: inside a line of a fixed face they hide and move nothing. */
function linePieces(text: string): VisiblePiece[] {
  return visiblePieces(text).map((piece) =>
    piece.written && piece.text === '\\t' ? { text: '\t', written: false } : piece,
  );
}

function columnsOf(pieces: readonly VisiblePiece[]): number {
  let columns = 0;
  for (const { text } of pieces) columns += text === '\t' ? tabColumns : text.length;
  return columns;
}

function remarkOf(cut: number | undefined, endless: true | undefined): string | undefined {
  const remarks = [
    ...(cut === undefined ? [] : [`… and ${cut} more characters`]),
    ...(endless === true ? ['no newline at its end'] : []),
  ];
  return remarks.length === 0 ? undefined : remarks.join('; ');
}
