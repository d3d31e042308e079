/** How far back a strip reaches. */
export const stripMs = 60_000;
/** Parts of it. */
export const bucketCount = 30;
/** Moments of one session that are remembered; a session that does more than this in a minute is busy, whatever the number. */
export const momentsMax = 2000;

/** One thing a session did. */
export interface Moment {
  readonly atMs: number;
  readonly blocked: boolean;
}

/** What happened in one part of a strip. */
export interface Bucket {
  readonly done: number;
  readonly blocked: number;
}

/** The last minute before `nowMs` in equal parts, the oldest first. What is in the future counts as now. */
export function bucketsOf(moments: readonly Moment[], nowMs: number): readonly Bucket[] {
  const buckets = Array.from({ length: bucketCount }, () => ({ done: 0, blocked: 0 }));
  for (const { atMs, blocked } of moments) {
    const ageMs = Math.max(0, nowMs - atMs);
    if (ageMs >= stripMs) continue;
    const bucket = buckets[bucketCount - 1 - Math.floor((ageMs / stripMs) * bucketCount)];
    if (bucket === undefined) continue;
    if (blocked) bucket.blocked += 1;
    else bucket.done += 1;
  }
  return buckets;
}

/** A strip in words: `12 events in the last minute, 2 of them blocked`. */
export function stripWords(buckets: readonly Bucket[]): string {
  const blocked = buckets.reduce((sum, each) => sum + each.blocked, 0);
  const all = blocked + buckets.reduce((sum, each) => sum + each.done, 0);
  if (all === 0) return 'Nothing in the last minute';
  const events = `${all} ${all === 1 ? 'event' : 'events'} in the last minute`;
  return blocked === 0 ? events : `${events}, ${blocked} blocked`;
}

/** Height of a bar from 0 to 1: one event is seen, a hundred do not hide it. */
export function barHeight(count: number): number {
  return count === 0 ? 0 : Math.min(1, 0.2 + Math.log10(count) * 0.4);
}

/** Adds moments, the oldest first, and forgets what a strip no longer reaches. */
export function remember(known: readonly Moment[], added: readonly Moment[], nowMs: number): readonly Moment[] {
  return [...known, ...added].filter(({ atMs }) => nowMs - atMs < stripMs).slice(-momentsMax);
}
