import { execFile } from 'node:child_process';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { signCheckpoint } from '../../../main/core/audit/checkpoint.ts';
import { type Entry, headerHashOf, payloadHashOf } from '../../../main/core/audit/entry.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';
import { type TestKeeper, testKeeper } from './test-keeper.ts';

/** Written from the format document alone, in another language. */
const secondVerifier = path.resolve(import.meta.dirname, '../../fixtures/verifier/verify.py');
const verdict = z.object({
  ok: z.boolean(),
  entries: z.int(),
  damage: z.object({ seq: z.int(), kind: z.string() }).optional(),
});

const entriesTotal = 300;
let place: TemporaryLog;
let other: TemporaryLog;
let keeper: TestKeeper;
/** The keystore's newest checkpoint; over everything. */
let newest: string;

/** A log with a checkpoint over 1, 103, 203, and everything; and another one of the same length. */
async function writeLog(where: TemporaryLog, kept: TestKeeper): Promise<void> {
  const log = await where.write({ keeper: kept, checkpointDelayMs: 3_600_000 });
  for (const size of [103, 203, entriesTotal]) {
    const count = size - (await countOf(where)) - (size === entriesTotal ? 0 : 1);
    await Promise.all(Array.from({ length: count }, (_, index) => log.append(note(`${size}.${index}`))));
    if (size < entriesTotal) await log.append(note('ended', { kind: 'session.ended' }));
  }
  await log.close();
}

async function countOf(where: TemporaryLog): Promise<number> {
  const reader = await where.read();
  const count = await reader.count();
  await reader.close();
  return count;
}

beforeAll(async () => {
  [place, other] = [await temporaryLog(), await temporaryLog()];
  keeper = testKeeper();
  await writeLog(other, testKeeper('gatehouse/other'));
  await writeLog(place, keeper);
  newest = keeper.newest ?? '';
  expect(keeper.kept).toHaveLength(4);
});
afterAll(async () => {
  await Promise.all([place.remove(), other.remove()]);
});

/** Both verifiers' answers about a copy of the log that was changed. */
async function bothAbout(change: (database: Database.Database) => void, elsewhere: readonly string[] = [newest]) {
  const copy = path.join(place.folder, 'copy.db');
  const notes = path.join(place.folder, 'elsewhere.jsonl');
  for (const suffix of ['', '-wal', '-shm']) await rm(`${copy}${suffix}`, { force: true });
  await copyFile(place.path, copy);
  const database = new Database(copy);
  const triggers = database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all();
  for (const name of triggers) database.exec(`DROP TRIGGER ${name}`);
  change(database);
  database.close();
  await writeFile(notes, elsewhere.map((text) => `${JSON.stringify({ note: text })}\n`).join(''));
  const reader = await place.read({ path: copy });
  const { ok, entries, damage } = await reader.verify({ keys: [keeper.verifier], elsewhere });
  await reader.close();
  const first = { ok, entries, ...(damage === undefined ? {} : { damage: { seq: damage.seq, kind: damage.kind } }) };
  const run = promisify(execFile)('python3', [secondVerifier, copy, '--key', keeper.verifier, '--witness', notes]);
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return { first, second: verdict.parse(JSON.parse(stdout)) };
}

/** Writes entries anew from `seq` on, every hash right: what an attacker without the key can do. */
function rewriteFrom(database: Database.Database, seq: number): void {
  const rows = database
    .prepare<[number], Entry>(
      'SELECT seq, at, kind, prev, salt, payload_hash AS payloadHash, hash, payload FROM entries WHERE seq >= ? ORDER BY seq',
    )
    .all(seq);
  const update = database.prepare('UPDATE entries SET prev = ?, payload = ?, payload_hash = ?, hash = ? WHERE seq = ?');
  let prev = rows[0]?.prev ?? '';
  for (const row of rows) {
    const payload = row.seq === seq ? '{"detail":{},"summary":"nothing to see"}' : row.payload;
    const payloadHash = payloadHashOf(row.salt, payload);
    const hash = headerHashOf({ ...row, prev, payloadHash });
    update.run(prev, payload, payloadHash, hash, row.seq);
    prev = hash;
  }
}

const sql =
  (text: string, ...values: (string | number)[]) =>
  (database: Database.Database): void => {
    if (values.length === 0) database.exec(text);
    else database.prepare(text).run(...values);
  };
const a64 = 'a'.repeat(64);

test('[AUD-2] both verifiers say that the untouched log holds', async () => {
  const expected = { ok: true, entries: entriesTotal };
  expect(await bothAbout(() => undefined, keeper.kept)).toEqual({ first: expected, second: expected });
});

