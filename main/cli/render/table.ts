import type { Screen, Tone } from './screen.ts';
import { cellsOf, cutEnd, cutMiddle, padEnd } from './width.ts';

/** One column of a table. */
export interface Column {
  readonly title: string;
  /** May shrink to fit the line: text loses its end, paths their middle. At most one of each makes sense. */
  readonly shrink?: 'end' | 'middle';
  readonly alignEnd?: boolean;
  /** Left out, the last one first, where a terminal has no room for it even when others have shrunk. */
  readonly optional?: boolean;
}

/** A cell; its text has gone through `visible`. */
export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

const gap = 2;
/** A shrinking column keeps at least this many cells. */
const shrunkCellsMin = 12;

/**
 * Lays rows out in aligned columns. On a terminal columns shrink, then some are left out, until a row fits one line; elsewhere nothing is cut,
 * because the reader is a program.
 */
export function renderTable(screen: Screen, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const widths = columns.map((column, index) =>
    Math.max(cellsOf(column.title), ...rows.map((row) => cellsOf(row[index]?.text ?? ''))),
  );
  if (screen.terminal && shrinkToFit(columns, widths, screen.columns) > 0) {
    const left = columns.findLastIndex(({ optional }) => optional === true);
    const without = <T>(all: readonly T[]): T[] => all.filter((_, index) => index !== left);
    if (left !== -1) return renderTable(screen, without(columns), rows.map(without));
  }
  const line = (cells: readonly Cell[], title: boolean) =>
    columns
      .map((column, index) => {
        const width = widths[index] ?? 0;
        const cell = cells[index] ?? { text: '' };
        const text = screen.terminal ? cutTo(cell.text, width, column.shrink ?? 'end') : cell.text;
        const filled = column.alignEnd ? ' '.repeat(Math.max(0, width - cellsOf(text))) + text : padEnd(text, width);
        return screen.paint(
          title ? 'dim' : (cell.tone ?? 'plain'),
          index === columns.length - 1 ? filled.trimEnd() : filled,
        );
      })
      .join(' '.repeat(gap))
      .trimEnd();
  const titles = columns.map(({ title }) => ({ text: title }));
  return [line(titles, true), ...rows.map((row) => line(row, false))].map((text) => `${text}\n`).join('');
}

/** Makes columns narrower; returns how many cells a row still is too wide. */
function shrinkToFit(columns: readonly Column[], widths: number[], cellsMax: number): number {
  let over = widths.reduce((sum, width) => sum + width, gap * (columns.length - 1)) - cellsMax;
  // The widest gives first, cell by cell, so that none is crushed while another is roomy.
  while (over > 0) {
    let widest = -1;
    columns.forEach((column, index) => {
      const width = widths[index] ?? 0;
      if (column.shrink !== undefined && width > shrunkCellsMin && width > (widths[widest] ?? 0)) widest = index;
    });
    if (widest === -1) return over;
    widths[widest] = (widths[widest] ?? 0) - 1;
    over -= 1;
  }
  return 0;
}

function cutTo(text: string, width: number, shrink: 'end' | 'middle'): string {
  return shrink === 'middle' ? cutMiddle(text, width) : cutEnd(text, width);
}
