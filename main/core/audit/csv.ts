import type { AuditEvent } from '#contract/audit.ts';

/** Columns of the CSV export, in order. */
export const csvColumns = [
  'seq', 'at', 'kind', 'agent', 'session', 'task', 'action', 'resource', 'decision', 'reason', 'summary', 'detail', 'hash',
] as const; // biome-ignore format: one list

/** The header line. */
export function csvHeader(): string {
  return `${csvColumns.join(',')}\r\n`;
}

/** One event as a line of RFC 4180; resource and detail are JSON. */
export function csvLine(event: AuditEvent): string {
  const cells = csvColumns.map((column) => {
    const value = event[column];
    return cell(value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value));
  });
  return `${cells.join(',')}\r\n`;
}

/**
 * Quoted where needed. A cell that a spreadsheet would take for a formula gets an apostrophe in front: an agent chooses
 * file names, and a person opens the export.
 */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
