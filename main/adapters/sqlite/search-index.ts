/**
 * Guarantee: whatever is on record can be found and is counted, although the search index and the counts follow the
 * entries in transactions of their own: they say up to which number they have come, in the same transaction, and what lies after that
 * is read from the entries themselves. A crash in between only leaves more to do at the next opening.
 *
 * Threat: a record that waits for its index (an agent could slow its own supervision down by what it writes), and a search that
 * misses what was recorded a moment ago.
 *
 * Limits: the index is no evidence. Content that was erased before it was indexed is never indexed.
 */
import { newEventSchema } from '#contract/audit.ts';
import { compactionKind, erasedSalt } from '../../core/audit/entry.ts';
import { type CountOfValue, countedValues, FacetCounts } from '../../core/audit/facets.ts';
import { facetText, isSearchable, searchText } from '../../core/audit/search-text.ts';
import type { WritableDatabase } from './database.ts';

/** Entries erased in one transaction: others are written in between, and wait about as long as for a batch of their own. */
const eraseBatchEntries = 250;

type FollowerName = 'search' | 'rollups';
type Row = { readonly seq: number; readonly kind: string; readonly payload: string };

/** The writing side of the search index and the counts. */
export class SearchIndex {
  readonly #database: WritableDatabase;
  readonly #next;
  readonly #insert;
  readonly #delete;
  readonly #count;
  readonly #follow;
  readonly #erase;
  readonly #discount;
  readonly #dropEmpty;
  readonly #through: Record<FollowerName, number>;

