import type { PaneName } from './watch-state.ts';

/** The smallest terminal on which the panes are drawn. */
export const columnsMin = 50;
export const rowsMin = 12;

/** The first and the last line, and a title for each pane. */
const aroundRows = 5;

/** Rows of each pane below its title. They depend on the terminal alone: nothing that happens moves a pane. */
export function paneHeights(rows: number): Readonly<Record<PaneName, number>> {
  const body = Math.max(3, rows - aroundRows);
  const sessions = clamp(Math.round(body * 0.3), 2, 16);
  const approvals = clamp(Math.round(body * 0.25), 2, 10);
  return { sessions, approvals, timeline: Math.max(1, body - sessions - approvals) };
}

/** Panes this high have a line with the names of their columns. */
export const titledRowsMin = 5;

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
