import {
  type ChainState,
  chainStart,
  type Damage,
  damageOf,
  followingHash,
  missing,
  movedEntryDistanceMax,
} from '../../core/audit/chain.ts';
import type { Entry } from '../../core/audit/entry.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** Entries read at once while verifying. */
const verifyBatchEntries = 4096;

const columns = 'seq, at, kind, prev, salt, payload_hash, hash, payload';

/** Reads entries as they are stored, in the order of their numbers, and checks them. Works on either kind of handle. */
export class StoredEntries {
  readonly #after;
  readonly #between;
  readonly #last;
  readonly #recordedLast;

  constructor(database: ReadableDatabase | WritableDatabase) {
    this.#after = database
      .prepare<[number, number], unknown[]>(`SELECT ${columns} FROM entries WHERE seq > ? ORDER BY seq LIMIT ?`)
      .raw();
    this.#between = database
      .prepare<[number, number], unknown[]>(`SELECT ${columns} FROM entries WHERE seq BETWEEN ? AND ?`)
      .raw();
    this.#last = database.prepare<[], number | null>('SELECT max(seq) FROM entries').pluck();
    this.#recordedLast = database.prepare<[], number | null>('SELECT max(last_seq) FROM activity').pluck();
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
   * Checks the next entries after `state`, at most a batch. `done` when there are no more; then a cut end that the
   * activity table remembers is damage too.
   */
  verifyBatch(state: ChainState): { state: ChainState; done: boolean; damage?: Damage } {
    const rows = this.#after.all(state.seq, verifyBatchEntries);
    let { seq, hash } = state;
    for (const row of rows) {
      const entry = entryOf(row);
      if (entry === undefined) return { state: { seq, hash }, done: true, damage: unreadable(seq + 1) };
      const next = followingHash({ seq, hash }, entry);
      if (next === undefined)
        return { state: { seq, hash }, done: true, damage: damageOf({ seq, hash }, entry, this.#near(seq + 1)) };
      seq = entry.seq;
      hash = next;
    }
    if (rows.length === verifyBatchEntries) return { state: { seq, hash }, done: false };
    const recorded = this.recordedLastSeq();
    if (recorded > seq && recorded > this.lastSeq())
      return { state: { seq, hash }, done: true, damage: missing(seq + 1, recorded) };
    return { state: { seq, hash }, done: true };
  }

  /** Checks the last `count` entries. The first of them is trusted to follow what was before. */
  verifyTail(count: number): Damage | undefined {
    const before = this.lastSeq() - count;
    const anchor = before >= 1 ? this.find(before) : undefined;
    let result = this.verifyBatch(anchor === undefined ? chainStart : { seq: anchor.seq, hash: anchor.hash });
    while (!result.done) result = this.verifyBatch(result.state);
    return result.damage;
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
