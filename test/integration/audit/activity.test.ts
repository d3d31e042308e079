import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Activity } from '#contract/activity.ts';
import type { NewEvent } from '#contract/audit.ts';
import type { AuditReader } from '../../../main/core/audit/log.ts';
import { type TemporaryLog, temporaryLog } from './temporary-log.ts';

const begin = Date.UTC(2026, 0, 1, 10, 30);
const entries = 11_000;
const spacingMs = 700;
const now = begin + entries * spacingMs;

let folder: TemporaryLog;
let reader: AuditReader;

/** More of each kind than are ever looked at one by one. */
function eventAt(index: number): NewEvent {
  const decision = index % 12 === 0 ? undefined : index % 5 === 0 ? 'deny' : 'allow';
  return {
    kind: decision === undefined ? 'workspace.changed' : 'decision',
    agent: index < entries / 2 ? 'claude' : 'codex',
    summary: decision === undefined ? 'notes.txt was changed' : 'connect to example.org:443',
    detail: { host: 'example.org', ...(decision === undefined ? { path: '/home/ada/notes.txt' } : {}) },
    ...(decision === undefined ? {} : { decision }),
  };
}

beforeAll(async () => {
  folder = await temporaryLog();
  let clock = begin;
  const log = await folder.write({ now: () => clock });
  for (let index = 0; index < entries; index += 1) {
    clock = begin + index * spacingMs;
    log.observe(eventAt(index));
    if (index % 500 === 499) await log.flush();
  }
  await log.flush();
  reader = await folder.read({ now: () => now });
}, 100_000);

afterAll(() => folder.remove());

const sum = (bars: Activity['bars'], field: 'entries' | 'allowed' | 'denied'): number =>
  bars.reduce((total, bar) => total + bar[field], 0);

test.each([
  '',
  'decision:deny',
  'agent:codex',
  'connect',
  'exam*',
  '-decision:allow',
  'agent:claude -decision:deny',
  'kind:decision since:2026-01-01T11:00:00Z until:2026-01-01T11:59:59.300Z',
  'since:1h',
  'seq:100..4711',
  'notes connect',
])('[AUD-3] what matches “%s” is counted exactly over time, however much it is', async (query) => {
  const found = [];
  for (let before: number | undefined; ; before = found.at(-1)?.seq) {
    const page = await reader.query({ query, limit: 10_000, ...(before === undefined ? {} : { before }) });
    found.push(...page.events);
    if (!page.more) break;
  }
  const activity = await reader.activity({ query, bars: 100 });
  const { bars, stepMs } = activity;
  expect(activity).toMatchObject({
    exact: true,
    entries: found.length,
    allowed: found.filter(({ decision }) => decision === 'allow').length,
    denied: found.filter(({ decision }) => decision === 'deny').length,
  });
  expect(bars.length).toBeLessThanOrEqual(100);
  for (const field of ['entries', 'allowed', 'denied'] as const) expect(sum(bars, field)).toBe(activity[field]);
  const own = Map.groupBy(found, ({ at }) => Math.floor((Date.parse(at) - (bars[0]?.at ?? 0)) / stepMs));
  const expected = bars.map(({ at }, index) => ({
    at,
    entries: own.get(index)?.length ?? 0,
    allowed: own.get(index)?.filter(({ decision }) => decision === 'allow').length ?? 0,
    denied: own.get(index)?.filter(({ decision }) => decision === 'deny').length ?? 0,
  }));
  expect(bars).toEqual(expected);
});

test('a path is looked for entry by entry, and the answer says when that had to end', async () => {
  expect(await reader.activity({ query: 'path:/home/ada', bars: 50 })).toMatchObject({ entries: 917, exact: true });
  expect(await reader.activity({ query: '-path:/home/ada', bars: 50 })).toMatchObject({
    entries: 10_000,
    exact: false,
  });
});

test('days are those of whoever looks, and a time without entries has bars without height', async () => {
  const day = await reader.activity({ query: 'since:2025-11-01T00:00:00Z', bars: 100, offsetMinutes: 330 });
  expect(day.stepMs).toBe(86_400_000);
  expect(new Date(day.bars[1]?.at ?? 0).toISOString()).toBe('2025-11-01T18:30:00.000Z');
  const none = await reader.activity({ query: 'nothing since:1h', bars: 100 });
  expect(none).toMatchObject({ entries: 0, exact: true });
  expect(none.bars.length).toBeGreaterThan(50);
  expect(await reader.activity({ query: 'nothing', bars: 100 })).toMatchObject({ entries: 0, bars: [] });
});

test('what cannot be understood is said', async () => {
  await expect(reader.activity({ query: 'agnt:x', bars: 10 })).rejects.toMatchObject({
    data: { code: 'query_invalid' },
  });
});
