import { operatingError } from '#contract/operating-error.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';
import { entriesMigration } from './migrations/0001-entries.ts';
import { checkpointsMigration } from './migrations/0002-checkpoints.ts';
import { erasureMigration } from './migrations/0003-erasure.ts';
import { rollupsMigration } from './migrations/0004-rollups.ts';

/** One step of the schema. A released step is never changed; the next one is a new file. */
export interface Migration {
  /** Counts from 1 without gaps; becomes `user_version`. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** Every step, in order. */
export const migrations: readonly Migration[] = [
  entriesMigration,
  checkpointsMigration,
  erasureMigration,
  rollupsMigration,
];

/** `GATE` in ASCII: marks a file as an audit log of Gatehouse. */
export const applicationId = 0x47415445;

/** Brings the database to the newest schema, each step in a transaction of its own. */
export function migrate(database: WritableDatabase, path: string): void {
  const version = schemaVersion(database);
  if (version === 0) assertEmpty(database, path);
  else assertOurs(database, path);
  for (const { number, sql } of migrations) {
    if (number <= version) continue;
    database
      .transaction(() => {
        database.exec(sql);
        database.pragma(`application_id = ${applicationId}`);
        database.pragma(`user_version = ${number}`);
      })
      .immediate();
  }
}

/** Throws unless the database is an audit log of a schema this version can read. */
export function assertReadable(database: ReadableDatabase, path: string): void {
  assertOurs(database, path);
  const version = schemaVersion(database);
  if (version < migrations.length) {
    throw operatingError('state_unusable', `${path} was written by an older Gatehouse (schema ${version}).`, {
      remedy: 'Start the supervisor once (`gatehouse supervisor start`): it brings the log up to date.',
    });
  }
}

function assertOurs(database: ReadableDatabase | WritableDatabase, path: string): void {
  const id = database.pragma('application_id', { simple: true });
  if (id !== applicationId) {
    throw operatingError('state_unusable', `${path} is not an audit log of Gatehouse.`, {
      remedy: 'Move the file away; a new log begins at the next start.',
    });
  }
  const version = schemaVersion(database);
  if (version < 1 || version > migrations.length) {
    throw operatingError('state_unusable', `${path} was written by a newer Gatehouse (schema ${version}).`, {
      remedy: 'Update Gatehouse.',
    });
  }
}

function assertEmpty(database: WritableDatabase, path: string): void {
  const objects = database.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (objects !== 0) {
    throw operatingError('state_unusable', `${path} is a database, but not an audit log of Gatehouse.`, {
      remedy: 'Move the file away; a new log begins at the next start.',
    });
  }
}

function schemaVersion(database: ReadableDatabase | WritableDatabase): number {
  const version = database.pragma('user_version', { simple: true });
  if (typeof version !== 'number') throw new TypeError('user_version is a number.');
  return version;
}
