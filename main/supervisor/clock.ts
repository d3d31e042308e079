import { randomBytes } from 'node:crypto';
import { uptime } from 'node:os';

/** The two things core must be given: time and randomness. Real ones here; tests of core pass their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since the machine started, suspended time included (clock_gettime(2), CLOCK_BOOTTIME); never set back. */
  steady(): number;
  random(bytes: number): Uint8Array;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => uptime() * 1000,
  random: (bytes) => randomBytes(bytes),
};

/** RFC 3339, UTC, milliseconds. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
