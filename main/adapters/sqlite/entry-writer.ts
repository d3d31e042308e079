import type { NewEvent } from '#contract/audit.ts';
import type { Damage } from '../../core/audit/chain.ts';
import { cleanEvent } from '../../core/audit/clean-event.ts';
import { type Entry, eventTextOf, genesisHash, sealEntry } from '../../core/audit/entry.ts';
import type { Redactor } from '../../core/audit/redact.ts';
import { facetText, searchText } from '../../core/audit/search-text.ts';
import { openForWriting, type WritableDatabase } from './database.ts';
import { StoredEntries } from './stored-entries.ts';

/** Entries at the end of the log that are checked when it is opened. */
const tailEntries = 1000;

/** An event on its way into the log. */
export interface WaitingEvent {
  readonly event: NewEvent;
  readonly at: string;
  readonly salt: string;
}

/** Writes entries, one transaction for each batch. The only code that changes a log. */
export class EntryWriter {
  readonly #database: WritableDatabase;
  readonly #redactor: Redactor;
  readonly #insertEntry;
  readonly #insertSearch;
  readonly #countActivity;
  readonly #writeAll: (batch: readonly WaitingEvent[]) => Entry[];
  #seq: number;
  #hash: string;
  /** What was found wrong at the end of the log when it was opened. */
  readonly damage: Damage | undefined;
  /** Number of the newest entry when the log was opened. */
  readonly entriesAtStart: number;

  constructor(path: string, pagesMax: number | undefined, redactor: Redactor) {
    this.#redactor = redactor;
    const database = openForWriting(path, pagesMax);
    this.#database = database;
    const stored = new StoredEntries(database);
    this.damage = stored.verifyTail(tailEntries);
    // After a cut end the numbers go on where they were, so that the gap stays visible.
    this.#seq = Math.max(stored.lastSeq(), stored.recordedLastSeq());
    this.#hash = lastHash(stored);
    this.entriesAtStart = this.#seq;
    this.#insertEntry = database.prepare<[number, string, string, string, string, string, string, string]>(
      'INSERT INTO entries (seq, at, kind, prev, salt, payload_hash, hash, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertSearch = database.prepare<[number, string, string]>(
      'INSERT INTO search (rowid, facets, words) VALUES (?, ?, ?)',
    );
    this.#countActivity = database.prepare<[string, number, number, number]>(
      `INSERT INTO activity (hour, entries, first_seq, last_seq) VALUES (?, ?, ?, ?)
       ON CONFLICT (hour) DO UPDATE SET entries = entries + excluded.entries, last_seq = excluded.last_seq`,
    );
    const transaction = database.transaction((batch: readonly WaitingEvent[]) => this.#writeInside(batch));
    this.#writeAll = (batch) => transaction.immediate(batch);
  }

  /** Writes the batch and returns, when it is on disk, the JSON text of each event as recorded. */
  write(batch: readonly WaitingEvent[]): string[] {
    const entries = this.#writeAll(batch);
    const last = entries.at(-1);
    // Only after the commit: a batch that was rolled back leaves the chain where it was.
    if (last !== undefined) {
      this.#seq = last.seq;
      this.#hash = last.hash;
    }
    return entries.map(eventTextOf);
  }

  close(): void {
    this.#database.close();
  }

  #writeInside(batch: readonly WaitingEvent[]): Entry[] {
    let prev = this.#hash;
    let seq = this.#seq;
    const entries: Entry[] = [];
    const found: [number, string, string][] = [];
    const hours = new Map<string, { count: number; first: number; last: number }>();
    for (const { event, at, salt } of batch) {
      const clean = cleanEvent(event, this.#redactor);
      const entry = sealEntry(clean, { seq: seq + 1, at, prev, salt });
      this.#insertEntry.run(entry.seq, at, entry.kind, prev, salt, entry.payloadHash, entry.hash, entry.payload);
      const hour = at.slice(0, 13);
      const counted = hours.get(hour);
      if (counted === undefined) hours.set(hour, { count: 1, first: entry.seq, last: entry.seq });
      else {
        counted.count += 1;
        counted.last = entry.seq;
      }
      seq = entry.seq;
      prev = entry.hash;
      entries.push(entry);
      found.push([entry.seq, facetText(clean), searchText(clean)]);
    }
    // After all entries, not between them: each statement that may abort makes the search index flush what it gathered.
    for (const row of found) this.#insertSearch.run(...row);
    for (const [hour, { count, first, last }] of hours) this.#countActivity.run(hour, count, first, last);
    return entries;
  }
}

/** What the next entry is chained to. A last entry that cannot be read must not stop recording; `verify` reports it. */
function lastHash(stored: StoredEntries): string {
  const last = stored.find(stored.lastSeq());
  return last !== undefined && /^[0-9a-f]{64}$/u.test(last.hash) ? last.hash : genesisHash;
}
