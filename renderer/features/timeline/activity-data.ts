import type { Activity } from '#contract/activity.ts';

/** Bars that are told apart at the width the chart has. */
export const chartBars = 370;
/** Bars at least, so that a single one is no wall. */
const barsMin = 40;

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const dayMs = 24 * 60 * minuteMs;

/** One part of the chart. */
export type Bar = Activity['bars'][number];

/** The bars that are drawn: what was counted, after as many empty ones as it takes to look like a course of time. */
export function drawnBars({ bars, stepMs }: Activity): readonly Bar[] {
  const [first] = bars;
  if (first === undefined) return [];
  const missing = Math.max(0, barsMin - bars.length);
  const before = Array.from({ length: missing }, (_, index) => ({
    at: first.at - (missing - index) * stepMs,
    entries: 0,
    allowed: 0,
    denied: 0,
  }));
  return [...before, ...bars];
}

/** Of the highest bar, as much as can still be seen. */
const leastShare = 0.04;

/** How high the parts of a bar reach, one upon the other. */
export interface BarHeights {
  readonly denied: number;
  readonly allowed: number;
  readonly all: number;
}

/** What is in a bar is seen in it, however high another one is: one denial among ten thousand changes is what one looks for. */
export function heightsOf(bars: readonly Bar[]): readonly BarHeights[] {
  const least = leastShare * bars.reduce((most, { entries }) => Math.max(most, entries), 0);
  const seen = (count: number): number => (count === 0 ? 0 : Math.max(count, least));
  return bars.map(({ entries, allowed, denied }) => {
    const red = seen(denied);
    const green = red + seen(allowed);
    return { denied: red, allowed: green, all: green + seen(entries - allowed - denied) };
  });
}

/** What the chart shows, in words. */
export function activityWords(activity: Activity, nowMs = Number.POSITIVE_INFINITY): string {
  const { bars, stepMs, entries, allowed, denied, exact } = activity;
  const filled = bars.filter((bar) => bar.entries > 0);
  const [first, last] = [filled[0], filled.at(-1)];
  if (first === undefined || last === undefined) return 'Nothing was recorded.';
  const busiest = filled.reduce((most, bar) => (bar.entries > most.entries ? bar : most), first);
  const end = last.at + stepMs > nowMs ? 'now' : momentText(last.at + stepMs, stepMs);
  const words = [
    `From ${momentText(first.at, stepMs)} to ${end}: ${count(entries)} ${entries === 1 ? 'entry' : 'entries'}, ${count(denied)} blocked, ${count(allowed)} allowed.`,
  ];
  if (filled.length > 1) words.push(`Busiest at ${momentText(busiest.at, stepMs)} with ${count(busiest.entries)}.`);
  if (!exact) words.push('Of a path, only the newest 10,000 are counted.');
  return words.join(' ');
}

/** What the bars of a stretch show together, in words. */
export function brushWords({ anchor, focus }: Brush, bars: readonly Bar[], stepMs: number): string {
  const chosen = bars.slice(Math.min(anchor, focus), Math.max(anchor, focus) + 1);
  const sum = (field: 'entries' | 'allowed' | 'denied') => chosen.reduce((total, bar) => total + bar[field], 0);
  const [begin, end] = [chosen[0]?.at ?? 0, (chosen.at(-1)?.at ?? 0) + stepMs];
  const when = `${momentText(begin, stepMs)} to ${momentText(end, stepMs)}`;
  const entries = sum('entries');
  if (entries === 0) return `${when}: nothing`;
  return `${when}: ${count(entries)} ${entries === 1 ? 'entry' : 'entries'}, ${count(sum('denied'))} blocked, ${count(sum('allowed'))} allowed`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** A moment of the chart on the person's clock, as exact as its bars. */
export function momentText(at: number, stepMs: number): string {
  return new Date(at).toLocaleString([], {
    day: 'numeric',
    month: 'short',
    ...(stepMs >= dayMs ? {} : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    ...(stepMs < minuteMs ? { second: '2-digit' } : {}),
  });
}

/** A moment of the axis between `spacingMs` apart: as much of it as differs from the one before. */
export function axisText(at: number, spacingMs: number): string {
  const moment = new Date(at);
  if (spacingMs >= 300 * dayMs) return String(moment.getFullYear());
  const isMidnight = moment.getHours() === 0 && moment.getMinutes() === 0 && moment.getSeconds() === 0;
  if (isMidnight || spacingMs >= dayMs) return moment.toLocaleDateString([], { day: 'numeric', month: 'short' });
  return moment.toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(spacingMs < minuteMs ? { second: '2-digit' } : {}),
  });
}

/** A stretch of bars that is chosen by keyboard: from the bar it began at to the one the keys are on. */
export interface Brush {
  readonly anchor: number;
  readonly focus: number;
}

/** Where the keys lead: arrows by a bar, with shift they widen the stretch; undefined for a key that is none of the chart's. */
export function brushAfter(brush: Brush, key: string, wide: boolean, bars: number): Brush | undefined {
  const ten = Math.max(1, Math.round(bars / 10));
  const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -ten, PageDown: ten, Home: -bars, End: bars }[key];
  if (step === undefined) return undefined;
  const focus = Math.max(0, Math.min(bars - 1, brush.focus + step));
  return { anchor: wide ? brush.anchor : focus, focus };
}

/** The time that a stretch of bars covers, both ends included. */
export function brushedRange(
  { anchor, focus }: Brush,
  bars: readonly Bar[],
  stepMs: number,
): { since: string; until: string } {
  const [first, last] = [Math.min(anchor, focus), Math.max(anchor, focus)];
  const begin = bars[first]?.at ?? 0;
  const end = (bars[last]?.at ?? begin) + stepMs - 1;
  return { since: new Date(begin).toISOString(), until: new Date(end).toISOString() };
}
