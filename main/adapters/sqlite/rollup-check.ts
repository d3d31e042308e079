import type { LogCheck } from '../../core/audit/check-log.ts';
import { countedValues, FacetCounts } from '../../core/audit/facets.ts';
import type { ReadableDatabase } from './database.ts';

/** Up to which number index or counts have come; undefined for a log from before they followed the entries. */
export function followedThrough(database: ReadableDatabase, name: 'search' | 'rollups'): number | undefined {
  const there = database.prepare<[], number>("SELECT count(*) FROM sqlite_schema WHERE name = 'followers'").pluck();
  if (there.get() === 0) return undefined;
  return database.prepare<[string], number>('SELECT through FROM followers WHERE name = ?').pluck().get(name) ?? 0;
}

/**
 * The first stored count that is not what the entries give. Entries can be recorded, counted and erased while somebody goes
 * through a log, so a difference is only told when one look at everything at once shows it too. To be called inside a transaction.
 */
export function wrongCount(database: ReadableDatabase, check: LogCheck): string | undefined {
  const through = followedThrough(database, 'rollups');
  if (through === undefined) return undefined;
  const misplaced = wrongFollower(database);
  if (misplaced !== undefined) return misplaced;
  const counts = new FacetCounts();
  counts.addAll(check.counts.all());
  bringTo(database, counts, check.state.seq, through);
  if (difference(database, counts) === undefined) return undefined;
  const again = new FacetCounts();
  bringTo(database, again, 0, through);
  return difference(database, again);
}

/** One that says it has come further than there are entries would leave later ones out of searches. */
function wrongFollower(database: ReadableDatabase): string | undefined {
  const last = database.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM entries').pluck().get() ?? 0;
  const rows = database.prepare<[], { name: string; through: number }>('SELECT name, through FROM followers').all();
  for (const name of ['search', 'rollups']) {
    const through = rows.find((row) => row.name === name)?.through;
    if (through === undefined) return `How far ${name} has come is not on record.`;
    if (through > last) return `The follower ${name} says it has come to entry ${through}, and the last is ${last}.`;
  }
  return undefined;
}

/** From the entries up to number `from` to those up to number `to`. */
function bringTo(database: ReadableDatabase, counts: FacetCounts, from: number, to: number): void {
  const rows = database
    .prepare<[number, number], { seq: number; kind: string; payload: string }>(
      'SELECT seq, kind, payload FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq',
    )
    .iterate(Math.min(from, to), Math.max(from, to));
  for (const row of rows) counts.add(row.seq, countedValues(row), to > from ? 1 : -1);
}

function difference(database: ReadableDatabase, counts: FacetCounts): string | undefined {
  const expected = new Map<string, number>();
  for (const { field, value, entries } of counts.all()) expected.set(`${field}:${value}`, entries);
  const stored = database
    .prepare<[], { field: string; value: string; entries: number }>(
      'SELECT field, value, entries FROM rollups ORDER BY field, value',
    )
    .iterate();
  for (const { field, value, entries } of stored) {
    const right = expected.get(`${field}:${value}`) ?? 0;
    if (right !== entries) return `${field} "${value}" is counted ${entries} times and occurs ${right} times.`;
    expected.delete(`${field}:${value}`);
  }
  for (const [name, right] of expected) return `${name} is not counted and occurs ${right} times.`;
  return undefined;
}
