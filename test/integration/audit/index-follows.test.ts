import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FacetsRequest, LogQuery } from '#contract/audit.ts';
import { EntryReader } from '../../../main/adapters/sqlite/entry-reader.ts';
import { EntryWriter } from '../../../main/adapters/sqlite/entry-writer.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';

const entriesTotal = 300;
/** Only ends what hangs. */
const deadlineMs = 60_000;
const now = Date.parse('2026-02-01T00:00:00Z');

let place: TemporaryLog;
beforeEach(async () => {
  place = await temporaryLog();
});
afterEach(async () => {
  await place.remove();
});

/** A writer that indexes nothing by itself, and a log in which everything waits to be indexed. */
function unindexed(): EntryWriter {
  const writer = new EntryWriter(place.path, undefined, new Redactor());
  const batch = Array.from({ length: entriesTotal }, (_, index) => ({
    event: note(`canary-${index} of the ${index % 2 === 0 ? 'even' : 'ünevén'} kind`, {
      agent: index % 3 === 0 ? 'claude' : 'codex',
      session: `s${index % 20}-tiger-lamp`,
      decision: index % 10 === 0 ? 'deny' : 'allow',
      detail: { host: `h${index % 4}.example.org`, gates: index % 5 === 0 ? ['net.new-host'] : [] },
    }),
    at: new Date(Date.parse('2026-01-31T10:00:00Z') + index * 60_000).toISOString(),
    salt: index.toString(16).padStart(32, '0'),
  }));
  for (let from = 0; from < entriesTotal; from += 100) writer.write(batch.slice(from, from + 100));
  expect(writer.indexLag).toBe(entriesTotal);
  return writer;
}

const queries: readonly Partial<LogQuery>[] = [
  { query: 'canary' },
  { query: 'uneven -agent:claude' },
  { query: '"of the even"' },
  { query: 'canary-17' },
  { query: 'cana* decision:deny' },
  { query: 'host:*.example.org session:s7' },
  { query: 'host:h1.example.org since:2026-01-31T11:00:00Z until:2026-01-31T13:00:00Z' },
  { query: '-canary-3 seq:2..40' },
  { query: 'even', before: 150, limit: 20 },
  { query: 'nothing' },
  { query: '' },
];

test('[AUD-3] a search and the facets do not depend on how far the index has come', () => {
  const writer = unindexed();
  const ask = () => {
    const reader = new EntryReader(place.path);
    const found = queries.map((query) => reader.query({ query: '', limit: 1000, ...query }, now));
    const facets = ['', 'decision:deny', 'canary-17 agent:claude'].map((query) =>
      reader.facets({ query, limit: 100 } satisfies FacetsRequest, now),
    );
    reader.close();
    return { found, facets };
  };
  const before = ask();
  expect(before.found.map(({ events }) => events.length)).toEqual([300, 100, 150, 1, 30, 15, 30, 38, 20, 0, 300]);
  writer.index(120);
  expect(writer.indexLag).toBe(180);
  expect(ask()).toEqual(before);
  while (writer.indexLag > 0) writer.index(100);
  expect(ask()).toEqual(before);
  writer.close();
  expect(before.facets[0]).toMatchObject({ entries: 300, exact: true });
  const values = (field: string) => before.facets[0]?.fields.find((one) => one.field === field)?.values;
  expect(values('decision')).toEqual([
    { value: 'allow', entries: 270 },
    { value: 'deny', entries: 30 },
  ]);
  expect(values('gate')).toEqual([{ value: 'net.new-host', entries: 60 }]);
  expect(values('host')).toHaveLength(4);
  // Newest first.
  expect(values('session')?.[0]).toEqual({ value: 's19-tiger-lamp', entries: 15 });
  expect(before.facets[0]?.activity[0]).toEqual({ hour: '2026-01-31T10', entries: 60 });
  expect(before.facets[1]).toMatchObject({ entries: 30, exact: true });
});

