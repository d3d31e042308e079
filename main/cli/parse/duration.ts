import { spanMs } from '#contract/text/span.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Reads a length of time such as `90s`, `30m`, `1h30m`, `2d` and returns milliseconds. A number without a unit is refused:
 * nobody should have to guess whether 30 means seconds or minutes.
 */
export function parseDurationMs(text: string): number {
  const ms = spanMs(text);
  if (ms !== undefined) return ms;
  throw new UsageError(`"${text}" is not a length of time.`, 'Write a number with s, m, h, d or w, e.g. 30m or 1h30m.');
}
