/**
 * Guarantee: only code that holds a `WritableDatabase` can change an audit log, and only one process at a time holds
 * one. What is committed is on disk, through a loss of power too.
 *
 * Threat: two supervisors that interleave their chains; code that reads and one day writes; a file others can read.
 *
 * Limits: other software of the same user can open the file directly. The chain shows what it did; nothing prevents it.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { type GatehouseError, operatingError } from '#contract/operating-error.ts';
import { assertReadable, migrate } from './migrate.ts';

declare const access: unique symbol;
/** A handle that may change the log. Only the audit writer opens one. */
export type WritableDatabase = Database.Database & { readonly [access]: 'write' };
/** A handle on which SQLite refuses every change. */
export type ReadableDatabase = Database.Database & { readonly [access]: 'read' };

/** Bytes to which the write-ahead log is cut back after a walCheckpoint. */
const walBytesMax = 64 * 1024 * 1024;

/** How long a handle waits for another one's lock before it fails. */
const lockWaitMs = 5000;

/** Opens (and creates, 0600) the log for writing. `pagesMax` bounds its size in pages of 4 KiB, for tests of a full disk. */
export function openForWriting(path: string, pagesMax: number | undefined): WritableDatabase {
  createPrivately(path);
  const database = new Database(path, { timeout: lockWaitMs });
  try {
    // WAL: readers never wait for the writer. FULL: a commit returns when it is on disk.
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma(`journal_size_limit = ${walBytesMax}`);
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    if (pagesMax !== undefined) database.pragma(`max_page_count = ${pagesMax}`);
    if (!mayWrite(database)) throw operatingError('state_unusable', `${path} cannot be written.`);
    migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens an existing log for reading. */
export function openForReading(path: string): ReadableDatabase {
  if (!existsSync(path)) {
    throw operatingError('not_found', `There is no audit log at ${path}.`, { remedy: 'Start the supervisor once.' });
  }
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: lockWaitMs });
  try {
    database.pragma('query_only = ON');
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    if (mayWrite(database)) throw new TypeError('A read-only handle is read-only.');
    if (!isReadable(database)) throw new TypeError('A read-only handle can be read.');
    assertReadable(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** As `openForReading`, but of whatever is there: a log that is to be judged may be in any state. */
export function openForVerifying(path: string): ReadableDatabase {
  if (!existsSync(path)) throw operatingError('not_found', `There is no audit log at ${path}.`);
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: lockWaitMs });
  try {
    database.pragma('query_only = ON');
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    if (!isReadable(database)) throw new TypeError('A read-only handle can be read.');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Held for as long as this process writes the log; the system releases it when the process dies, however it dies. */
export interface WriterLock {
  release(): void;
}

/**
 * Takes the log for this process or throws `audit_unavailable`. The lock is an exclusive transaction on a small
 * database beside the log: readers of the log itself are not kept out.
 */
export function lockForWriting(path: string): WriterLock {
  const lockPath = `${path}-writer`;
  createPrivately(lockPath);
  const lock = new Database(lockPath, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))) {
      throw operatingError('audit_unavailable', `The lock file ${lockPath} cannot be used.`, {
        why: error instanceof Error ? `${error.message}.` : undefined,
        remedy: 'Its folder must be writable and have room. A damaged one may be removed: it holds nothing.',
        cause: error,
      });
    }
    throw operatingError('audit_unavailable', `The audit log ${path} is being written by another process.`, {
      why: 'Two writers would break its chain.',
      remedy: 'Stop the other supervisor, or use another GATEHOUSE_HOME.',
      cause: error,
    });
  }
  return { release: () => lock.close() };
}

/** What went wrong with a database, as an error of ours. */
export function databaseError(error: unknown, what: string): GatehouseError {
  const code = error instanceof Database.SqliteError ? error.code : '';
  const why = error instanceof Error ? error.message : String(error);
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return operatingError('audit_damaged', what, {
      why: `The file is damaged (${why}).`,
      remedy:
        'Keep a copy as evidence (`gatehouse log verify --file COPY` judges it) and move the file away with its -wal and -shm; a new log begins at the next start.',
      cause: error,
    });
  }
  const full = code.startsWith('SQLITE_FULL') || /ENOSPC/u.test(why);
  return operatingError('audit_unavailable', what, {
    why: full ? 'There is no space left on the disk.' : `${why}${code === '' ? '' : ` (${code})`}.`,
    remedy: full ? 'Free some space; recording goes on by itself.' : 'Check the disk and the folder of the log.',
    cause: error,
  });
}

function mayWrite(database: Database.Database): database is WritableDatabase {
  return !database.readonly;
}

function isReadable(database: Database.Database): database is ReadableDatabase {
  return database.readonly;
}

/** SQLite gives its side files the mode of the database, so that mode must be right from the first moment. */
function createPrivately(path: string): void {
  if (!existsSync(dirname(path))) {
    throw operatingError('state_unusable', `The folder ${dirname(path)} for the audit log does not exist.`);
  }
  // Never opened when it exists: closing a descriptor drops this process's POSIX locks on the file.
  if (!existsSync(path)) closeSync(openSync(path, 'ax', 0o600));
}
