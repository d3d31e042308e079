import { UsageError } from '../usage-error.ts';

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * Reads a length of time such as `90s`, `30m`, `1h30m`, `2d` and returns milliseconds. A number without a unit is refused:
 * nobody should have to guess whether 30 means seconds or minutes.
 */
export function parseDurationMs(text: string): number {
  const parts = [...text.matchAll(/(\d{1,6})([smhdw])/gu)];
  const whole = parts.map(([part]) => part).join('');
  if (parts.length === 0 || whole !== text) {
    throw new UsageError(
      `"${text}" is not a length of time.`,
      'Write a number with s, m, h, d or w, e.g. 30m or 1h30m.',
    );
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? 0), 0);
}
