import type { BreakerName } from '#contract/breaker.ts';

/** One breaker, as data. */
export interface BreakerDefinition {
  readonly name: BreakerName;
  /** `sum`: what happened within the window. `level`: what is there at one moment. */
  readonly kind: 'sum' | 'level';
  /** What is counted, in words. */
  readonly counts: string;
  readonly unit: 'files' | 'denials' | 'bytes' | 'processes' | 'requests';
  /** How far back is counted, in milliseconds; 0 for a level. */
  readonly windowMs: number;
  /** Trips when this much was counted. */
  readonly threshold: number;
  /** Why that stops a session, for the person who is asked. */
  readonly reason: string;
}

/**
 * The breakers and their defaults. Ordinary work stays below: an installation of a thousand packages, a build with sixty-four jobs, a
 * `configure` script, removing what a build made (`isGenerated`), a push of a large repository.
 */
export const breakerDefinitions: readonly BreakerDefinition[] = [
  {
    name: 'deletions',
    kind: 'sum',
    counts: 'files of the workspace that were there before the session and are gone, and were not made by a build',
    unit: 'files',
    windowMs: 10_000,
    threshold: 200,
    reason: 'many files that were there before it began are gone within seconds',
  },
  {
    name: 'denials',
    kind: 'sum',
    counts: 'connections and requests that were denied, but for what its agent is known to call in vain',
    unit: 'denials',
    windowMs: 30_000,
    threshold: 100,
    reason: 'it goes on asking for what it is denied, as something does that looks for a way out',
  },
  {
    name: 'bytes-out',
    kind: 'sum',
    counts: 'bytes sent to hosts',
    unit: 'bytes',
    windowMs: 60_000,
    threshold: 100 * 1024 * 1024,
    reason: 'it sends much more than questions and answers',
  },
  {
    name: 'processes',
    kind: 'level',
    counts: 'processes that are there at once',
    unit: 'processes',
    windowMs: 0,
    threshold: 400,
    reason: 'so many processes at once are seldom meant',
  },
  {
    name: 'starts',
    kind: 'sum',
    counts: 'processes and threads that were started',
    unit: 'processes',
    windowMs: 10_000,
    threshold: 30_000,
    reason: 'it does little but start processes',
  },
  {
    name: 'requests',
    kind: 'sum',
    counts: 'connections and requests that were asked for, allowed or not',
    unit: 'requests',
    windowMs: 10_000,
    threshold: 5000,
    reason: 'it asks hosts far more often than installing packages does',
  },
];

/** The definition of a name. */
export function breakerOf(name: BreakerName): BreakerDefinition {
  const found = breakerDefinitions.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no breaker ${name}`);
  return found;
}
