import { newEventSchema } from '#contract/audit.ts';
import { everyFacet, facetText, facetToken, foldText, searchText } from '../../core/audit/search-text.ts';
import type { WritableDatabase } from './database.ts';
import { membersOf } from './erase-payloads.ts';

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
      if (through === undefined) begin(database);
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

/** Empties the index, and counts the activity anew, which needs no content. */
function begin(database: WritableDatabase): void {
  database.exec(`
    INSERT INTO search (search) VALUES ('delete-all');
    DELETE FROM activity;
    INSERT INTO activity SELECT substr(at, 1, 13), count(*), min(seq), max(seq) FROM entries GROUP BY 1;
  `);
}

/** What the index holds of an entry; of an erased one, or one that cannot be read, its kind. */
export function indexedTexts(kind: string, payload: string): [facets: string, words: string] {
  const event = newEventSchema.safeParse({ kind, ...membersOf(payload) });
  if (event.success) return [facetText(event.data), searchText(event.data)];
  return [`${everyFacet} ${facetToken('kind', kind)}`, foldText(kind)];
}
