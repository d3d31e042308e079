import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AuditEvent, NewEvent } from '#contract/audit.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { EntryReader } from '../../../main/adapters/sqlite/entry-reader.ts';
import { EntryWriter } from '../../../main/adapters/sqlite/entry-writer.ts';
import { matches } from '../../../main/core/audit/match-query.ts';
import { parseQuery } from '../../../main/core/audit/parse-query.ts';
import type { Query } from '../../../main/core/audit/query.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import { Random } from '../random.ts';

const now = Date.UTC(2026, 0, 31, 12);
const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-fuzz-'));
const file = path.join(folder, 'audit.db');

const hosts = ['example.org', 'api.example.org', 'a.b.example.org', '127.0.0.1', '::1', 'xn--bcher-kva.example'];
const paths = [
  '/',
  '/a',
  '/a/b',
  '/a/bc',
  '/a/b/c',
  '/home/me/Größe.txt',
  '/a b/ç',
  '/x"y',
  '/-',
  '/naïve/ﬁle',
  '/İstanbul',
  '/Σίσυφος',
];
const words = [
  'Straße',
  'STRASSE',
  'x',
  'é',
  'e\u0301',
  '漢字',
  '😀',
  'a-b',
  'a_b',
  '\ue000',
  '\uf8ffx',
  'AND',
  'NEAR',
  'ο ς',
  '٣',
  '½',
  'ǆ',
  'ß*',
  '"q"',
  '\\',
];

function buildEvents(count: number): NewEvent[] {
  const random = new Random(42);
  const maybe = <T>(value: T): T | undefined => (random.oneIn(3) ? undefined : value);
  return Array.from({ length: count }, () => {
    const text = random.times(
      1 + random.below(4),
      () => random.pick([...words, ...paths]),
      random.pick([' ', '/', '\n', '']),
    );
    const resource = maybe<NewEvent['resource']>(
      random.pick([
        { kind: 'path', path: random.pick(paths) },
        { kind: 'host', host: random.pick(hosts), port: 443 },
        { kind: 'program', path: random.pick(['/usr/bin/git', 'git', '/a/b', '/usr/bin/']) },
        { kind: 'tool', server: 'files', tool: random.pick(words) },
      ] as const),
    );
    const event: NewEvent = {
      kind: random.pick(['decision', 'session.started', 'connection.opened', 'connection.closed', 'log.opened']),
      summary: text,
      detail: {
        n: random.pick([1, 1.5, -3, 1e21]),
        ...(random.oneIn(3) && { command: [random.pick(['git', '/usr/bin/node']), random.pick(words)] }),
        ...(random.oneIn(4) && { host: random.pick([...hosts, 'Example.ORG', random.pick(words)]) }),
        ...(random.oneIn(4) && { path: random.pick([...paths, 'relative', random.pick(words)]) }),
        ...(random.oneIn(5) && { [random.pick(words)]: [random.pick(words), { deep: random.pick(words) }] }),
      },
    };
    const agent = maybe(random.pick(['claude', 'codex', ...words]));
    const session = maybe(random.pick(['a1c9-tiger-lamp', 'a1c9-tiger', 'a1c9', 'b2-', '-x', random.pick(words)]));
    const decision = maybe(random.pick(['allow', 'deny'] as const));
    return {
      ...event,
      ...(resource !== undefined && { resource }),
      ...(agent !== undefined && { agent }),
      ...(session !== undefined && { session }),
      ...(decision !== undefined && { decision, reason: decision === 'allow' ? 'permitted' : 'no_permit' }),
      ...(random.oneIn(3) && { task: random.pick(['t-1a2b3c4d', random.pick(words)]) }),
      ...(random.oneIn(3) && { action: random.pick(['file.read', 'file.write', 'net.connect'] as const) }),
    };
  });
}

function openLog(): EntryReader {
  const writer = new EntryWriter(file, undefined, new Redactor());
  const random = new Random(7);
  const batch = buildEvents(64).map((event, index) => {
    // The clock is set back once, which a real log has to live with.
    const at = new Date(now - (64 - index) * 1_800_000 - (index > 32 ? 90_000_000 : 0) + random.below(1000));
    return { event, at: at.toISOString(), salt: index.toString(16).padStart(32, '0') };
  });
  writer.write(batch);
  writer.close();
  return new EntryReader(file);
}

const reader = openLog();
const everything = { before: undefined, after: undefined, limit: 10_000 };
const events: readonly AuditEvent[] = find('').reverse();

function find(query: string): AuditEvent[] {
  const { limit } = everything;
  return reader.query({ query, limit }, now).events;
}

