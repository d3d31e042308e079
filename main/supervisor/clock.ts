import { randomBytes } from 'node:crypto';

/** The two things core must be given: time and randomness. Real ones here; tests of core pass their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  random(bytes: number): Uint8Array;
}

export const systemClock: Clock = { now: () => Date.now(), random: (bytes) => randomBytes(bytes) };

/** RFC 3339, UTC, milliseconds. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
