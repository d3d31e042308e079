import Database from 'better-sqlite3';
import type { VerifyResult } from '#contract/audit.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import type { Damage } from '../../core/audit/chain.ts';
import { LogCheck } from '../../core/audit/check-log.ts';
import { genesisHash } from '../../core/audit/entry.ts';
import type { VerifyTrust } from '../../core/audit/log.ts';
import { databaseError, openForVerifying, type ReadableDatabase } from './database.ts';
import { findBesideFault } from './index-check.ts';
import { StoredEntries } from './stored-entries.ts';
import { verifyEd25519 } from './verify-ed25519.ts';
import type { StretchVerifier } from './verify-stretches.ts';
import { parseTrust } from './verify-trust.ts';

/**
 * Goes through one log in batches. It needs nothing of the file but its tables, so that every state a file can be in has
 * an answer: what cannot be read is damage too. Throws for keys without the form of one, and when there is no file.
 */
export class LogVerifier {
  readonly #trust: VerifyTrust;
  readonly #check: LogCheck;
  #database: ReadableDatabase | undefined;
  #stored: StoredEntries | undefined;
  #unreadable: Damage | undefined;

  constructor(path: string, trust: VerifyTrust) {
    this.#trust = trust;
    this.#check = new LogCheck(parseTrust(trust), verifyEd25519);
    try {
      this.#database = openForVerifying(path);
      this.#stored = new StoredEntries(this.#database);
      readWhole(this.#database);
    } catch (error) {
      this.#unreadable = this.#damageOf(error);
    }
  }

  /** Goes ahead with other threads as far as they find nothing wrong. To be called before the first `step`. */
  async advance(stretches: Pick<StretchVerifier, 'advance'>): Promise<void> {
    if (this.#stored === undefined) return;
    let entries: number;
    try {
      entries = this.#stored.lastSeq();
    } catch {
      // The first step comes to the same place and names it.
      return;
    }
    await stretches.advance(this.#check, this.#trust, entries);
  }

  /** Checks the next batch; gives the final result when there is nothing left to check. */
  step(): VerifyResult | undefined {
    let batch: ReturnType<StoredEntries['verifyBatch']> = { done: true };
    let damage = this.#unreadable;
    if (this.#stored !== undefined && damage === undefined) {
      try {
        batch = this.#stored.verifyBatch(this.#check);
        damage = batch.damage;
      } catch (error) {
        damage = this.#damageOf(error);
        batch = { done: true };
      }
    }
    return batch.done ? this.#result(damage) : undefined;
  }

  close(): void {
    this.#database?.close();
  }

  #result(damage: Damage | undefined): VerifyResult {
    const { seq, hash } = this.#check.state;
    // Entries that hold: those before the damage.
    const result: VerifyResult = { ok: damage === undefined, entries: Math.min(seq, (damage?.seq ?? seq + 1) - 1) };
    if (hash !== genesisHash) result.head = hash;
    if (damage !== undefined) result.damage = damage;
    else if (this.#database !== undefined) {
      const fault = findBesideFault(this.#database, this.#check);
      result.index = fault === undefined ? { ok: true } : { ok: false, ...fault };
    }
    const { held, size, elsewhere } = this.#check.checkpoints;
    if (held > 0 || elsewhere > 0) result.checkpoints = { held, size, elsewhere };
    return result;
  }

  /** A failure of SQLite to read what is there. Whatever else fails (no file, no memory, no descriptors) is no damage. */
  #damageOf(error: unknown): Damage {
    if (error instanceof GatehouseError || !(error instanceof Database.SqliteError)) throw error;
    if (!/^SQLITE_(?:CORRUPT|NOTADB|ERROR|FORMAT|MISMATCH|SCHEMA|IOERR_SHORT_READ|TOOBIG)/u.test(error.code))
      throw error;
    const { seq } = this.#check.state;
    const { data } = databaseError(error, `The entries after ${seq} cannot be read.`);
    return { seq: seq + 1, kind: 'unreadable', what: [data.what, data.why].join(' ') };
  }
}

/** Reads the small tables from end to end: what of them cannot be read shows at once, and not where a look-up happens to fall. */
function readWhole(database: ReadableDatabase): void {
  for (const column of ['checkpoints.note', 'tree.hash', 'activity.last_seq']) {
    const [table] = column.split('.');
    database.prepare(`SELECT count(*) FROM ${table} WHERE length(${column}) < 0`).get();
  }
}
