import type { LogCheck } from '../../core/audit/check-log.ts';
import { everyFacet, facetToken } from '../../core/audit/search-text.ts';
import { databaseError, type ReadableDatabase } from './database.ts';

/**
 * The search index beside the entries. It is worked out from them, so it is no evidence and can be made anew; but a search
 * that does not find an entry hides it, so verification looks whether it finds every one.
 */

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
