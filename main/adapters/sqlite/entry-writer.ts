import type { NewEvent } from '#contract/audit.ts';
import type { Damage } from '../../core/audit/chain.ts';
import type { StoredCheckpoint } from '../../core/audit/check-log.ts';
import { cleanPayload } from '../../core/audit/clean-event.ts';
import { type Entry, genesisHash, sealPayload } from '../../core/audit/entry.ts';
import { type Frontier, rootOf, type Subtree } from '../../core/audit/merkle.ts';
import type { Redactor } from '../../core/audit/redact.ts';
import type { SettleState } from './audit-messages.ts';
import { openForWriting, type WritableDatabase } from './database.ts';
import { SearchIndex } from './search-index.ts';
import { settleErasure } from './settle-erasure.ts';
import { StoredEntries } from './stored-entries.ts';
import { StoredTree } from './stored-tree.ts';

/** Entries at the end of the log that are checked when it is opened. */
const tailEntries = 1000;

/** Entries put into the index in one transaction while it is made anew: others are written in between. */
const reindexBatchEntries = 250;

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
  readonly #countActivity;
  readonly #insertNode;
  readonly #insertCheckpoint;
  readonly #writeAll: (batch: readonly WaitingEvent[]) => { entries: Entry[]; frontier: Frontier };
  readonly #tree: StoredTree;
  readonly #index: SearchIndex;
  #frontier: Frontier;
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
    this.#countActivity = database.prepare<[string, number, number, number]>(
      `INSERT INTO activity (hour, entries, first_seq, last_seq) VALUES (?, ?, ?, ?)
       ON CONFLICT (hour) DO UPDATE SET entries = entries + excluded.entries, last_seq = excluded.last_seq`,
    );
    this.#insertNode = database.prepare<[number, number, string]>(
      'INSERT OR REPLACE INTO tree (level, position, hash) VALUES (?, ?, ?)',
    );
    this.#insertCheckpoint = database.prepare<[number, string, string]>(
      'INSERT OR IGNORE INTO checkpoints (size, at, note) VALUES (?, ?, ?)',
    );
    this.#tree = new StoredTree(database);
    this.#index = new SearchIndex(database);
    this.#frontier = this.#fillTree();
    const transaction = database.transaction((batch: readonly WaitingEvent[]) => this.#writeInside(batch));
    this.#writeAll = (batch) => transaction.immediate(batch);
  }

  /** Writes the batch and returns, when it is on disk, its entries. */
  write(batch: readonly WaitingEvent[]): Entry[] {
    const { entries, frontier } = this.#writeAll(batch);
    const last = entries.at(-1);
    // Only after the commit: a batch that was rolled back leaves the chain where it was.
    if (last !== undefined) {
      this.#seq = last.seq;
      this.#hash = last.hash;
      this.#frontier = frontier;
    }
    return entries;
  }

  /** Number of entries and the root over them, for a checkpoint. */
  head(): { size: number; root: string } {
    return { size: this.#frontier.size, root: this.#frontier.root().toString('hex') };
  }

  /** The newest checkpoint of the log itself. */
  newestCheckpoint(): StoredCheckpoint | undefined {
    return this.#tree.newest();
  }

  /** Keeps a checkpoint. Returns when it is on disk. */
  keepCheckpoint(size: number, at: string, note: string): void {
    this.#insertCheckpoint.run(size, at, note);
  }

  /** What a checkpoint kept elsewhere says about this log: nothing when it holds. */
  compare(checkpoint: { size: number; root: string }): Damage | undefined {
    const { size, root } = checkpoint;
    if (size > this.#seq) {
      return {
        seq: this.#seq + 1,
        kind: 'rolled_back',
        what: `This is an older copy: a checkpoint kept elsewhere covers ${size} entries.`,
      };
    }
    if (rootOf(this.#tree, size).toString('hex') === root) return undefined;
    return {
      seq: size,
      kind: 'rolled_back',
      what: `Entry ${size} or one before it is not the one that was signed for.`,
    };
  }

  /** How many entries are not indexed and counted yet. */
  get indexLag(): number {
    return Math.max(0, this.#seq - this.#index.through);
  }

  /** Indexes and counts the next entries, at most `entriesMax` of them. */
  index(entriesMax: number): void {
    this.#index.follow(this.#seq, entriesMax);
  }

  /** The next entries whose payload may be erased, at most a batch: erased, and gone from the search index. */
  erase(after: number, through: number): { last: number; erased: number } {
    return this.#index.erase(after, through);
  }

  /** A step of bringing erased content out of the index's old segments and out of the write-ahead log. */
  settleErasure(first: boolean): SettleState {
    return settleErasure(this.#database, first);
  }

  /** The next entries into the search index and the counts, which are emptied first without `through`. */
  reindex(through: number | undefined): { last: number; through: number } {
    if (through === undefined) this.#index.empty();
    const end = through ?? this.#seq;
    this.#index.follow(end, reindexBatchEntries);
    return { last: Math.min(end, this.#index.through), through: end };
  }

  close(): void {
    this.#database.close();
  }

  /** The tree over everything there is; what of it is not stored yet (an older log) is stored now. */
  #fillTree(): Frontier {
    return this.#database
      .transaction(() => this.#tree.frontier(this.#seq, (subtree) => this.#storeNode(subtree)))
      .immediate();
  }

  #storeNode({ level, position, hash }: Subtree): void {
    this.#insertNode.run(level, position, hash.toString('hex'));
  }

  #writeInside(batch: readonly WaitingEvent[]): { entries: Entry[]; frontier: Frontier } {
    const frontier = this.#frontier.copy();
    const store = (subtree: Subtree): void => this.#storeNode(subtree);
    let prev = this.#hash;
    let seq = this.#seq;
    const entries: Entry[] = [];
    const hours = new Map<string, { count: number; first: number; last: number }>();
    for (const { event, at, salt } of batch) {
      const payload = cleanPayload(event, this.#redactor);
      const entry = sealPayload(event.kind, payload, { seq: seq + 1, at, prev, salt });
      this.#insertEntry.run(entry.seq, at, entry.kind, prev, salt, entry.payloadHash, entry.hash, payload);
      const hour = at.slice(0, 13);
      const counted = hours.get(hour);
      if (counted === undefined) hours.set(hour, { count: 1, first: entry.seq, last: entry.seq });
      else {
        counted.count += 1;
        counted.last = entry.seq;
      }
      seq = entry.seq;
      prev = entry.hash;
      frontier.addEntry(prev, store);
      entries.push(entry);
    }
    for (const [hour, { count, first, last }] of hours) this.#countActivity.run(hour, count, first, last);
    return { entries, frontier };
  }
}

/** What the next entry is chained to. A last entry that cannot be read must not stop recording; `verify` reports it. */
function lastHash(stored: StoredEntries): string {
  const last = stored.find(stored.lastSeq());
  return last !== undefined && /^[0-9a-f]{64}$/u.test(last.hash) ? last.hash : genesisHash;
}
