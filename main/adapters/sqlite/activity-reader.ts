import type { Activity, ActivityRequest } from '#contract/activity.ts';
import type { AuditEvent } from '#contract/audit.ts';
import { activityOf, type BarGrid, barGrid, countedBetween, noActivity } from '../../core/audit/activity.ts';
import { matches } from '../../core/audit/match-query.ts';
import type { Query } from '../../core/audit/query.ts';
import { planSearch, type SearchPlan } from '../../core/audit/search-expression.ts';
import { facetToken } from '../../core/audit/search-text.ts';
import type { ReadableDatabase } from './database.ts';
import { countedMatchesMax } from './facet-reader.ts';
import { indexLagMax } from './index-schedule.ts';

/** Numbers of matches that are read from the index in one go: a text of a few megabytes. */
const numbersAtOnce = 500_000;
const minuteMs = 60_000;

/** The entries that match, by number; all of a stretch when there is nothing to look for. */
interface Matches {
  readonly entries: readonly number[] | undefined;
  readonly allowed: readonly number[];
  readonly denied: readonly number[];
}

/** What the counts are made from besides the index. */
interface EventSource {
  /** Events that match, newest first. */
  find(query: Query): Iterable<AuditEvent>;
  /** Events between two numbers, newest first. */
  between(first: number, last: number): Iterable<AuditEvent>;
}

/** Counts every match over time, from the index alone: no entry is read but those the index has not come to. */
export class ActivityReader {
  readonly #events: EventSource;
  readonly #numbers;
  readonly #next;
  readonly #last;
  readonly #indexed;

  constructor(database: ReadableDatabase, events: EventSource) {
    this.#events = events;
    // As one text: a value a row costs several times as much.
    this.#numbers = database
      .prepare<[string, number, number, number], string>(
        `SELECT json_group_array(seq) FROM (
           SELECT rowid AS seq FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?)`,
      )
      .pluck();
    this.#next = database
      .prepare<[number], string>('SELECT at FROM entries WHERE seq >= ? ORDER BY seq LIMIT 1')
      .pluck();
    this.#last = database.prepare<[], number | null>('SELECT max(seq) FROM entries').pluck();
    this.#indexed = database.prepare<[], number>("SELECT through FROM followers WHERE name = 'search'").pluck();
  }

