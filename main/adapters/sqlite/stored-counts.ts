import type { VerifyResult } from '#contract/audit.ts';
import type { CountedField } from '../../core/audit/facets.ts';
import { countedValues } from '../../core/audit/facets.ts';
import { hourOf, Tally } from '../../core/audit/tally.ts';
import type { ReadableDatabase } from './database.ts';

type CountsResult = NonNullable<VerifyResult['counts']>;
type Row = { readonly seq: number; readonly at: string; readonly kind: string; readonly payload: string };

/** The stored counts, to be held against what the entries give. */
export class StoredCounts {
  readonly #database: ReadableDatabase;
  readonly #through;
  readonly #last;
  readonly #rows;
  readonly #rollups;
  readonly #activity;

  constructor(database: ReadableDatabase) {
    this.#database = database;
    this.#through = database.prepare<[], number>("SELECT through FROM followers WHERE name = 'rollups'").pluck();
    this.#last = database.prepare<[], number | null>('SELECT max(seq) FROM entries').pluck();
    this.#rows = database.prepare<[number, number], Row>(
      'SELECT seq, at, kind, payload FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq',
    );
    this.#rollups = database.prepare<[], { field: CountedField; value: string; entries: number }>(
      'SELECT field, value, entries FROM rollups ORDER BY field, value',
    );
    this.#activity = database.prepare<[], { hour: string; entries: number }>(
      'SELECT hour, entries FROM activity ORDER BY hour',
    );
  }

  /**
   * Compares with what was counted over the entries up to number `counted`. Entries can be recorded, counted and erased
   * while somebody goes through a log, so a difference is only told when one look at everything at once shows it too.
   */
  check(tally: Tally, counted: number): CountsResult {
    return this.#database.transaction(() => {
      const through = this.#through.get() ?? 0;
      const last = this.#last.get() ?? 0;
      this.#bringTo(tally, counted, through, last);
      if (this.#difference(tally) === undefined) return { ok: true, through };
      const again = new Tally();
      this.#bringTo(again, 0, through, last);
      const what = this.#difference(again);
      if (what === undefined) return { ok: true, through };
      return {
        ok: false,
        through,
        what,
        remedy: 'Facets mislead; searches, exports and proofs do not use these counts.',
      };
    })();
  }

  /** Values up to number `through`, hours up to number `last`. */
  #bringTo(tally: Tally, counted: number, through: number, last: number): void {
    for (const row of this.#rows.iterate(Math.min(counted, through), Math.max(last, counted))) {
      const { seq, at } = row;
      if (seq > through && seq <= counted) tally.counts.add(seq, countedValues(row), -1);
      else if (seq <= through && seq > counted) tally.counts.add(seq, countedValues(row));
      if (seq > counted) tally.addHour(hourOf(at), 1);
    }
  }

  #difference(tally: Tally): string | undefined {
    const expected = new Map<string, number>();
    for (const { field, value, entries } of tally.counts.all()) expected.set(`${field}:${value}`, entries);
    for (const { field, value, entries } of this.#rollups.iterate()) {
      const right = expected.get(`${field}:${value}`) ?? 0;
      if (right !== entries) return `${field} "${value}" is counted ${entries} times and occurs ${right} times.`;
      expected.delete(`${field}:${value}`);
    }
    for (const [name, right] of expected) return `${name} is not counted and occurs ${right} times.`;
    const hours = new Map(tally.hours);
    for (const { hour, entries } of this.#activity.iterate()) {
      const right = hours.get(hour) ?? 0;
      if (right !== entries) return `The hour ${hour} is counted with ${entries} entries and has ${right}.`;
      hours.delete(hour);
    }
    for (const [hour, right] of hours) return `The hour ${hour} is not counted and has ${right} entries.`;
    return undefined;
  }
}
