import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { EntryWriter } from '../../../main/adapters/sqlite/entry-writer.ts';
import { LogVerifier } from '../../../main/adapters/sqlite/log-verifier.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';
import { note, type TemporaryLog, temporaryLog } from '../audit/temporary-log.ts';
import { testKeeper } from '../audit/test-keeper.ts';

const parts = ['', '-wal', '-shm'] as const;

/**
 * What a loss of power can do to a write-ahead log that was not synced to its end, or a disk that loses what it had acknowledged: SQLite
 * must take the whole transactions before the tear and nothing after it (wal format, "Reset and checksum").
 */
describe('[AUD-6] a torn write-ahead log', () => {
  let place: TemporaryLog;
  let saved: string;
  let entries = 0;
  let walBytes = 0;

  beforeAll(async () => {
    place = await temporaryLog();
    // The schema and the first entries are in the database itself, what follows in its log.
    await (await place.write()).close();
    const log = await place.write();
    for (let round = 0; round < 6; round += 1) entries = (await log.append(note(`entry ${round}`))).seq;
    // As it lies there when the power goes: copied while it is open.
    saved = path.join(path.dirname(place.path), 'saved');
    await mkdir(saved);
    for (const part of parts) await copyFile(place.path + part, path.join(saved, `log${part}`));
    walBytes = (await readFile(path.join(saved, 'log-wal'))).length;
    await log.close();
  });
  afterAll(() => place.remove());

  /** Puts the saved state back, changed; opens and writes it as the next start does; returns what was there and whether it holds. */
  async function reopen(change: (wal: Buffer) => Buffer): Promise<{ before: number; ok: boolean }> {
    for (const part of parts) await rm(place.path + part, { force: true });
    await copyFile(path.join(saved, 'log'), place.path);
    await writeFile(`${place.path}-wal`, change(await readFile(path.join(saved, 'log-wal'))));
    const writer = new EntryWriter(place.path, undefined, new Redactor());
    const before = writer.entriesAtStart;
    writer.write([{ event: note('after'), at: '2026-01-01T00:00:00.000Z', salt: '0'.repeat(32) }]);
    writer.close();
    const verifier = new LogVerifier(place.path, { keys: [], elsewhere: [] });
    try {
      for (;;) {
        const result = verifier.step();
        if (result !== undefined) return { before, ok: result.ok && result.entries === before + 1 };
      }
    } finally {
      verifier.close();
    }
  }

  test('whole, it gives back every entry', async () => {
    expect(await reopen((wal) => wal)).toEqual({ before: entries, ok: true });
  });

  test('cut at any page or anywhere in between, what is before the cut is whole and recording goes on', async () => {
    let last = 0;
    const pages = Math.floor(walBytes / 4096);
    for (let page = 0; page <= pages; page += 1) {
      for (const odd of [0, 1, 2049]) {
        const { before, ok } = await reopen((wal) => wal.subarray(0, page * 4096 + odd));
        expect([page, odd, ok]).toEqual([page, odd, true]);
        expect(before).toBeGreaterThanOrEqual(last);
        last = before;
      }
    }
    expect(last).toBeGreaterThan(0);
  });

  test.each([
    {
      what: 'garbage after the end',
      change: (wal: Buffer) => Buffer.concat([wal, Buffer.alloc(8240, 0xa5)]),
      whole: true,
    },
    {
      what: 'garbage instead of the last page',
      change: (wal: Buffer) => Buffer.concat([wal.subarray(0, -4120), Buffer.alloc(4120, 0xa5)]),
      whole: false,
    },
    {
      what: 'a page of zeroes in the middle',
      change: (wal: Buffer) => Buffer.concat([wal.subarray(0, 8192), Buffer.alloc(4096), wal.subarray(12_288)]),
      whole: false,
    },
    {
      what: 'a damaged header',
      change: (wal: Buffer) => Buffer.concat([Buffer.alloc(32, 0x5a), wal.subarray(32)]),
      whole: false,
    },
  ])('$what: only whole transactions count', async ({ change, whole }) => {
    const { before, ok } = await reopen(change);
    expect(ok).toBe(true);
    expect(before === entries).toBe(whole);
  });

  test('one that belongs to another log is found out by the newest checkpoint, which is kept elsewhere', async () => {
    const [own, other] = [await temporaryLog(), await temporaryLog()];
    try {
      const keeper = testKeeper();
      const log = await own.write({ keeper });
      for (let round = 0; round < 4; round += 1) await log.append(note('own'));
      await log.checkpoint();
      await log.close();
      const stranger = await other.write();
      await stranger.append(note('of another log'));
      for (const part of ['-wal', '-shm'] as const) await copyFile(other.path + part, own.path + part);
      await stranger.close();
      const found = await own.write({ keeper: keeper }).then(
        ({ damage }) => damage?.what ?? 'nothing',
        (error: Error) => `refused: ${error.message}`,
      );
      expect(found).not.toBe('nothing');
    } finally {
      await own.remove();
      await other.remove();
    }
  });
});
