import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditEvent, eventKindSchema, type NewEvent } from '#contract/audit.ts';
import type { AuditReader } from '../../../main/core/audit/log.ts';
import { matches } from '../../../main/core/audit/match-query.ts';
import { parseQuery } from '../../../main/core/audit/parse-query.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';

const begin = Date.UTC(2026, 0, 1);
const now = begin + 90 * 3_600_000;

const words = ['alpha', 'beta', 'Größe', 'naïve', 'ΣΊΣΥΦΟΣ', 'x', '42', '日本', 'a-b', 'deny', 'src'];
const hosts = ['example.org', 'api.example.org', 'a.b.example.org', 'example.com', '127.0.0.1', '::1'];
const paths = ['/', '/a', '/a/b', '/a/bc', '/a/b/c d', '/home/user/src/x.ts', '/Größe/ß', '/-', '/a/\u202e/b'];
const programs = ['/usr/bin/curl', '/opt/curl', 'curl', '/usr/bin/node'];
const agents = ['claude', 'codex', 'a.b', 'A B', 'a\ue02eb'];
const sessions = ['a1c9-tiger-lamp', 'a1c9-tiger', 'a1c9', 'ffff-x-y', '-odd-'];

const text = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 5 }).map((list) => list.join(' '));
const anyEvent: fc.Arbitrary<NewEvent> = fc.record(
  {
    kind: fc.constantFrom(...eventKindSchema.options),
    summary: fc.oneof(text, fc.string({ unit: 'binary', maxLength: 20 })),
    detail: fc.record(
      {
        host: fc.oneof(fc.constantFrom(...hosts), fc.nat()),
        path: fc.oneof(fc.constantFrom(...paths), fc.constant(null)),
        program: fc.constantFrom(...programs),
        command: fc.array(fc.constantFrom(...programs, ...words), { maxLength: 2 }),
        note: fc.array(text, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    agent: fc.constantFrom(...agents),
    session: fc.constantFrom(...sessions),
    task: fc.constantFrom('t-1', 't-2'),
    action: fc.constantFrom('file.read' as const, 'file.write' as const, 'net.connect' as const),
    decision: fc.constantFrom('allow' as const, 'deny' as const),
    reason: fc.constantFrom('permitted' as const, 'no_permit' as const),
    resource: fc.oneof(
      fc.constantFrom(...paths).map((path) => ({ kind: 'path' as const, path })),
      fc.constantFrom(...hosts).map((host) => ({ kind: 'host' as const, host, port: 443 })),
      fc.constantFrom(...programs).map((path) => ({ kind: 'program' as const, path })),
      fc.constantFrom(...hosts).map((host) => ({ kind: 'secret' as const, name: 'KEY', host })),
    ),
  },
  { requiredKeys: ['kind', 'summary', 'detail'] },
);

const quote = (value: string): string => `"${value.replace(/["\\]/gu, '\\$&')}"`;
const anyTerm = fc.oneof(
  fc.constantFrom(
    ...words,
    'gr*',
    'al*',
    '"alpha beta"',
    '"beta x"',
    'redacted',
    'example.org',
    'größe',
    'sisy*',
    'σίσυφος',
  ),
  text.map(quote),
  fc.constantFrom(...eventKindSchema.options, 'session.*', 'log.*').map((kind) => `kind:${kind}`),
  fc.constantFrom('file.*', 'file.read', 'net.connect', 'tool.call').map((action) => `action:${action}`),
  fc.constantFrom(
    'decision:allow',
    'decision:deny',
    'reason:permitted',
    'reason:limit',
    'task:t-1',
    'session:a1c9',
    'session:ffff',
  ),
  fc.constantFrom(...agents).map((agent) => `agent:${quote(agent)}`),
  fc.constantFrom(...sessions).map((session) => `session:${quote(session)}`),
  fc.constantFrom(...hosts, '*.org', '*.example.org', '*.0.0.1', 'none').map((host) => `host:${host}`),
  fc.constantFrom(...paths, '/home', '/home/user/src', '/none').map((path) => `path:${quote(path)}`),
  fc.constantFrom(...programs, 'node', 'wget').map((program) => `program:${program}`),
  fc.nat(320).map((seq) => `seq:${seq}..${seq + 60}`),
  fc.nat(100).map((hours) => `since:${hours}h`),
  fc.nat(100).map((hours) => `until:${new Date(begin + hours * 3_600_000).toISOString()}`),
);
const anyQuery = fc
  .array(fc.tuple(fc.boolean(), fc.boolean(), anyTerm), { minLength: 1, maxLength: 4 })
  .map((terms) => terms.map(([a, b, term]) => (a && b ? `-${term}` : term)).join(' '));

describe('[AUD-3] search over a real database', () => {
  let place: TemporaryLog;
  let reader: AuditReader;
  const stored: AuditEvent[] = [];

  beforeAll(async () => {
    place = await temporaryLog();
    let time = begin;
    const log = await place.write({ now: () => time });
    log.subscribe((event) => stored.push(event));
    await log.append(note('first'));
    for (const event of fc.sample(anyEvent, { numRuns: 350, seed: 20_260_101 })) {
      // Mostly forward, now and then an hour back.
      time += stored.length % 17 === 0 ? -3_600_000 : 17 * 60_000;
      await log.append(event);
    }
    reader = await place.read({ now: () => now });
  });
  afterAll(async () => {
    await place.remove();
  });

  async function found(query: string): Promise<number[]> {
    const { events } = await reader.query({ query, limit: 10_000 });
    return events.map(({ seq }) => seq).filter((seq) => seq > 1);
  }

  test('the index and the predicate of the live tail agree on every event', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(anyQuery, async (query) => {
        const parsed = parseQuery(query, now);
        const expected = stored.filter((event) => matches(parsed, event)).map(({ seq }) => seq);
        hits += expected.length;
        expect(await found(query)).toEqual(expected.reverse());
      }),
      { numRuns: 1500 },
    );
    // The control: the property is not true because nothing is ever found.
    expect(hits).toBeGreaterThan(1000);
  });

  test('pages go through everything once, newest first, and say when there is more', async () => {
    const all = await found('-kind:log.opened');
    const pages: number[] = [];
    let before: number | undefined;
    for (let more = true; more; ) {
      const page = await reader.query({
        query: '-kind:log.opened',
        limit: 37,
        ...(before === undefined ? {} : { before }),
      });
      pages.push(...page.events.map(({ seq }) => seq));
      before = page.events.at(-1)?.seq;
      more = page.more;
    }
    expect(pages).toEqual(all);
  });

  test('following asks for what is newer', async () => {
    const newer = await reader.query({ query: '', limit: 5, after: 300 });
    expect(newer.more).toBe(true);
    expect(newer.events.map(({ seq }) => seq)).toEqual([352, 351, 350, 349, 348]);
    expect(await reader.query({ query: '', limit: 5, after: 352 })).toEqual({ events: [], more: false });
  });

  test('a request that cannot be understood is refused, and the next one answered', async () => {
    await expect(reader.query({ query: 'agnet:x', limit: 1 })).rejects.toMatchObject({
      data: { code: 'query_invalid', remedy: expect.stringContaining('agent') },
    });
    expect((await reader.query({ query: '', limit: 1 })).events).toHaveLength(1);
  });

  test('questions are answered while a verification runs', async () => {
    const [verification, page] = await Promise.all([reader.verify(), reader.query({ query: 'x', limit: 1 })]);
    expect(verification).toMatchObject({ ok: true, entries: 352 });
    expect(page.events).toHaveLength(1);
  });
});
