import { UsageError } from '../usage-error.ts';
import { parseDurationMs } from './duration.ts';

/**
 * Reads a moment: how long ago (`2h`), a day (`2026-03-01`) or a time (`2026-03-01T09:30`, local unless it names a zone).
 * Returns RFC 3339 in UTC.
 */
export function parseMoment(text: string, nowMs: number): string {
  if (/^(\d{1,6}[smhdw])+$/u.test(text)) return new Date(nowMs - parseDurationMs(text)).toISOString();
  if (text === 'now') return new Date(nowMs).toISOString();
  const day = /^\d{4}-\d{2}-\d{2}$/u.test(text);
  const time = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/u.test(text);
  // A bare day means its beginning here; without a time JavaScript would read it as UTC.
  const ms = day ? Date.parse(`${text}T00:00`) : time ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new UsageError(`"${text}" is no moment.`, 'Write how long ago, e.g. 2h, or a time, e.g. 2026-03-01T09:30.');
  }
  return new Date(ms).toISOString();
}
