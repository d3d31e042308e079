import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VerifyResult } from '#contract/audit.ts';
import { LogVerifier } from '../../../main/adapters/sqlite/log-verifier.ts';
import { StretchChecker, StretchVerifier } from '../../../main/adapters/sqlite/verify-stretches.ts';
import type { VerifyTrust } from '../../../main/core/audit/log.ts';
import { note, type TemporaryLog, temporaryLog, workerPath } from './temporary-log.ts';
import { type TestKeeper, testKeeper } from './test-keeper.ts';

/** The log has five whole stretches of this many entries, and some more. */
const stretch = 256;
const entriesTotal = 1500;

let place: TemporaryLog;
let keeper: TestKeeper;
let trust: VerifyTrust;

beforeAll(async () => {
  place = await temporaryLog();
  keeper = testKeeper();
  const log = await place.write({ keeper, checkpointDelayMs: 3_600_000 });
  for (let entry = 3; entry <= entriesTotal; entry += 1) {
    if (entry === 900) await log.compact(600, 'a test');
    else log.observe(note(`entry ${entry}`, { session: `s-${entry % 7}`, detail: { host: `h${entry % 5}.example` } }));
    if (entry % 400 === 0) await log.checkpoint();
  }
  await log.close();
  trust = { keys: [keeper.verifier], elsewhere: keeper.kept };
});
afterAll(async () => {
  await place.remove();
});

/** A copy of the log, changed as somebody with the file could. */
async function changed(change: (database: Database.Database) => void): Promise<string> {
  const copy = path.join(place.folder, 'copy.db');
  for (const suffix of ['', '-wal', '-shm']) await rm(`${copy}${suffix}`, { force: true });
  await copyFile(place.path, copy);
  const database = new Database(copy);
  const triggers = database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all();
  const texts = database.prepare<[], string>("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").pluck().all();
  for (const name of triggers) database.exec(`DROP TRIGGER ${name}`);
  change(database);
  for (const text of texts) database.exec(text);
  database.close();
  return copy;
}

async function verdict(file: string, ahead?: Pick<StretchVerifier, 'advance'>, on = trust): Promise<VerifyResult> {
  const verifier = new LogVerifier(file, on);
  try {
    if (ahead !== undefined) await verifier.advance(ahead);
    for (;;) {
      const result = verifier.step();
      if (result !== undefined) return result;
    }
  } finally {
    verifier.close();
  }
}

/** What the threads do, one stretch after the other in this one. */
function inStretches(file: string, counted: { held: number }): Pick<StretchVerifier, 'advance'> {
  return {
    advance: async (check, asked, entries) => {
      const checker = new StretchChecker(file);
      for (let after = 0; after + stretch <= entries; after += stretch) {
        const { found } = checker.check({ after, entries: stretch, trust: asked });
        if (found === undefined || !check.continueWith(found)) break;
        counted.held += 1;
      }
      checker.close();
    },
  };
}

test('[AUD-2] several threads say of a whole log what one says', async () => {
  const threads = new StretchVerifier(place.path, workerPath, stretch);
  const expected = await verdict(place.path);
  expect(expected).toMatchObject({ ok: true, index: { ok: true }, checkpoints: { elsewhere: keeper.kept.length } });
  expect(await verdict(place.path, threads)).toEqual(expected);
  const counted = { held: 0 };
  expect(await verdict(place.path, inStretches(place.path, counted))).toEqual(expected);
  expect(counted.held).toBe(5);
});

const sql =
  (text: string) =>
  (database: Database.Database): void =>
    void database.exec(text);

/** What is done, and how many stretches hold before it shows. */
test.each<[string, (database: Database.Database) => void, number]>([
  ['an edited payload inside a stretch', sql("UPDATE entries SET payload = '{}' WHERE seq = 700"), 2],
  ['the last entry of a stretch edited', sql("UPDATE entries SET kind = 'decision2' WHERE seq = 1024"), 3],
  ['the first entry of a stretch edited', sql("UPDATE entries SET kind = 'decision2' WHERE seq = 1025"), 4],
  ['the hash at a seam', sql(`UPDATE entries SET hash = '${'a'.repeat(64)}' WHERE seq = 512`), 1],
  ['one deleted at a seam', sql('DELETE FROM entries WHERE seq = 512'), 1],
  ['the first deleted', sql('DELETE FROM entries WHERE seq = 1'), 0],
  ['the end cut off', sql('DELETE FROM entries WHERE seq > 1300'), 5],
  [
    'two that changed places across a seam',
    sql(
      'UPDATE entries SET seq = 9999 WHERE seq = 768; UPDATE entries SET seq = 768 WHERE seq = 769; UPDATE entries SET seq = 769 WHERE seq = 9999',
    ),
    2,
  ],
  ['values that no entry can have', sql(`UPDATE entries SET salt = '${'X'.repeat(32)}' WHERE seq = 300`), 1],
  [
    'content erased without a record',
    sql(`UPDATE entries SET payload = '', salt = '${'0'.repeat(32)}' WHERE seq = 1100`),
    5,
  ],
  ['a node of the stored tree', sql(`UPDATE tree SET hash = '${'a'.repeat(64)}' WHERE level = 8 AND position = 2`), 3],
  [
    'a checkpoint in the middle',
    sql("UPDATE checkpoints SET note = replace(note, 'gatehouse', 'gatehous3') WHERE size = 800"),
    3,
  ],
  ['a count', sql("UPDATE rollups SET entries = entries + 1 WHERE field = 'host'"), 5],
])('[AUD-2] verification in stretches names damage as going through in order does: %s', async (_what, change, held) => {
  const file = await changed(change);
  const expected = await verdict(file);
  const counted = { held: 0 };
  expect(await verdict(file, inStretches(file, counted))).toEqual(expected);
  expect(expected.ok && expected.index?.ok === true).toBe(false);
  expect(counted.held).toBe(held);
});

test('[AUD-2] a checkpoint kept elsewhere that contradicts a stretch is named alike, and so is a key without its form', async () => {
  const other = testKeeper('gatehouse/test');
  const forged = { keys: trust.keys, elsewhere: [...keeper.kept, 'no note at all'] };
  for (const on of [forged, { keys: [other.verifier], elsewhere: [] }]) {
    const expected = await verdict(place.path, undefined, on);
    expect(expected.ok).toBe(false);
    expect(await verdict(place.path, inStretches(place.path, { held: 0 }), on)).toEqual(expected);
  }
  await expect(verdict(place.path, undefined, { keys: ['none'], elsewhere: [] })).rejects.toMatchObject({
    data: { code: 'invalid_request' },
  });
});
