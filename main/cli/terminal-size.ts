import type { Terminal } from './terminal.ts';

/** The size of a terminal, within what a session may have. */
export function terminalSize(terminal: Terminal): { columns: number; rows: number } {
  const bounded = (value: number | undefined, otherwise: number) => Math.min(Math.max(value || otherwise, 1), 1000);
  return { columns: bounded(terminal.stdout.columns, 80), rows: bounded(terminal.stdout.rows, 24) };
}
