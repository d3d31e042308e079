import type { AuditEvent, Facets } from '#contract/audit.ts';

/** What was recorded in one stretch of time. */
export interface Bar {
  /** Its beginning, milliseconds since 1970. */
  readonly at: number;
  readonly allowed: number;
  readonly denied: number;
  /** What is no decision; and everything, where decisions were not counted apart. */
  readonly other: number;
}

/** The chart of one query. */
export interface Activity {
  readonly stepMs: number;
  readonly bars: readonly Bar[];
  /** Before this moment decisions are not counted apart from the rest. */
  readonly decisionsFrom?: number;
  /** Only the newest entries are counted at all. */
  readonly partial: boolean;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const steps = [1, 5, 15, 60, 6 * 60, 24 * 60, 7 * 24 * 60].map((minutes) => minutes * minuteMs);
/** Bars that are told apart at the width the chart has. */
const barsMax = 180;
/** Bars at least, so that a single one is no wall. */
const barsMin = 40;

/** Of all events of a query, when they are few: by the minute, or coarser. */
export function activityOfEvents(events: readonly AuditEvent[]): Activity {
  const counts = events.map(({ at, decision }) => ({
    at: Math.floor(Date.parse(at) / minuteMs) * minuteMs,
    allowed: decision === 'allow' ? 1 : 0,
    denied: decision === 'deny' ? 1 : 0,
    other: decision === undefined ? 1 : 0,
  }));
  return { ...barsOf(counts, minuteMs), partial: false };
}

/** Of counts by the hour: of everything, and of what was allowed and denied. */
export function activityOfHours(
  all: Pick<Facets, 'activity' | 'exact'>,
  allowed: Pick<Facets, 'activity' | 'exact'>,
  denied: Pick<Facets, 'activity' | 'exact'>,
): Activity {
  // Counted from the newest backwards: the oldest hour of a partial count is cut somewhere in its middle.
  const sureFrom = [allowed, denied]
    .filter(({ exact }) => !exact)
    .map(({ activity }) => hourAt(activity[0]?.hour ?? '') + hourMs)
    .reduce((latest, each) => Math.max(latest, each), Number.NEGATIVE_INFINITY);
  const allowedIn = new Map(allowed.activity.map(({ hour, entries }) => [hour, entries]));
  const deniedIn = new Map(denied.activity.map(({ hour, entries }) => [hour, entries]));
  const counts = all.activity.map(({ hour, entries }) => {
    const at = hourAt(hour);
    const yes = at < sureFrom ? 0 : (allowedIn.get(hour) ?? 0);
    const no = at < sureFrom ? 0 : (deniedIn.get(hour) ?? 0);
    // Entries may have come between the three counts.
    return { at, allowed: yes, denied: no, other: Math.max(0, entries - yes - no) };
  });
  const isCut = Number.isFinite(sureFrom) && counts.some(({ at }) => at < sureFrom);
  return { ...barsOf(counts, hourMs), partial: !all.exact, ...(isCut ? { decisionsFrom: sureFrom } : {}) };
}

function hourAt(hour: string): number {
  return Date.parse(`${hour}:00:00Z`);
}

/** One bar for each step between the first and the last, with none left out, so that a pause looks like one. */
function barsOf(counts: readonly Bar[], finestMs: number): { stepMs: number; bars: readonly Bar[] } {
  if (counts.length === 0) return { stepMs: finestMs, bars: [] };
  const first = counts.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = counts.reduce((most, { at }) => Math.max(most, at), 0);
  const coarsest = steps.at(-1) ?? finestMs;
  const stepMs = steps.find((step) => step >= finestMs && (last - first) / step < barsMax) ?? coarsest;
  const end = Math.floor(last / stepMs);
  const begin = Math.max(Math.min(Math.floor(first / stepMs), end - barsMin + 1), end - 4 * barsMax);
  const bars = Array.from({ length: end - begin + 1 }, (_, index) => ({
    at: (begin + index) * stepMs,
    allowed: 0,
    denied: 0,
    other: 0,
  }));
  for (const { at, allowed, denied, other } of counts) {
    const bar = bars[Math.floor(at / stepMs) - begin];
    if (bar === undefined) continue;
    bar.allowed += allowed;
    bar.denied += denied;
    bar.other += other;
  }
  return { stepMs, bars };
}

/** What the chart shows, in words. */
export function activityWords({ bars, stepMs, decisionsFrom, partial }: Activity): string {
  const [first, last] = [bars.find((bar) => heightOf(bar) > 0), bars.at(-1)];
  if (first === undefined || last === undefined) return 'Nothing was recorded.';
  const sum = (field: 'allowed' | 'denied' | 'other') => bars.reduce((total, bar) => total + bar[field], 0);
  const total = sum('allowed') + sum('denied') + sum('other');
  const busiest = bars.reduce((most, bar) => (heightOf(bar) > heightOf(most) ? bar : most), first);
  const words = [
    `From ${momentText(first.at)} to ${momentText(last.at + stepMs)}: ${count(total)} ${total === 1 ? 'entry' : 'entries'}, ${count(sum('denied'))} blocked, ${count(sum('allowed'))} allowed.`,
    `Busiest at ${momentText(busiest.at)} with ${count(heightOf(busiest))}.`,
  ];
  if (decisionsFrom !== undefined) words.push(`Decisions are told apart from ${momentText(decisionsFrom)} on.`);
  if (partial) words.push('Only the newest 10,000 are counted.');
  return words.join(' ');
}

function heightOf({ allowed, denied, other }: Bar): number {
  return allowed + denied + other;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** A moment of the chart on the person's clock. */
export function momentText(at: number): string {
  return new Date(at).toLocaleString([], {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
}
