import { type AuditEvent, type Facets, facetFields } from '#contract/audit.ts';
import { type Count, type CountedField, countedValues, countedValuesOf, FacetCounts } from '../../core/audit/facets.ts';
import type { ReadableDatabase } from './database.ts';
import { indexLagMax } from './index-schedule.ts';

/** Matches of a query that are counted; beyond, numbers mean "at least". */
export const countedMatchesMax = 10_000;

/** Characters of a time up to its hour. */
const hourCharacters = 13;

/** Hours of activity that are given: a month. */
const hoursMax = 744;

/** Newest first, or most often first. The value decides where that is the same, so that the order never changes by itself. */
type Order = (one: [string, Count], other: [string, Count]) => number;
const oftenest: Order = ([a, one], [b, other]) => other.entries - one.entries || (a < b ? -1 : 1);
const newest: Order = ([a, one], [b, other]) => other.lastSeq - one.lastSeq || (a < b ? -1 : 1);

/** Answers how often which values occur. To be called inside a transaction. */
export class FacetReader {
  readonly #counted;
  readonly #total;
  readonly #rest;
  readonly #activity;
  readonly #oftenest;
  readonly #newestSessions;
  readonly #one;

  constructor(database: ReadableDatabase) {
    this.#counted = database.prepare<[], number>("SELECT through FROM followers WHERE name = 'rollups'").pluck();
    this.#total = database.prepare<[], number | null>("SELECT sum(entries) FROM rollups WHERE field = 'kind'").pluck();
    this.#rest = database.prepare<[number, number], { seq: number; kind: string; payload: string }>(
      'SELECT seq, kind, payload FROM entries WHERE seq > ? ORDER BY seq DESC LIMIT ?',
    );
    this.#activity = database.prepare<[number], { hour: string; entries: number }>(
      'SELECT hour, entries FROM activity ORDER BY hour DESC LIMIT ?',
    );
    this.#oftenest = database.prepare<[string, number], CountRow>(
      'SELECT value, entries, last_seq FROM rollups WHERE field = ? ORDER BY entries DESC, value LIMIT ?',
    );
    this.#newestSessions = database.prepare<[number], CountRow>(
      "SELECT value, entries, last_seq FROM rollups WHERE field = 'session' ORDER BY last_seq DESC LIMIT ?",
    );
    this.#one = database.prepare<[string, string], CountRow>(
      'SELECT value, entries, last_seq FROM rollups WHERE field = ? AND value = ?',
    );
  }

  /** Over the whole log: what is counted already, and the rest entry by entry. */
  all(limit: number): Facets {
    const rest = new FacetCounts();
    let read = 0;
    for (const entry of this.#rest.iterate(this.#counted.get() ?? 0, indexLagMax + 1)) {
      read += 1;
      // More is only there while the counts of an older log are being made.
      if (read <= indexLagMax) rest.add(entry.seq, countedValues(entry));
    }
    const fields = facetFields.map((field) => {
      const values = new Map<string, Count>();
      const stored = field === 'session' ? this.#newestSessions.all(limit + 1) : this.#oftenest.all(field, limit + 1);
      for (const row of stored) values.set(row.value, countOf(row));
      for (const { value, entries, lastSeq } of rest.of(field)) {
        const row = values.get(value) ?? countOf(this.#one.get(field, value));
        values.set(value, { entries: row.entries + entries, lastSeq: Math.max(row.lastSeq, lastSeq) });
      }
      return listed(field, values, limit);
    });
    const activity = this.#activity.all(hoursMax).toReversed();
    const exact = read <= indexLagMax;
    return { entries: (this.#total.get() ?? 0) + Math.min(read, indexLagMax), exact, fields, activity };
  }

  /** Over these events, newest first. */
  of(events: Iterable<AuditEvent>, limit: number): Facets {
    const counts = new FacetCounts();
    const hours = new Map<string, number>();
    let entries = 0;
    let exact = true;
    for (const event of events) {
      if (entries === countedMatchesMax) {
        exact = false;
        break;
      }
      entries += 1;
      counts.add(event.seq, countedValuesOf(event));
      const hour = event.at.slice(0, hourCharacters);
      hours.set(hour, (hours.get(hour) ?? 0) + 1);
    }
    const fields = facetFields.map((field) =>
      listed(field, new Map([...counts.of(field)].map(({ value, ...count }) => [value, count])), limit),
    );
    const activity = [...hours]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .slice(-hoursMax)
      .map(([hour, number]) => ({ hour, entries: number }));
    return { entries, exact, fields, activity };
  }
}

interface CountRow {
  readonly value: string;
  readonly entries: number;
  readonly last_seq: number;
}

function countOf(row: CountRow | undefined): Count {
  return { entries: row?.entries ?? 0, lastSeq: row?.last_seq ?? 0 };
}

function listed(field: CountedField, values: ReadonlyMap<string, Count>, limit: number): Facets['fields'][number] {
  const sorted = [...values].sort(field === 'session' ? newest : oftenest);
  return {
    field,
    values: sorted.slice(0, limit).map(([value, { entries }]) => ({ value, entries })),
    more: sorted.length > limit,
  };
}
