import {
  type ChainState,
  chainStart,
  type Damage,
  damageOf,
  followingHash,
  movedEntryDistanceMax,
  truncated,
} from '../../core/audit/chain.ts';
import type { CheckBeginning, LogCheck } from '../../core/audit/check-log.ts';
import type { Entry } from '../../core/audit/entry.ts';
import { frontierOf, type Subtree } from '../../core/audit/merkle.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';
import { StoredTree } from './stored-tree.ts';

/** Entries read at once while verifying. */
const verifyBatchEntries = 4096;

/** Numbers are never larger. */
const lastNumber = Number.MAX_SAFE_INTEGER;

const columns = 'seq, at, kind, prev, salt, payload_hash, hash, payload';

/** Reads entries as they are stored, in the order of their numbers, and checks them. Works on either kind of handle. */
export class StoredEntries {
  readonly #database: ReadableDatabase | WritableDatabase;
  readonly #after;
  readonly #between;
  readonly #last;
  readonly #recordedLast;
  readonly #tree: StoredTree;
  readonly #inOneSnapshot: <T>(read: () => T) => T;

  constructor(database: ReadableDatabase | WritableDatabase) {
    this.#inOneSnapshot = (read) => database.transaction(read)();
    this.#database = database;
    this.#tree = new StoredTree(database);
    this.#after = database
      .prepare<[number, number], unknown[]>(`SELECT ${columns} FROM entries WHERE seq > ? ORDER BY seq LIMIT ?`)
      .raw();
    this.#between = database
      .prepare<[number, number], unknown[]>(`SELECT ${columns} FROM entries WHERE seq BETWEEN ? AND ?`)
      .raw();
    this.#last = database.prepare<[], number | null>('SELECT max(seq) FROM entries').pluck();
    this.#recordedLast = database
      .prepare<[], number | null>("SELECT max(last_seq) FROM activity WHERE typeof(last_seq) = 'integer'")
      .pluck();
  }

  /** Number of the newest entry; 0 in an empty log. */
  lastSeq(): number {
    return this.#last.get() ?? 0;
  }

  /** Number of the newest entry that was ever written, as the activity table remembers it. */
  recordedLastSeq(): number {
    return this.#recordedLast.get() ?? 0;
  }

  /** One entry, or undefined. */
  find(seq: number): Entry | undefined {
    const row = this.#between.get(seq, seq);
    return row === undefined ? undefined : entryOf(row);
  }

  /**
   * Checks the next entries after those that `check` has seen, at most a batch and up to number `through`, with the
   * checkpoints and the stored tree over them. `done` when there are no more, or damage was found.
   */
  verifyBatch(check: LogCheck, through = lastNumber): { done: boolean; damage?: Damage } {
    // The log grows meanwhile: what remembers its end must be read together with it, or the end would seem cut off.
    return this.#inOneSnapshot(() => this.#checkBatch(check, through));
  }

  #checkBatch(check: LogCheck, through: number): { done: boolean; damage?: Damage } {
    const before = check.state.seq;
    const wanted = Math.min(verifyBatchEntries, through - before);
    const { rows, failure } = this.#readAfter(before, wanted);
    const checkpoints = this.#tree.checkpoints(before + 1, before + rows.length);
    const completed = (subtree: Subtree): void => {
      if (this.#tree.node(subtree.level, subtree.position) !== subtree.hash.toString('hex')) {
        check.wrongSubtree(subtree);
      }
    };
    for (const row of rows) {
      const entry = entryOf(row);
      if (entry === undefined) return { done: true, damage: unreadable(check.state.seq + 1) };
      const { seq } = entry;
      const stored = checkpoints[0]?.size === seq ? checkpoints.shift() : undefined;
      const damage =
        check.entry(entry, () => this.#near(check.state.seq + 1), completed) ??
        (stored === undefined ? undefined : check.checkpoint(stored)) ??
        check.elsewhere();
      if (damage !== undefined) return { done: true, damage };
    }
    // Only now: what could be read before it may show damage that comes first.
    if (failure !== undefined) throw failure;
    if (rows.length === wanted) return { done: check.state.seq >= through };
    const { seq } = check.state;
    const damage = check.end({ activity: this.recordedLastSeq(), beyond: this.#tree.checkpoints(seq + 1, lastNumber) });
    return damage === undefined ? { done: true } : { done: true, damage };
  }

  /** Checks the chain of the last `count` entries. The first of them is trusted to follow what was before. */
  verifyTail(count: number): Damage | undefined {
    const before = this.lastSeq() - count;
    const anchor = before >= 1 ? this.find(before) : undefined;
    let state: ChainState = anchor === undefined ? chainStart : { seq: anchor.seq, hash: anchor.hash };
    for (const row of this.#after.all(state.seq, count)) {
      const entry = entryOf(row);
      if (entry === undefined) return unreadable(state.seq + 1);
      const next = followingHash(state, entry);
      if (next === undefined) return damageOf(state, entry, this.#near(state.seq + 1));
      state = { seq: entry.seq, hash: next };
    }
    const recorded = Math.max(this.recordedLastSeq(), this.#tree.newest()?.size ?? 0);
    return recorded > state.seq ? truncated(state.seq + 1, recorded) : undefined;
  }

  /** The next rows up to the first that cannot be read, and why it cannot. */
  #readAfter(before: number, count: number): { rows: unknown[][]; failure?: unknown } {
    // A row may have any number; the first ones must not be looked for among the positive ones only.
    const from = before === 0 ? -lastNumber : before;
    try {
      return { rows: this.#after.all(from, count) };
    } catch {
      // A page that failed its check counts as checked while it stays in the cache (cell_size_check).
      this.#database.pragma('shrink_memory');
      const rows: unknown[][] = [];
      try {
        for (const row of this.#after.iterate(from, count)) rows.push(row);
        return { rows };
      } catch (failure) {
        return { rows, failure };
      }
    }
  }

  /** Where a check of the entries after number `before` begins; undefined when the log does not say. */
  beginningAfter(before: number): CheckBeginning | undefined {
    const entry = this.find(before);
    if (entry === undefined) return undefined;
    const frontier = frontierOf(this.#tree, before).parts;
    return { state: { seq: before, hash: entry.hash }, frontier };
  }

  #near(seq: number): Entry[] {
    return this.#between
      .all(seq - movedEntryDistanceMax, seq + movedEntryDistanceMax)
      .map(entryOf)
      .filter((entry) => entry !== undefined);
  }
}

/** A row as an entry; undefined when a value is not even of the right type. */
export function entryOf(row: readonly unknown[]): Entry | undefined {
  const [seq, at, kind, prev, salt, payloadHash, hash, payload] = row;
  if (
    typeof seq !== 'number' ||
    typeof at !== 'string' ||
    typeof kind !== 'string' ||
    typeof prev !== 'string' ||
    typeof salt !== 'string' ||
    typeof payloadHash !== 'string' ||
    typeof hash !== 'string' ||
    typeof payload !== 'string'
  ) {
    return undefined;
  }
  return { seq, at, kind, prev, salt, payloadHash, hash, payload };
}

/** The columns `entryOf` wants, with a prefix, for queries of others. */
export function entryColumns(table: string): string {
  return columns
    .split(', ')
    .map((column) => `${table}.${column}`)
    .join(', ');
}

function unreadable(seq: number): Damage {
  return { seq, kind: 'unreadable', what: `Entry ${seq} holds values of the wrong type.` };
}
