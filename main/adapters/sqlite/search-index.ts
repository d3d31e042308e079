import { newEventSchema } from '#contract/audit.ts';
import type { LogCheck } from '../../core/audit/check-log.ts';
import { everyFacet, facetText, facetToken, foldText, searchText } from '../../core/audit/search-text.ts';
import { databaseError, type ReadableDatabase, type WritableDatabase } from './database.ts';
import { membersOf } from './erase-payloads.ts';

/**
 * The search index beside the entries. It is worked out from them, so it is no evidence and can be made anew; but a search
 * that does not find an entry hides it, so verification looks whether it finds every one.
 */

/** Entries put into the index in one transaction: others are written in between. */
const reindexBatchEntries = 250;

/**
 * Puts the next entries after `after` into the index. Without `through` the index is emptied first, and everything up to the newest entry
 * of that moment is due; later ones come into it when they are recorded. Gives how far it came, and how far it has to.
 */
export function reindexBatch(
  database: WritableDatabase,
  after: number,
  through: number | undefined,
): { last: number; through: number } {
  const insert = database.prepare<[number, string, string]>(
    'INSERT INTO search (rowid, facets, words) VALUES (?, ?, ?)',
  );
  return database
    .transaction(() => {
      if (through === undefined) database.exec("INSERT INTO search (search) VALUES ('delete-all')");
      const end = through ?? database.prepare<[], number | null>('SELECT max(seq) FROM entries').pluck().get() ?? 0;
      const rows = database
        .prepare<[number, number, number], { seq: number; kind: string; payload: string }>(
          'SELECT seq, kind, payload FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
        )
        .all(after, end, reindexBatchEntries);
      for (const { seq, kind, payload } of rows) insert.run(seq, ...indexedTexts(kind, payload));
      return { last: rows.length < reindexBatchEntries ? end : (rows.at(-1)?.seq ?? end), through: end };
    })
    .immediate();
}

/** What the index holds of an entry; of an erased one, or one that cannot be read, its kind. */
export function indexedTexts(kind: string, payload: string): [facets: string, words: string] {
  const event = newEventSchema.safeParse({ kind, ...membersOf(payload) });
  if (event.success) return [facetText(event.data), searchText(event.data)];
  return [`${everyFacet} ${facetToken('kind', kind)}`, foldText(kind)];
}

/** Whether the index finds every entry that `check` has seen, by its kind; what is wrong otherwise. */
export function unfoundEntry(database: ReadableDatabase, check: LogCheck): string | undefined {
  const last = check.state.seq;
  const count = database
    .prepare<[string, number], [number, number]>(
      'SELECT count(*), total(rowid) FROM search WHERE search MATCH ? AND rowid <= ?',
    )
    .raw();
  try {
    for (const [kind, expected] of check.kinds) {
      const match = `facets : "${facetToken('kind', kind)}"`;
      const [found, sum] = count.get(match, last) ?? [0, 0];
      if (found === expected.count && sum === expected.sum) continue;
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
  } catch (error) {
    const { data } = databaseError(error, 'The index cannot be read.');
    return [data.what, data.why].filter((part) => part !== undefined).join(' ');
  }
}
