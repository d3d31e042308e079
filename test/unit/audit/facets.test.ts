import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auditEventSchema, eventKindSchema, type NewEvent } from '#contract/audit.ts';
import { cleanEvent, cleanPayload } from '../../../main/core/audit/clean-event.ts';
import { eventTextOf, payloadOf } from '../../../main/core/audit/entry.ts';
import { countedValues, countedValuesOf, FacetCounts } from '../../../main/core/audit/facets.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    '"',
    '\\',
    ',"summary":"',
    ',"session":"x"',
    '"host":',
    '"},"session":"s","summary":"',
    'ünïcode',
    '\u2028',
  ),
);
const detail = fc.dictionary(
  fc.oneof(fc.constantFrom('host', 'gates', 'session', 'summary', 'reason', 'a'), text),
  fc.oneof(
    text,
    fc.integer(),
    fc.array(text, { maxLength: 3 }),
    fc.dictionary(text, text, { maxKeys: 3 }),
    fc.constant(null),
  ),
  { maxKeys: 4 },
);
const resource = fc.oneof(
  text.map((path) => ({ kind: 'path' as const, path: `/${path}` })),
  text.map((host) => ({ kind: 'host' as const, host: `h${host}`, port: 443 })),
  text.map((name) => ({ kind: 'tool' as const, server: name, tool: name })),
);
const event: fc.Arbitrary<NewEvent> = fc.record(
  {
    kind: fc.constantFrom(...eventKindSchema.options),
    summary: text,
    detail,
    session: text,
    task: text,
    agent: text,
    action: fc.constantFrom('file.write' as const, 'net.connect' as const),
    decision: fc.constantFrom('allow' as const, 'deny' as const),
    reason: fc.constantFrom('permitted' as const, 'no_permit' as const),
    resource,
  },
  { requiredKeys: ['kind', 'summary', 'detail'] },
);
const place = { seq: 1, at: '2026-01-31T12:00:00.000Z', hash: 'a'.repeat(64) };

/** Absent members are not there. */
const plain = (values: object): unknown => JSON.parse(JSON.stringify(values));

test('[AUD-3] what is read out of a stored text without parsing it is what the event says', () => {
  fc.assert(
    fc.property(event, (given) => {
      const { kind } = given;
      const payload = cleanPayload(given, new Redactor());
      const parsed = auditEventSchema.parse(JSON.parse(eventTextOf({ ...place, kind, payload })));
      expect(plain(countedValues({ kind, payload }))).toEqual(plain(countedValuesOf(parsed)));
    }),
    { numRuns: 1500 },
  );
});

test('[AUD-1] the stored text is the canonical form of the clean event', () => {
  fc.assert(
    fc.property(event, (given) => {
      const redactor = new Redactor();
      expect(cleanPayload(given, redactor)).toBe(payloadOf(cleanEvent(given, redactor)));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['erased', ''],
  ['garbage', 'garbage'],
  ['no object', '7'],
  ['cut', '{"action":"file.write","detail":{'],
])('[AUD-3] an entry whose payload is %s counts by its kind', (_what, payload) => {
  expect(plain(countedValues({ kind: 'decision', payload }))).toEqual({ kind: 'decision' });
});

test('[AUD-3] counts can be added up and taken back', () => {
  const [one, other] = [new FacetCounts(), new FacetCounts()];
  one.add(1, { kind: 'decision', host: 'a', gates: ['g', 'g'] });
  other.add(2, { kind: 'decision', host: 'b', session: 'x'.repeat(257) });
  one.addAll(other.all());
  one.add(2, { kind: 'decision', host: 'b' }, -1);
  expect([...one.all()]).toEqual([
    { field: 'kind', value: 'decision', entries: 1, lastSeq: 2 },
    { field: 'host', value: 'a', entries: 1, lastSeq: 1 },
    { field: 'gate', value: 'g', entries: 1, lastSeq: 1 },
  ]);
});
