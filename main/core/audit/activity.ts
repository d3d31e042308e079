import type { Activity } from '#contract/activity.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Lengths that people think in. Of longer times, bars are so many weeks. */
const stepsMs = [
  ...[1, 5, 15].map((seconds) => seconds * secondMs),
  ...[1, 5, 15].map((minutes) => minutes * minuteMs),
  ...[1, 6].map((hours) => hours * hourMs),
  ...[1, 7].map((days) => days * dayMs),
];
const weekMs = 7 * dayMs;

/** Where bars begin and how long they are. */
export interface BarGrid {
  readonly stepMs: number;
  /** Of each bar, its beginning; oldest first, without a gap. */
  readonly begins: readonly number[];
}

/** The finest bars of a length people think in that cover the time from `from` to `to`, at most `bars` of them. */
export function barGrid(from: number, to: number, bars: number, offsetMs = 0): BarGrid {
  const last = Math.max(from, to);
  const fits = (step: number): boolean => barOf(last, step, offsetMs) - barOf(from, step, offsetMs) < bars;
  let stepMs = stepsMs.find(fits);
  for (let weeks = 2; stepMs === undefined; weeks *= 2) stepMs = fits(weeks * weekMs) ? weeks * weekMs : undefined;
  const first = barOf(from, stepMs, offsetMs);
  const count = barOf(last, stepMs, offsetMs) - first + 1;
  const step = stepMs;
  return { stepMs, begins: Array.from({ length: count }, (_, index) => (first + index) * step - offsetMs) };
}

function barOf(at: number, stepMs: number, offsetMs: number): number {
  return Math.floor((at + offsetMs) / stepMs);
}

/** How many of the ascending numbers come before each bound, bound by bound, and after the last: one number more than bounds. */
export function countedBetween(numbers: Iterable<number>, bounds: readonly number[]): number[] {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  let at = 0;
  for (const number of numbers) {
    while (at < bounds.length && number >= (bounds[at] ?? 0)) at += 1;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** Bars with what was counted in each, and the sums of all. */
export function activityOf(
  grid: BarGrid,
  counted: Readonly<Record<'entries' | 'allowed' | 'denied', readonly number[]>>,
  exact: boolean,
): Activity {
  const sum = (list: readonly number[]): number => list.reduce((total, each) => total + each, 0);
  const { entries, allowed, denied } = counted;
  return {
    entries: sum(entries),
    allowed: sum(allowed),
    denied: sum(denied),
    exact,
    stepMs: grid.stepMs,
    bars: grid.begins.map((at, index) => ({
      at,
      entries: entries[index] ?? 0,
      allowed: allowed[index] ?? 0,
      denied: denied[index] ?? 0,
    })),
  };
}

/** What nothing matches. */
export const noActivity: Activity = { entries: 0, allowed: 0, denied: 0, exact: true, stepMs: minuteMs, bars: [] };