test('[AUD-3] what a crash left unindexed is indexed and counted when the log is opened again', async () => {
  unindexed().close();
  const log = await place.write();
  await vi.waitFor(() => expect(progress()).toEqual([301, 301]), deadlineMs);
  expect((await (await place.read()).verify()).index).toEqual({ ok: true });
  await log.close();
});

function progress(): number[] {
  const database = new Database(place.path, { readonly: true });
  const through = database.prepare<[], number>('SELECT through FROM followers').pluck().all();
  database.close();
  return through;
}

test('[AUD-6] content that was erased before it was indexed is never indexed, and its counts are gone', async () => {
  const writer = unindexed();
  writer.index(100);
  writer.write([
    {
      event: { kind: 'log.compacted', summary: 'a test', detail: { through: 250 } },
      at: '2026-02-01T00:00:00.000Z',
      salt: '0f'.repeat(16),
    },
  ]);
  expect(writer.erase(0, 250)).toEqual({ last: 250, erased: 250 });
  while (writer.indexLag > 0) writer.index(100);
  for (let first = true; writer.settleErasure(first) === 'more'; first = false);
  writer.close();
  const reader = await place.read();
  expect((await reader.query({ query: 'canary', limit: 1000 })).events).toHaveLength(50);
  const { fields } = await reader.facets({ query: '', limit: 100 });
  expect(fields.find(({ field }) => field === 'agent')?.values).toEqual([
    { value: 'codex', entries: 34 },
    { value: 'claude', entries: 16 },
  ]);
  expect(await reader.verify()).toMatchObject({ ok: true, index: { ok: true } });
  const file = await readFile(place.path, 'latin1');
  expect(file.includes('canary-260')).toBe(true);
  for (const erased of ['canary-50 ', 'canary-150 ']) expect(file.includes(erased)).toBe(false);
});

test('[AUD-3] a wrong count is told, and gone when the index is made anew', async () => {
  unindexed().close();
  const log = await place.write();
  await vi.waitFor(() => expect(progress()).toEqual([301, 301]), deadlineMs);
  const database = new Database(place.path);
  database.exec("UPDATE rollups SET entries = 1 WHERE field = 'decision' AND value = 'deny'");
  database.close();
  const reader = await place.read();
  const what = 'decision "deny" is counted 1 times and occurs 30 times.';
  expect(await reader.verify()).toMatchObject({ ok: true, index: { ok: false, what } });
  await log.reindex();
  expect(await reader.verify()).toMatchObject({ ok: true, index: { ok: true } });
  const { fields } = await reader.facets({ query: '', limit: 5 });
  expect(fields.find(({ field }) => field === 'decision')?.values[1]).toEqual({ value: 'deny', entries: 30 });
});

test('[AUD-3] a log of schema 3, in which nothing was counted, is counted and keeps its index', async () => {
  await copyFile(path.resolve(import.meta.dirname, '../../fixtures/logs/schema-3.db'), place.path);
  const log = await place.write();
  const reader = await place.read();
  // Right away, whatever was counted until now.
  const { entries, exact, fields } = await reader.facets({ query: '', limit: 2 });
  expect({ entries, exact }).toEqual({ entries: 63, exact: true });
  expect(fields.find(({ field }) => field === 'kind')).toMatchObject({
    values: [
      { value: 'decision', entries: 40 },
      { value: 'workspace.changed', entries: 20 },
    ],
    more: true,
  });
  // Of the forty decisions nine were erased.
  expect(fields.find(({ field }) => field === 'decision')?.values.map(({ entries: count }) => count)).toEqual([25, 6]);
  expect((await reader.query({ query: 'connect', limit: 100 })).events).toHaveLength(31);
  await vi.waitFor(() => expect(progress()).toEqual([63, 63]), deadlineMs);
  expect(await reader.facets({ query: '', limit: 2 })).toMatchObject({ entries, fields });
  expect(await reader.verify()).toMatchObject({ ok: true, index: { ok: true } });
  await log.compact(30, 'a test');
  expect(await reader.verify()).toMatchObject({ ok: true, index: { ok: true } });
});