test.each<[string, (database: Database.Database) => void, number, string]>([
  ['its time', sql('UPDATE entries SET at = ? WHERE seq = 9', '2020-01-01T00:00:00.000Z'), 9, 'edited'],
  ['its kind', sql('UPDATE entries SET kind = ? WHERE seq = 9', 'session.started'), 9, 'edited'],
  ['its predecessor', sql('UPDATE entries SET prev = ? WHERE seq = 9', a64), 9, 'edited'],
  ['its salt', sql('UPDATE entries SET salt = ? WHERE seq = 9', 'a'.repeat(32)), 9, 'edited'],
  ['its payload hash', sql('UPDATE entries SET payload_hash = ? WHERE seq = 9', a64), 9, 'edited'],
  ['its hash', sql('UPDATE entries SET hash = ? WHERE seq = 9', a64), 9, 'edited'],
  ['its payload', sql('UPDATE entries SET payload = ? WHERE seq = 9', '{}'), 9, 'edited'],
  ['its number, to one far away', sql('UPDATE entries SET seq = 5000 WHERE seq = 9'), 9, 'missing'],
  ['something that is no hash', sql('UPDATE entries SET hash = ? WHERE seq = 9', 'X'.repeat(64)), 9, 'unreadable'],
  ['its payload gone', sql("UPDATE entries SET payload = '' WHERE seq = 9"), 9, 'edited'],
  [
    'its content erased without a record',
    sql(`UPDATE entries SET payload = '', salt = '${'0'.repeat(32)}' WHERE seq = 9`),
    9,
    'edited',
  ],
  ['the first deleted', sql('DELETE FROM entries WHERE seq = 1'), 1, 'missing'],
  ['one deleted', sql('DELETE FROM entries WHERE seq = 150'), 150, 'missing'],
  ['the newest deleted', sql('DELETE FROM entries WHERE seq = 300'), 300, 'truncated'],
  ['all deleted', sql('DELETE FROM entries'), 1, 'truncated'],
  [
    'one deleted, the rest renumbered',
    sql(
      'DELETE FROM entries WHERE seq = 9; UPDATE entries SET seq = seq + 100000 WHERE seq > 9; UPDATE entries SET seq = seq - 100001 WHERE seq > 100000',
    ),
    9,
    'missing',
  ],
  [
    'two that changed places',
    sql(
      'UPDATE entries SET seq = 9999 WHERE seq = 9; UPDATE entries SET seq = 9 WHERE seq = 10; UPDATE entries SET seq = 10 WHERE seq = 9999',
    ),
    9,
    'reordered',
  ],
  [
    'the end and every memory of it in the file',
    sql(
      'DELETE FROM entries WHERE seq > 250; DELETE FROM checkpoints WHERE size > 250; UPDATE activity SET last_seq = min(last_seq, 250)',
    ),
    251,
    'rolled_back',
  ],
  [
    'the end, but not its checkpoint',
    sql('DELETE FROM entries WHERE seq > 250; UPDATE activity SET last_seq = min(last_seq, 250)'),
    251,
    'truncated',
  ],
  ['everything rewritten from one on', (database) => rewriteFrom(database, 150), 104, 'edited'],
  [
    'everything rewritten, and the checkpoints gone',
    (database) => {
      rewriteFrom(database, 150);
      database.exec('DELETE FROM checkpoints WHERE size > 150');
    },
    104,
    'rolled_back',
  ],
  [
    'two logs spliced',
    (database) => {
      database.prepare('ATTACH ? AS other').run(other.path);
      database.exec(
        'DELETE FROM entries WHERE seq > 120; INSERT INTO entries SELECT * FROM other.entries WHERE seq > 120',
      );
    },
    120,
    'edited',
  ],
  [
    'another log in its place',
    (database) => {
      database.prepare('ATTACH ? AS other').run(other.path);
      database.exec('DELETE FROM entries; INSERT INTO entries SELECT * FROM other.entries');
    },
    1,
    'edited',
  ],
  [
    'a checkpoint cut short',
    sql('UPDATE checkpoints SET note = substr(note, 1, 40) WHERE size = 203'),
    203,
    'forged_checkpoint',
  ],
  [
    'a checkpoint with another size',
    sql('UPDATE checkpoints SET size = 202 WHERE size = 203'),
    202,
    'forged_checkpoint',
  ],
  [
    'a checkpoint with another root',
    sql(
      "UPDATE checkpoints SET note = replace(note, char(10) || '203' || char(10), char(10) || '203' || char(10) || 'A') WHERE size = 203",
    ),
    203,
    'forged_checkpoint',
  ],
  [
    'a checkpoint of another key',
    sql(
      'UPDATE checkpoints SET note = ? WHERE size = 203',
      signCheckpoint(testKeeper('gatehouse/test').key, 203, Buffer.alloc(32)),
    ),
    203,
    'forged_checkpoint',
  ],
  [
    'a checkpoint over what never was',
    sql(
      'INSERT INTO checkpoints VALUES (400, ?, ?)',
      'now',
      signCheckpoint(testKeeper('gatehouse/test').key, 400, Buffer.alloc(32)),
    ),
    400,
    'forged_checkpoint',
  ],
  ['a node of the stored tree', sql('UPDATE tree SET hash = ?', a64), 256, 'edited'],
  ['the stored tree gone', sql('DELETE FROM tree'), 256, 'edited'],
])('[AUD-2] both verifiers name alike: %s', async (_what, change, seq, kind) => {
  const expected = { ok: false, damage: { seq, kind } };
  const { first, second } = await bothAbout(change);
  expect(first).toMatchObject(expected);
  expect(second).toEqual(first);
});

test('[AUD-2] both notice a checkpoint kept elsewhere that nobody trusted signed', async () => {
  const foreign = signCheckpoint(testKeeper('gatehouse/test').key, 120, Buffer.alloc(32));
  for (const [text, seq] of [
    [foreign, 120],
    ['no note at all', 1],
  ] as const) {
    const { first, second } = await bothAbout(() => undefined, [newest, text]);
    expect(first).toMatchObject({ ok: false, damage: { seq, kind: 'forged_checkpoint' } });
    expect(second).toEqual(first);
  }
});
