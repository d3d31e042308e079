import Database from 'better-sqlite3';
import type { LogCheck } from '../../core/audit/check-log.ts';
import { everyFacet, facetToken } from '../../core/audit/search-text.ts';
import { databaseError, type ReadableDatabase } from './database.ts';
import { migrations } from './migrate.ts';
import { followedThrough, wrongCount } from './rollup-check.ts';

/**
 * What stands beside the entries: the search index, the activity by hour, the schema with its triggers. None of it is
 * evidence; but a search that does not find an entry hides it, and a trigger of somebody else's changes what is recorded
 * next. So verification looks at them once the log itself was found to hold.
 */

const reindexRemedy = '`gatehouse log reindex` makes it anew from the record, which holds.';
const schemaRemedy =
  'Somebody with access to the file did this. Keep a copy as evidence and move the file away; a new log begins.';

/** What is wrong beside the log that `check` went through. */
export interface BesideFault {
  readonly what: string;
  readonly remedy: string;
}

/** Looks at the index, the activity and the schema. Undefined when all of it fits. */
export function findBesideFault(database: ReadableDatabase, check: LogCheck): BesideFault | undefined {
  try {
    const schema = foreignSchema(database);
    if (schema !== undefined) return { what: schema, remedy: schemaRemedy };
    // In one transaction: how far index and counts have come, and what they hold, must be of the same moment.
    const index = database.transaction(
      () => unfoundEntry(database, check) ?? wrongHour(database, check) ?? wrongCount(database, check),
    )();
    return index === undefined ? undefined : { what: index, remedy: reindexRemedy };
  } catch (error) {
    const { data } = databaseError(error, 'The search index cannot be read.');
    return { what: [data.what, data.why].filter((part) => part !== undefined).join(' '), remedy: reindexRemedy };
  }
}

/** Whether the index finds every entry by its kind, as far as it has come. */
function unfoundEntry(database: ReadableDatabase, check: LogCheck): string | undefined {
  const last = Math.min(check.state.seq, followedThrough(database, 'search') ?? check.state.seq);
  const later = database
    .prepare<[number, number], [string, number, number]>(
      'SELECT kind, count(*), total(seq) FROM entries WHERE seq > ? AND seq <= ? GROUP BY kind',
    )
    .raw()
    .all(last, check.state.seq);
  const notYet = new Map(later.map(([kind, entries, sum]) => [kind, { entries, sum }]));
  const count = database
    .prepare<[string, number], [number, number]>(
      'SELECT count(*), total(rowid) FROM search WHERE search MATCH ? AND rowid <= ?',
    )
    .raw();
  for (const [kind, expected] of check.kinds) {
    const match = `facets : "${facetToken('kind', kind)}"`;
    const [found, sum] = count.get(match, last) ?? [0, 0];
    const wait = notYet.get(kind);
    if (found + (wait?.entries ?? 0) === expected.count && sum + (wait?.sum ?? 0) === expected.sum) continue;
    const missing = database
      .prepare<[string, number, string], number | null>(
        `SELECT min(seq) FROM entries WHERE kind = ? AND seq <= ?
         AND seq NOT IN (SELECT rowid FROM search WHERE search MATCH ?)`,
      )
      .pluck()
      .get(kind, last, match);
    return typeof missing === 'number'
      ? `A search does not find entry ${missing} by its kind, ${kind}.`
      : `A search for the kind ${kind} finds entries that are of another.`;
  }
  const [all] = count.get(`facets : "${everyFacet}"`, last) ?? [0];
  return all === last ? undefined : `A search over everything finds ${all} of ${last} entries.`;
}

/** Searches by time rely on the activity. What was recorded since the check is beyond it. */
function wrongHour(database: ReadableDatabase, check: LogCheck): string | undefined {
  const last = check.state.seq;
  const rows = database
    .prepare<[number], [unknown, unknown, unknown, unknown]>(
      'SELECT hour, entries, first_seq, last_seq FROM activity WHERE first_seq <= ?',
    )
    .raw()
    .all(last);
  const stored = new Map(rows.map(([hour, ...numbers]) => [hour, numbers]));
  for (const [hour, { entries, first, last: lastOfHour }] of check.hours) {
    const [count, from, to] = stored.get(hour) ?? [];
    const grewSince = typeof to === 'number' && to > last;
    if (from !== first || (grewSince ? false : count !== entries || to !== lastOfHour)) {
      return `The activity of the hour ${hour} is not that of its entries, so a search by time can miss some.`;
    }
    stored.delete(hour);
  }
  return stored.size === 0 ? undefined : 'The activity counts hours in which nothing was recorded.';
}

/** The first object of the schema that is missing, changed, or not ours. */
function foreignSchema(database: ReadableDatabase): string | undefined {
  const version = Number(database.pragma('user_version', { simple: true }));
  const ours = new Database(':memory:');
  try {
    for (const { number, sql } of migrations) if (number <= version) ours.exec(sql);
    const expected = schemaOf(ours);
    const found = schemaOf(database);
    for (const [name, sql] of expected) {
      if (!found.has(name)) return `The ${name} is not there.`;
      if (found.get(name) !== sql) return `The ${name} is not as Gatehouse made it.`;
    }
    const extra = [...found.keys()].find((name) => !expected.has(name));
    return extra === undefined ? undefined : `The ${extra} is none of Gatehouse's.`;
  } finally {
    ours.close();
  }
}

function schemaOf(database: ReadableDatabase | Database.Database): Map<string, string | null> {
  const rows = database
    .prepare<[], [string, string, string | null]>('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name')
    .raw()
    .all();
  return new Map(rows.map(([type, name, sql]) => [`${type} ${name}`, sql]));
}
