import { generateKeyPairSync, sign } from 'node:crypto';
import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { EventKind, NewEvent } from '#contract/audit.ts';
import { type OpenedAuditLog, openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import { type CheckpointKey, verifierKey } from '../../../main/core/audit/checkpoint.ts';
import type { CheckpointKeeper } from '../../../main/core/audit/log.ts';

/** The worker as source. */
const workerPath = new URL('../../../main/adapters/sqlite/audit-worker.ts', import.meta.url);

/** A log, as it is judged: its file, whom to trust, what is kept elsewhere. */
export interface SampleLog {
  readonly path: string;
  readonly key: CheckpointKey;
  readonly keys: readonly string[];
  /** Every checkpoint it was signed with, in order. */
  readonly elsewhere: readonly string[];
  /** How many entries, and over how many there is a checkpoint. */
  readonly entries: number;
  readonly checkpoints: readonly number[];
  /** Up to which number content was erased. */
  readonly erased: number;
  /** Number of the entry that says so. */
  readonly compaction: number;
}

/** The logs that are damaged. */
export interface SampleLogs {
  readonly main: SampleLog;
  /** The same, with nothing in the schema that would refuse an edit. */
  readonly relaxed: SampleLog;
  /** Another log, of another key. */
  readonly other: SampleLog;
  /** Copies of the log made earlier, and how many entries each has. */
  readonly older: readonly { readonly path: string; readonly entries: number }[];
  /** A copy made while it was written: most of it lies in its write-ahead log. */
  readonly live: string;
}

/** A key and everything that was kept under it, in memory. */
function memoryKeeper(name: string): CheckpointKeeper & { readonly kept: string[] } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const kept: string[] = [];
  return {
    kept,
    key: {
      name,
      publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
      sign: (bytes) => sign(null, bytes, privateKey),
    },
    newest: undefined,
    keep: async (note) => {
      kept.push(note);
    },
  };
}

const kinds: readonly EventKind[] = ['decision', 'connection.closed', 'workspace.changed', 'session.started'];

function sampleEvent(index: number, who: string): NewEvent {
  const kind = kinds[index % kinds.length] ?? 'decision';
  return {
    kind,
    agent: who,
    session: `a1c9-tiger-${who}`,
    action: 'net.connect',
    resource: { kind: 'host', host: `h${index}.example.org`, port: 443 },
    summary: `${who} did number ${index}, größer als 0`,
    detail: { index, text: 'x'.repeat(20 + ((index * 37) % 180)) },
  };
}

const partNames = ['first', 'second', 'third'] as const;

/** Writes them below `folder`, each with about `entries` entries. */
export async function makeSampleLogs(folder: string, entries: number): Promise<SampleLogs> {
  const older: { path: string; entries: number }[] = [];
  const file = path.join(folder, 'main.db');
  const live = path.join(folder, 'live.db');
  const main = await writeLog(file, entries, 'claude', async (part, count) => {
    const copy = path.join(folder, `older-${part}.db`);
    copyWithLog(file, copy);
    older.push({ path: copy, entries: count });
    if (part === partNames.length - 1) copyWithLog(file, live);
  });
  const other = await writeLog(path.join(folder, 'other.db'), entries, 'codex', async () => {});
  const relaxed = { ...main, path: path.join(folder, 'relaxed.db') };
  copyFileSync(main.path, relaxed.path);
  relax(relaxed.path);
  return { main, relaxed, other, older, live };
}

/** A database together with its write-ahead log. */
export function copyWithLog(from: string, to: string): void {
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}

async function writeLog(
  file: string,
  entries: number,
  who: string,
  afterPart: (part: number, count: number) => Promise<void>,
): Promise<SampleLog> {
  const keeper = memoryKeeper(`gatehouse/${who}`);
  const log = await openAuditLog({ path: file, workerPath, keeper, checkpointDelayMs: 3_600_000 });
  const erased = Math.floor(entries / 8);
  let count = 2;
  let compaction = 0;
  const write = async (until: number): Promise<void> => {
    const from = count;
    const more = Array.from({ length: until - from }, (_, index) => log.append(sampleEvent(from + index, who)));
    await Promise.all(more);
    count = until;
  };
  for (const [part] of partNames.entries()) {
    await write(Math.floor((entries * (part + 1)) / 4));
    if (part === 1) {
      await log.compact(erased, 'the sample wants some');
      count += 1;
      compaction = count;
    }
    await endPart(log);
    await afterPart(part, count);
  }
  await write(entries);
  await log.close();
  const checkpoints = keeper.kept.map((note) => Number(note.split('\n')[1]));
  return {
    path: file,
    key: keeper.key,
    keys: [verifierKey(keeper.key)],
    elsewhere: keeper.kept,
    entries,
    checkpoints,
    erased,
    compaction,
  };
}

async function endPart(log: OpenedAuditLog): Promise<void> {
  await log.checkpoint();
}

/** Takes out of the schema whatever would refuse an edit: triggers, and the constraints of the tables. */
function relax(file: string): void {
  const database = new Database(file);
  database.unsafeMode(true);
  const triggers = database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all();
  for (const name of triggers) database.exec(`DROP TRIGGER ${name}`);
  database.pragma('writable_schema = ON');
  const tables = database
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE name IN ('entries', 'checkpoints', 'tree', 'activity')",
    )
    .all();
  const set = database.prepare('UPDATE sqlite_schema SET sql = ? WHERE name = ?');
  for (const { name, sql } of tables) {
    const bare = sql
      .replaceAll(/CHECK \((?:[^()]|\([^()]*\))*\)/gu, '')
      .replaceAll('NOT NULL', '')
      // Without a type the column keeps whatever it is given.
      .replaceAll(/\bTEXT\b/gu, '')
      .replace(/\) STRICT/u, ')');
    set.run(bare.replace(/\), WITHOUT/u, ') WITHOUT'), name);
  }
  database.pragma('writable_schema = RESET');
  database.close();
}
