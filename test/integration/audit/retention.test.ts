import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StateDatabase } from '../../../main/adapters/state/state-database.ts';
import { RecordRetention } from '../../../main/supervisor/retention.ts';
import { Transcripts } from '../../../main/supervisor/transcripts.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';
import { testKeeper } from './test-keeper.ts';

const dayMs = 86_400_000;
const log = pino({ level: 'silent' });
let place: TemporaryLog;
let state: StateDatabase;
let now: number;
beforeEach(async () => {
  place = await temporaryLog();
  state = new StateDatabase(path.join(place.folder, 'state.db'));
  now = Date.parse('2026-01-01T00:00:00Z');
});
afterEach(async () => {
  state.close();
  await place.remove();
});

/** A log with a hundred entries a day for ten days, and what keeps its bounds. */
async function open() {
  const keeper = testKeeper();
  const audit = await place.write({ keeper, now: () => now });
  for (let day = 0; day < 10; day += 1) {
    for (let index = 0; index < 100; index += 1) audit.observe(note(`content ${day}.${index} ${'x'.repeat(400)}`));
    await audit.flush();
    now += dayMs;
  }
  const reader = await place.read({ now: () => now });
  const transcripts = new Transcripts({
    stateFolder: place.folder,
    audit,
    isRunning: (id) => id === 'a1c9-old-running',
  });
  const clock = { now: () => now, random: () => new Uint8Array() };
  const retention = new RecordRetention({ audit, reader, state, transcripts, clock, log });
  const holds = async () => {
    await audit.checkpoint();
    const result = await reader.verify({ keys: [keeper.verifier], elsewhere: keeper.kept });
    expect(result).toMatchObject({ ok: true, index: { ok: true } });
  };
  return { audit, reader, retention, transcripts, holds };
}

test('[AUD-6] content goes by age, on record, and everything still proves itself', async () => {
  const { audit, reader, retention, transcripts, holds } = await open();
  const before = await retention.show();
  expect(before).toMatchObject({ retention: {}, entries: 1002, oldestAt: '2026-01-01T00:00:00.000Z' });
  const dry = await retention.compact('2026-01-03T00:00:00Z', true);
  expect(dry).toEqual({ through: 202, erased: 202, bytes: expect.any(Number) });
  expect(await retention.show()).toEqual(before);

  mkdirSync(path.join(place.folder, 'transcripts'));
  for (const [name, at] of [
    ['a1c9-old-ended', '2026-01-02'],
    ['a1c9-old-running', '2026-01-02'],
    ['a1c9-new-ended', '2026-01-08'],
  ] as const) {
    const file = path.join(place.folder, 'transcripts', `${name}.cast`);
    writeFileSync(file, '');
    utimesSync(file, new Date(at), new Date(at));
  }

  const set = await retention.set({ keepMs: 7.5 * dayMs });
  expect((await transcripts.list()).map(({ session }) => session)).toEqual(['a1c9-new-ended', 'a1c9-old-running']);
  expect(set).toMatchObject({ through: 302, erased: 302 });
  expect(state.retention()).toEqual({ keepMs: 7.5 * dayMs });
  expect((await reader.query({ query: 'kind:log.retention', limit: 9 })).events).toHaveLength(1);
  const [compacted] = (await reader.query({ query: 'kind:log.compacted', limit: 9 })).events;
  expect(compacted).toMatchObject({
    detail: { through: 302 },
    summary: expect.stringContaining('no longer than 7.5 days'),
  });
  // With the entries of the retention, of the compaction and of the transcript's end.
  expect(await retention.show()).toMatchObject({ entries: 702, oldestAt: '2026-01-04T00:00:00.000Z' });
  await holds();

  // A day later, as the hourly look would find it.
  now += dayMs;
  await audit.append(note('later'));
  retention.start();
  expect(await retention.show()).toMatchObject({ oldestAt: '2026-01-05T00:00:00.000Z' });
  retention.close();
  await holds();
  expect((await reader.query({ query: 'kind:decision content', limit: 1000 })).events).toHaveLength(600);
});

test('[AUD-6] content goes by size, the oldest first, while others are recorded', async () => {
  const { audit, retention, holds } = await open();
  const { bytes } = await retention.show();
  const setting = retention.set({ bytesMax: Math.floor(bytes / 2) });
  const meanwhile = await Promise.all(
    Array.from({ length: 50 }, (_, index) => audit.append(note(`meanwhile ${index}`))),
  );
  expect(meanwhile).toHaveLength(50);
  expect((await setting).erased).toBeGreaterThan(400);
  const after = await retention.show();
  expect(after.bytes).toBeLessThanOrEqual(bytes / 2 + 50 * 600);
  expect(after.entries).toBeGreaterThan(400);
  await holds();
});

test('[AUD-6] the file keeps its size, and new entries take the room that became free', async () => {
  const { audit, retention } = await open();
  await retention.compact(new Date(now).toISOString(), false);
  const database = new Database(place.path, { readonly: true });
  const free = () => Number(database.pragma('freelist_count', { simple: true }));
  const pages = Number(database.pragma('page_count', { simple: true }));
  const freed = free();
  expect(freed).toBeGreaterThan(10);
  for (let index = 0; index < 20; index += 1) audit.observe(note(`new ${index} ${'y'.repeat(400)}`));
  await audit.flush();
  expect(free()).toBeLessThan(freed);
  expect(Number(database.pragma('page_count', { simple: true }))).toBe(pages);
  database.close();
  expect(statSync(place.path).size).toBe(pages * 4096);
});

test('[AUD-3] a search index that does not find an entry is noticed and made anew', async () => {
  const { audit, reader } = await open();
  await audit.close();
  const database = new Database(place.path);
  database.exec("INSERT INTO search (search) VALUES ('delete-all')");
  database.close();
  const result = await reader.verify();
  expect(result).toMatchObject({ ok: true, index: { ok: false, what: expect.stringContaining('entry 1 ') } });
  const again = await place.write();
  const words = (await reader.query({ query: 'content', limit: 1 })).events;
  expect(words).toEqual([]);
  const rebuilding = again.reindex();
  await again.append(note('meanwhile content'));
  expect(await rebuilding).toBeGreaterThan(1000);
  expect(await reader.verify()).toMatchObject({ ok: true, index: { ok: true } });
  expect((await reader.query({ query: 'content', limit: 2000 })).events).toHaveLength(1001);
});
