import { copyFile, rm } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrations } from '../../../main/adapters/sqlite/migrate.ts';
import { verifyEd25519 } from '../../../main/adapters/sqlite/verify-ed25519.ts';
import { openNote } from '../../../main/core/audit/checkpoint.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';
import { type TestKeeper, testKeeper } from './test-keeper.ts';

let place: TemporaryLog;
let keeper: TestKeeper;
beforeEach(async () => {
  place = await temporaryLog();
  keeper = testKeeper();
});
afterEach(async () => {
  await place.remove();
});

/** Writes so many entries more and closes the log, which makes a checkpoint. */
async function write(entries: number): Promise<void> {
  const log = await place.write({ keeper });
  await Promise.all(Array.from({ length: entries }, (_, index) => log.append(note(`entry ${index}`))));
  await log.close();
}

async function verified(elsewhere = keeper.newest === undefined ? [] : [keeper.newest]) {
  const reader = await place.read();
  const result = await reader.verify({ keys: [keeper.verifier], elsewhere });
  await reader.close();
  return result;
}

const sizesOf = (notes: readonly string[]) =>
  notes.map((text) => openNote(text, [keeper.key], verifyEd25519)?.checkpoint.size);

describe('[AUD-2] checkpoints of a log', () => {
  test('are made at the start, at the end of each session and at closing, and kept elsewhere', async () => {
    const log = await place.write({ keeper, checkpointDelayMs: 3_600_000 });
    await log.append(note('one'));
    await log.append(note('ended', { kind: 'session.ended' }));
    await log.flush();
    await log.append(note('two'));
    await log.close();
    // log.opened; log.signed, one, ended; two
    expect(sizesOf(keeper.kept)).toEqual([1, 4, 5]);
    expect(await verified()).toMatchObject({ ok: true, entries: 5, checkpoints: { held: 3, size: 5, elsewhere: 1 } });
  });

  test('are made while the log is written, without anybody asking', async () => {
    const log = await place.write({ keeper });
    const first = keeper.kept.length;
    const kept = new Promise<void>((resolve) => {
      const keep = keeper.keep;
      keeper.keep = async (text) => {
        await keep(text);
        resolve();
      };
    });
    await log.append(note('one'));
    await kept;
    expect(sizesOf(keeper.kept.slice(first))).toEqual([3]);
  });

  test('a keeper that fails does not stop recording, and is on record', async () => {
    keeper.failure = 'The keychain is locked.';
    await write(3);
    const reader = await place.read();
    const { events } = await reader.query({ query: 'kind:log.unsigned', limit: 9 });
    expect(events).toMatchObject([{ detail: { why: 'The keychain is locked.' } }]);
    expect(await verified([])).toMatchObject({ ok: true, checkpoints: { elsewhere: 0 } });
  });

  test('an older copy put back shows, at once and for as long as it stays', async () => {
    await write(5);
    await copyFile(place.path, `${place.path}.copy`);
    await write(5);
    for (const suffix of ['-wal', '-shm']) await rm(`${place.path}${suffix}`, { force: true });
    await copyFile(`${place.path}.copy`, place.path);
    expect(await verified()).toMatchObject({ ok: false, damage: { seq: 8, kind: 'rolled_back' } });
    await write(20);
    const reader = await place.read();
    const { events } = await reader.query({ query: 'kind:log.damaged', limit: 9 });
    expect(events).toMatchObject([{ detail: { damage: 'rolled_back' } }]);
    // The copy has a checkpoint of its own over 8 entries by now, so what is certainly wrong begins after it.
    expect(await verified()).toMatchObject({ ok: false, damage: { seq: 9, kind: 'rolled_back' } });
  });

  test('a log from before there were checkpoints is brought up to date and covered', async () => {
    const database = new Database(place.path);
    database.exec(migrations[0]?.sql ?? '');
    database.pragma(`application_id = ${0x47415445}`);
    database.pragma('user_version = 1');
    database.close();
    await expect(place.read()).rejects.toMatchObject({ data: { code: 'state_unusable' } });
    const plain = await place.write();
    for (let index = 0; index < 700; index += 1) plain.observe(note(`entry ${index}`));
    await plain.close();
    const emptied = new Database(place.path);
    expect(emptied.prepare('SELECT count(*) FROM tree').pluck().get()).toBe(2);
    emptied.exec('DELETE FROM tree');
    emptied.close();
    await write(1);
    expect(await verified()).toMatchObject({ ok: true, entries: 704, checkpoints: { size: 704 } });
  });
});