function parse(text: string): Query | string {
  try {
    return parseQuery(text, now);
  } catch (error) {
    must(error instanceof GatehouseError && error.data.code === 'query_invalid', 'an untyped error', String(error));
    must(
      error.data.remedy !== undefined && error.data.why !== undefined,
      'an error without why and remedy',
      error.data,
    );
    return error.data.why;
  }
}

function check(text: string): string {
  const query = parse(text);
  if (typeof query === 'string') {
    must(/position|character/u.test(messageOf(text)), 'the search refuses it otherwise', text);
    return query
      .replace(/"[^"]*"/gu, '…')
      .replace(/\d+/gu, '0')
      .slice(0, 40);
  }
  const found = find(text).map(({ seq }) => seq);
  const wanted = events.filter((event) => matches(query, event)).map(({ seq }) => seq);
  must(
    found.toReversed().join() === wanted.join(),
    'the index finds other events than the filter',
    text,
    found.toReversed(),
    wanted,
  );
  checkNegation(query, wanted);
  const fields = [
    ...new Set(query.terms.map(({ negated, condition }) => `${negated ? '-' : ''}${condition.field}`)),
  ].sort();
  const outcome = `${fields.slice(0, 4).join(' ')} ${wanted.length === 0 ? 'none' : wanted.length === events.length ? 'all' : 'some'}`;
  // An export reads with the filter of the live tail, so a few of them do.
  if (text.length % 4 !== 0) return outcome;
  const paged = reader.read({ query: text, after: 0, count: 10_000 }, now).events.map(({ seq }) => seq);
  must(paged.join() === wanted.join(), 'an export finds other events', text, paged, wanted);
  return outcome;
}

/** A term and its opposite together are everything, and nothing twice. */
function checkNegation(query: Query, wanted: readonly number[]): void {
  const [term] = query.terms;
  if (term === undefined || query.terms.length > 1) return;
  const opposite: Query = { terms: [{ ...term, negated: !term.negated }] };
  const others = events.filter((event) => matches(opposite, event)).length;
  must(wanted.length + others === events.length, 'a term and its opposite overlap', query);
}

function messageOf(text: string): string {
  try {
    find(text);
    return '';
  } catch (error) {
    must(error instanceof GatehouseError && error.data.code === 'query_invalid', 'an untyped error', String(error));
    return error.data.what;
  }
}

const fields = [
  'kind:',
  'action:',
  'decision:',
  'reason:',
  'agent:',
  'task:',
  'session:',
  'host:',
  'path:',
  'program:',
  'seq:',
  'since:',
  'until:',
];
const values = [
  'decision',
  'session.*',
  'connection.*',
  '*',
  'file.*',
  'allow',
  'denied',
  'permitted',
  'claude',
  'a1c9',
  'a1c9-tiger',
  't-1a2b3c4d',
  ...hosts,
  '*.example.org',
  '*.org',
  ...paths,
  'git',
  '7',
  '3..9',
  '100..',
  '2d',
  '90m',
  '1w',
  '2026-01-30',
  '2026-01-30T10:00:00+02:00',
  ...words,
  'w*',
  'a*',
];

/** Conditions that some event of the log meets. */
const fitting = [
  'session:a1c9',
  'session:a1c9-tiger',
  'host:*.example.org',
  'host:example.org',
  'path:/a',
  'path:/a/b',
  'program:git',
  'agent:claude',
  'kind:connection.*',
  'decision:denied',
  'task:t-1a2b3c4d',
  'action:file.*',
  'reason:no_permit',
  'seq:3..9',
  'since:2d',
  'until:90m',
];

function generate(random: Random): string {
  const term = () => {
    if (random.oneIn(2)) return `${random.oneIn(4) ? '-' : ''}${random.pick(fitting)}`;
    const value = random.pick(values);
    const quoted = random.oneIn(3) ? `"${value.replace(/["\\]/gu, '\\$&')}"` : value;
    return `${random.oneIn(5) ? '-' : ''}${random.oneIn(2) ? random.pick(fields) : ''}${quoted}`;
  };
  return random.times(random.few(6), term, random.pick([' ', ' ', '  ', '\t', '']));
}

/** The query language, the search index, and the filter of the live tail. */
export const query: FuzzTarget = {
  name: 'query',
  property:
    'A query is understood or refused with a typed error; the search index, an export and the filter of the live tail find the same events of a log in SQLite; a term and its opposite divide them.',
  generate,
  words: [...fields, ...values, '"', '-', '*', ' ', '\\"', ' OR ', '(', ')', '^', 'words : '],
  seeds: ['', ...fitting, 'word', '-"two words"', ...fields.map((field, index) => `${field}${values[index] ?? ''}`)],
  check,
  close: () => {
    reader.close();
    rmSync(folder, { recursive: true, force: true });
  },
};
