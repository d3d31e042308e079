import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { matches } from '../../../main/core/audit/match-query.ts';
import { parseQuery, queryOf } from '../../../main/core/audit/parse-query.ts';
import type { Condition } from '../../../main/core/audit/query.ts';

const now = Date.UTC(2026, 0, 31, 12);

function conditions(text: string): Condition[] {
  return parseQuery(text, now).terms.map(({ condition }) => condition);
}

describe('[AUD-3] the query language', () => {
  test.each<[string, Condition[]]>([
    ['', []],
    ['  ', []],
    ['word', [{ field: 'text', words: ['word'], prefix: false }]],
    ['wor*', [{ field: 'text', words: ['wor'], prefix: true }]],
    ['Größe', [{ field: 'text', words: ['große'], prefix: false }]],
    ['"two words"', [{ field: 'text', words: ['two', 'words'], prefix: false }]],
    ['"a \\"b\\""', [{ field: 'text', words: ['a', 'b'], prefix: false }]],
    ['src/a-b.ts', [{ field: 'text', words: ['src', 'a', 'b', 'ts'], prefix: false }]],
    ['https://example.org/x', [{ field: 'text', words: ['https', 'example', 'org', 'x'], prefix: false }]],
    ['kind:decision', [{ field: 'kind', kinds: ['decision'] }]],
    ['kind:connection.*', [{ field: 'kind', kinds: ['connection.opened', 'connection.closed'] }]],
    ['action:file.*', [{ field: 'action', actions: ['file.read', 'file.write', 'file.delete', 'file.protected'] }]],
    ['decision:denied', [{ field: 'decision', decision: 'deny' }]],
    ['reason:no_permit', [{ field: 'reason', reason: 'no_permit' }]],
    [
      'agent:claude session:a1c9',
      [
        { field: 'agent', value: 'claude' },
        { field: 'session', value: 'a1c9' },
      ],
    ],
    ['task:"t-1a2b3c4d"', [{ field: 'task', value: 't-1a2b3c4d' }]],
    ['host:API.example.org.', [{ field: 'host', host: 'api.example.org', subdomains: false }]],
    ['host:*.example.org', [{ field: 'host', host: 'example.org', subdomains: true }]],
    ['host:[::1]', [{ field: 'host', host: '::1', subdomains: false }]],
    ['path:/a//b/../c/', [{ field: 'path', path: '/a/c' }]],
    ['path:/', [{ field: 'path', path: '/' }]],
    ['path:"/a b"', [{ field: 'path', path: '/a b' }]],
    ['program:curl', [{ field: 'program', program: 'curl' }]],
    ['seq:7', [{ field: 'seq', first: 7, last: 7 }]],
    ['seq:7..9', [{ field: 'seq', first: 7, last: 9 }]],
    ['seq:7..', [{ field: 'seq', first: 7, last: Number.MAX_SAFE_INTEGER }]],
    ['since:2d', [{ field: 'since', at: '2026-01-29T12:00:00.000Z' }]],
    ['since:90m', [{ field: 'since', at: '2026-01-31T10:30:00.000Z' }]],
    ['until:2026-01-30', [{ field: 'until', at: '2026-01-30T00:00:00.000Z' }]],
    ['until:2026-01-30T10:00:00+02:00', [{ field: 'until', at: '2026-01-30T08:00:00.000Z' }]],
  ])('%s', (text, expected) => {
    expect(conditions(text)).toEqual(expected);
  });

  test('a dash in front excludes', () => {
    expect(parseQuery('a -b -agent:claude -"c d"', now).terms.map(({ negated }) => negated)).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  test('the fields of a request are terms too', () => {
    const query = queryOf(
      { query: 'x', agent: 'a b', session: 's', since: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z' },
      now,
    );
    expect(query.terms.map(({ condition }) => condition.field)).toEqual(['text', 'since', 'until', 'agent', 'session']);
  });

  test.each([
    ['agnet:claude', 1, 'there is no field "agnet"'],
    ['a  constructor:x', 4, 'there is no field "constructor"'],
    ['localhost:8080', 1, 'put it in quotes'],
    ['agent:', 1, 'has no value'],
    ['agent: claude', 1, 'has no value'],
    ['a "open', 3, 'never closed'],
    ['a -', 3, 'dash alone'],
    ['***', 1, 'no letter or digit'],
    ['""', 1, 'no letter or digit'],
    ['kind:nothing', 1, 'there is no kind "nothing"'],
    ['kind:nothing.*', 1, 'there is no kind'],
    ['decision:maybe', 1, 'there is no decision'],
    ['reason:because', 1, 'there is no reason'],
    ['host:a/b', 1, 'is not a host'],
    ['path:a/b', 1, 'is not an absolute path'],
    ['seq:x', 1, 'is not a number'],
    ['since:yesterday', 1, 'is not a time'],
    ['since:2026-13-45', 1, 'is not a time'],
    [Array.from({ length: 33 }, () => 'a').join(' '), 65, 'over 32 terms'],
    ['a'.repeat(5000), 4097, 'over 4096 characters'],
    [`"${'a '.repeat(70)}"`, 1, 'too long'],
  ])('%s is refused with its place', (text, position, message) => {
    try {
      parseQuery(text, now);
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      expect(error.data.code).toBe('query_invalid');
      expect(error.message).toContain(`character ${position}:`);
      expect(error.message).toContain(message);
      expect(error.data.remedy).toBeTruthy();
      return;
    }
    expect.unreachable('the query was accepted');
  });

  test('a time in a request that is none is refused', () => {
    expect(() => queryOf({ query: '', since: '2d' }, now)).toThrow('RFC 3339');
  });

  test('any text is either understood or refused as query_invalid', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"', '-', ':', '*', '\\', 'host:', 'path:/', 'since:', 'seq:'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          parseQuery(pieces.join(''), now);
        } catch (error) {
          if (!(error instanceof GatehouseError)) throw error;
          expect(error.data.code).toBe('query_invalid');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const event: AuditEvent = {
  seq: 7,
  at: '2026-01-30T12:00:00.000Z',
  hash: '0'.repeat(64),
  kind: 'decision',
  agent: 'claude',
  session: 'a1c9-tiger-lamp',
  task: 't-1a2b3c4d',
  action: 'file.read',
  decision: 'deny',
  reason: 'no_permit',
  resource: { kind: 'path', path: '/home/user/Straße/π.txt' },
  summary: 'Reading was denied.',
  detail: {
    gates: ['file.home'],
    host: 'api.example.org',
    nested: { deep: ['needle'] },
    command: ['/usr/bin/node', 'x'],
  },
};

describe('[AUD-3] matching one event', () => {
  test.each([
    'reading',
    'READING',
    '"was denied"',
    '"file read"',
    'needle',
    'need*',
    'strasse -nothing',
    'π',
    'agent:claude kind:decision action:file.* decision:deny reason:no_permit',
    'session:a1c9',
    'session:a1c9-tiger-lamp',
    'task:t-1a2b3c4d',
    'path:/home/user',
    'path:/home/user/Straße/π.txt',
    'path:/',
    'host:api.example.org',
    'host:*.example.org',
    'host:*.org',
    'program:node',
    'program:/usr/bin/node',
    'seq:7 seq:1..9',
    'since:2d until:2026-01-31',
    '-agent:codex',
    '',
  ])('finds it by %s', (text) => {
    expect(matches(parseQuery(text.replace('strasse', 'straße'), now), event)).toBe(true);
  });

  test.each([
    'read* -needle',
    'eedle',
    '"denied reading"',
    'agent:clau',
    'session:a1',
    'session:a1c9-tig',
    'path:/home/use',
    'path:/home/user/Straße/π',
    'host:example.org',
    'host:*.api.example.org',
    'program:ode',
    'seq:8',
    'since:1h',
    'until:3d',
    '-session:a1c9',
    '-path:/home',
  ])('does not find it by %s', (text) => {
    expect(matches(parseQuery(text, now), event)).toBe(false);
  });
});