  constructor(database: WritableDatabase) {
    this.#database = database;
    // One that cannot be read shall say so now, and not when the first entries after the start are to go into it.
    database.prepare('SELECT id FROM search_data LIMIT 1').get();
    this.#next = database.prepare<[number, number, number], Row>(
      'SELECT seq, kind, payload FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
    );
    this.#insert = database.prepare<[number, string, string]>(
      'INSERT INTO search (rowid, facets, words) VALUES (?, ?, ?)',
    );
    this.#delete = database.prepare<[number, string, string]>(
      "INSERT INTO search (search, rowid, facets, words) VALUES ('delete', ?, ?, ?)",
    );
    this.#count = database.prepare<[string, string, number, number]>(
      `INSERT INTO rollups (field, value, entries, last_seq) VALUES (?, ?, ?, ?)
       ON CONFLICT (field, value) DO UPDATE SET entries = entries + excluded.entries, last_seq = max(last_seq, excluded.last_seq)`,
    );
    this.#follow = database.prepare<[number, FollowerName]>('UPDATE followers SET through = ? WHERE name = ?');
    this.#erase = database.prepare<[string, number]>("UPDATE entries SET payload = '', salt = ? WHERE seq = ?");
    this.#dropEmpty = database.prepare<[string, string, number]>(
      'DELETE FROM rollups WHERE field = ? AND value = ? AND entries <= ?',
    );
    this.#discount = database.prepare<[number, string, string]>(
      'UPDATE rollups SET entries = entries - ? WHERE field = ? AND value = ?',
    );
    const through = database.prepare<[FollowerName], number>('SELECT through FROM followers WHERE name = ?').pluck();
    this.#through = { search: through.get('search') ?? 0, rollups: through.get('rollups') ?? 0 };
  }

  /** The last entry that is both indexed and counted. */
  get through(): number {
    return Math.min(this.#through.search, this.#through.rollups);
  }

  /** Indexes and counts the next entries up to number `last`, at most `entriesMax` of them, in one transaction. */
  follow(last: number, entriesMax: number): void {
    const rows = this.#next.all(this.through, last, entriesMax);
    // Numbers can be missing in a damaged log: where nothing is left, everything is done.
    const through = rows.length < entriesMax ? last : (rows.at(-1)?.seq ?? last);
    this.#database.transaction(() => this.#followInside(rows, through)).immediate();
    // Only after the commit.
    for (const name of ['search', 'rollups'] as const) this.#through[name] = Math.max(this.#through[name], through);
  }

  /**
   * Erases the payloads of the next entries after `after` up to `through`; the caller has recorded that it may. An entry
   * whose payload cannot be read stays as it is, as evidence. `last` is how far it came.
   */
  erase(after: number, through: number): { last: number; erased: number } {
    const rows = this.#next.all(after, through, eraseBatchEntries);
    // What is freed is overwritten: erased content must not stay in unused pages.
    this.#database.pragma('secure_delete = ON');
    const erased = this.#database.transaction(() => this.#eraseInside(rows)).immediate();
    return { last: rows.length < eraseBatchEntries ? through : (rows.at(-1)?.seq ?? through), erased };
  }

  /** Forgets index and counts, to be made anew from the entries; the activity is counted anew at once, which needs no content. */
  empty(): void {
    this.#database
      .transaction(() =>
        this.#database.exec(`
          INSERT INTO search (search) VALUES ('delete-all');
          DELETE FROM rollups;
          UPDATE followers SET through = 0;
          DELETE FROM activity;
          INSERT INTO activity SELECT substr(at, 1, 13), count(*), min(seq), max(seq) FROM entries GROUP BY 1;
        `),
      )
      .immediate();
    this.#through.search = 0;
    this.#through.rollups = 0;
  }

  #followInside(rows: readonly Row[], through: number): void {
    const counts = new FacetCounts();
    for (const row of rows) {
      const { seq } = row;
      if (seq > this.#through.rollups) counts.add(seq, countedValues(row));
      if (seq <= this.#through.search) continue;
      this.#insert.run(seq, ...indexedTexts(row.kind, row.payload));
    }
    // After all of them, not between: each statement that may abort makes the search index flush what it gathered.
    this.#addCounts(counts.all());
    for (const name of ['search', 'rollups'] as const) {
      if (through > this.#through[name]) this.#follow.run(through, name);
    }
  }

  #eraseInside(rows: readonly Row[]): number {
    const counts = new FacetCounts();
    let erased = 0;
    for (const row of rows) {
      const { seq, kind, payload } = row;
      if (payload === '' || kind === compactionKind) continue;
      if (!isEvent(kind, payload)) continue;
      if (seq <= this.#through.search) {
        this.#delete.run(seq, ...indexedTexts(kind, payload));
        this.#insert.run(seq, ...indexedTexts(kind, ''));
      }
      if (seq <= this.#through.rollups) {
        counts.add(seq, countedValues(row), -1);
        counts.add(seq, countedValues({ kind, payload: '' }));
      }
      this.#erase.run(erasedSalt, seq);
      erased += 1;
    }
    this.#addCounts(counts.all());
    return erased;
  }

  #addCounts(counts: Iterable<CountOfValue>): void {
    for (const { field, value, entries, lastSeq } of counts) {
      if (entries > 0) {
        this.#count.run(field, value, entries, lastSeq);
        continue;
      }
      // A value that no entry has any longer must not stay behind in the counts.
      if (this.#dropEmpty.run(field, value, -entries).changes === 0) this.#discount.run(-entries, field, value);
    }
  }
}

/** What the index holds of an entry; of an erased one, or one that is not that of an event, its kind. */
export function indexedTexts(kind: string, payload: string): [facets: string, words: string] {
  try {
    const event = { ...membersOf(payload), kind };
    if (isSearchable(event)) return [facetText(event), searchText(event)];
  } catch (error) {
    // Somebody else wrote it, and it is no JSON, or nested deeper than the stack. Verification names it; it must not stop the index.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
  const bare = { kind, summary: '', detail: {} };
  return [facetText(bare), searchText(bare)];
}

/** Whether an entry holds an event that can be erased. */
function isEvent(kind: string, payload: string): boolean {
  try {
    return newEventSchema.safeParse({ ...membersOf(payload), kind }).success;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return false;
    throw error;
  }
}

function membersOf(payload: string): object {
  if (payload === '') return {};
  const value: unknown = JSON.parse(payload);
  return typeof value === 'object' && value !== null ? value : {};
}
