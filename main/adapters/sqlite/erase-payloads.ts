import { newEventSchema } from '#contract/audit.ts';
import { compactionKind, erasedSalt } from '../../core/audit/entry.ts';
import { facetText, searchText } from '../../core/audit/search-text.ts';
import type { WritableDatabase } from './database.ts';

/** Entries erased in one transaction: others are written in between, and wait about as long as for a batch of their own. */
const eraseBatchEntries = 250;

/**
 * Erases the payloads of the next entries after `after` up to `through`; the caller has recorded that it may. An entry
 * whose payload cannot be read stays as it is, as evidence. `last` is how far it came.
 */
export function eraseBatch(
  database: WritableDatabase,
  after: number,
  through: number,
): { last: number; erased: number } {
  const rows = database
    .prepare<[number, number, number], { seq: number; kind: string; payload: string }>(
      'SELECT seq, kind, payload FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
    )
    .all(after, through, eraseBatchEntries);
  const unindex = database.prepare<[number, string, string]>(
    "INSERT INTO search (search, rowid, facets, words) VALUES ('delete', ?, ?, ?)",
  );
  const index = database.prepare<[number, string, string]>(
    'INSERT INTO search (rowid, facets, words) VALUES (?, ?, ?)',
  );
  const erase = database.prepare<[string, number]>("UPDATE entries SET payload = '', salt = ? WHERE seq = ?");
  // What is freed is overwritten: erased content must not stay in unused pages.
  database.pragma('secure_delete = ON');
  let erased = 0;
  database
    .transaction(() => {
      for (const { seq, kind, payload } of rows) {
        if (payload === '' || kind === compactionKind) continue;
        const event = newEventSchema.safeParse({ kind, ...membersOf(payload) });
        if (!event.success) continue;
        unindex.run(seq, facetText(event.data), searchText(event.data));
        const rest = { kind: event.data.kind, summary: '', detail: {} };
        index.run(seq, facetText(rest), searchText(rest));
        erase.run(erasedSalt, seq);
        erased += 1;
      }
    })
    .immediate();
  return { last: rows.length < eraseBatchEntries ? through : (rows.at(-1)?.seq ?? through), erased };
}

/** The members of a payload; none when it is no object. */
export function membersOf(payload: string): object {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