  /** To be called inside a transaction. */
  of(query: Query, request: Pick<ActivityRequest, 'bars' | 'offsetMinutes'>, now: number): Activity {
    const last = this.#last.get() ?? 0;
    // While the index of an older log is being made, what it lacks is more than memory has room for.
    const isIndexed = last - (this.#indexed.get() ?? 0) <= indexLagMax;
    if (!isIndexed || !query.terms.every(isInIndex)) return this.#lookedAt(query, request, now);
    const plan = planSearch(query);
    const first = Math.max(1, plan.firstSeq, plan.since === undefined ? 1 : this.#firstFrom(plan.since, 1, last));
    const end = Math.min(last, plan.lastSeq, plan.until === undefined ? last : this.#lastUntil(plan.until, last));
    if (first > end) return emptyOf(plan, request, now);
    const found = this.#matches(query, plan, first, end);
    const [oldest, newest] =
      found.entries === undefined ? [first, end] : [found.entries[0], found.entries[found.entries.length - 1]];
    if (oldest === undefined || newest === undefined) return emptyOf(plan, request, now);
    const grid = gridOf(plan, request, now, { from: this.#timeOf(oldest), to: this.#timeOf(newest) });
    const bounds = this.#boundsOf(grid, first, end);
    const { entries, allowed, denied } = found;
    return activityOf(
      grid,
      {
        entries: entries === undefined ? lengths(bounds, first, end) : countedBetween(entries, bounds),
        allowed: countedBetween(allowed, bounds),
        denied: countedBetween(denied, bounds),
      },
      true,
    );
  }

  #matches(query: Query, plan: SearchPlan, first: number, end: number): Matches {
    const indexed = this.#indexed.get() ?? 0;
    const tail = [...this.#events.between(Math.max(first, indexed + 1), end)]
      .filter((event) => matches(query, event))
      .toReversed();
    const of = (decision: 'allow' | 'deny'): number[] => {
      const facet = `(facets : "${facetToken('decision', decision)}")`;
      const match = plan.match === undefined ? facet : `(${plan.match}) AND ${facet}`;
      const late = tail.filter((event) => event.decision === decision);
      return [...this.#found(match, first, Math.min(end, indexed)), ...late.map(({ seq }) => seq)];
    };
    const { match } = plan;
    const entries =
      match === undefined
        ? undefined
        : [...this.#found(match, first, Math.min(end, indexed)), ...tail.map(({ seq }) => seq)];
    return { entries, allowed: of('allow'), denied: of('deny') };
  }

  *#found(match: string, first: number, last: number): Iterable<number> {
    for (let from = first; from <= last; ) {
      const numbers: number[] = JSON.parse(this.#numbers.get(match, from, last, numbersAtOnce) ?? '[]');
      yield* numbers;
      if (numbers.length < numbersAtOnce) return;
      from = (numbers.at(-1) ?? last) + 1;
    }
  }

  /** One by one, which has to end somewhere. */
  #lookedAt(query: Query, request: Pick<ActivityRequest, 'bars' | 'offsetMinutes'>, now: number): Activity {
    const events: Pick<AuditEvent, 'at' | 'decision'>[] = [];
    let exact = true;
    for (const { at, decision } of this.#events.find(query)) {
      if (events.length === countedMatchesMax) {
        exact = false;
        break;
      }
      events.push(decision === undefined ? { at } : { at, decision });
    }
    const plan = planSearch(query);
    const times = events.map(({ at }) => Date.parse(at));
    const [newest] = times;
    const oldest = times.at(-1);
    if (newest === undefined || oldest === undefined) return emptyOf(plan, request, now);
    const grid = gridOf(exact ? plan : { until: plan.until }, request, now, { from: oldest, to: newest });
    const bounds = grid.begins.slice(1);
    const counted = (decision?: 'allow' | 'deny'): number[] =>
      countedBetween(
        times.filter((_, index) => decision === undefined || events[index]?.decision === decision).sort(ascending),
        bounds,
      );
    return activityOf(grid, { entries: counted(), allowed: counted('allow'), denied: counted('deny') }, exact);
  }

  /** The number from which on each bar but the first has its entries. */
  #boundsOf({ begins }: BarGrid, first: number, end: number): number[] {
    const bounds: number[] = [];
    let from = first;
    for (const begin of begins.slice(1)) {
      from = this.#firstFrom(new Date(begin).toISOString(), from, end);
      bounds.push(from);
    }
    return bounds;
  }

  /** The first number between these whose entry is not older, or the one after the last. Numbers follow time. */
  #firstFrom(at: string, first: number, last: number): number {
    let [low, high] = [first, last + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#next.get(middle) ?? '~') < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #lastUntil(at: string, last: number): number {
    // Times have milliseconds, and compare as texts: nothing lies between one and what follows it.
    return this.#firstFrom(`${at}~`, 1, last) - 1;
  }

  #timeOf(seq: number): number {
    return Date.parse(this.#next.get(seq) ?? '') || 0;
  }
}

/** Whether the index alone can say which entries meet it: a path is only looked for by its words. */
function isInIndex({ negated, condition }: Query['terms'][number]): boolean {
  if (condition.field === 'path') return false;
  return !negated || !(condition.field === 'seq' || condition.field === 'since' || condition.field === 'until');
}

/** From what was asked for, or what was found, to what was asked for, or what was found. */
function gridOf(
  plan: { readonly since?: string | undefined; readonly until?: string | undefined },
  { bars, offsetMinutes = 0 }: Pick<ActivityRequest, 'bars' | 'offsetMinutes'>,
  now: number,
  found: { readonly from: number; readonly to: number },
): BarGrid {
  const from = plan.since === undefined ? found.from : Date.parse(plan.since);
  const asked = plan.until === undefined ? now : Math.min(now, Date.parse(plan.until));
  const to = plan.since === undefined && plan.until === undefined ? found.to : Math.max(asked, found.to);
  return barGrid(from, to, bars, offsetMinutes * minuteMs);
}

/** Nothing, over the time that was asked for. */
function emptyOf(plan: SearchPlan, request: Pick<ActivityRequest, 'bars' | 'offsetMinutes'>, now: number): Activity {
  if (plan.since === undefined) return noActivity;
  const from = Date.parse(plan.since);
  const none: readonly number[] = [];
  return activityOf(
    gridOf(plan, request, now, { from, to: from }),
    { entries: none, allowed: none, denied: none },
    true,
  );
}

/** How many numbers lie between the bounds, when none is left out. */
function lengths(bounds: readonly number[], first: number, end: number): number[] {
  return [...bounds, end + 1].map((bound, index) => bound - (index === 0 ? first : (bounds[index - 1] ?? first)));
}

function ascending(one: number, other: number): number {
  return one - other;
}
