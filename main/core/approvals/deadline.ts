/**
 * Guarantee: a time span ends when either clock says so, so neither setting the wall clock back nor a suspended machine
 * makes it longer.
 * Threat: an agent or a program of the person's that sets the clock; a laptop that sleeps through the end of a grant.
 * Limits: a wall clock that is set forward ends spans early, which denies.
 */

/** This moment on both clocks. Milliseconds. */
export interface Moment {
  /** Since 1970, as the machine's clock shows it. */
  readonly wall: number;
  /** Since some fixed moment; never set back. */
  readonly steady: number;
}

/** The end of a time span, on both clocks. */
export type Deadline = Moment;

/** The end of a span of `ms` that begins at `from`. */
export function deadlineAfter(from: Moment, ms: number): Deadline {
  return { wall: from.wall + ms, steady: from.steady + ms };
}

/** Whether the span is over. */
export function isPast(deadline: Deadline, at: Moment): boolean {
  return at.wall >= deadline.wall || at.steady >= deadline.steady;
}

/** How long it still lasts at most; zero when it is over. */
export function msLeft(deadline: Deadline, at: Moment): number {
  return Math.max(0, Math.min(deadline.wall - at.wall, deadline.steady - at.steady));
}
