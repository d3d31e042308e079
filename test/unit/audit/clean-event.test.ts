import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NewEvent, newEventSchema } from '#contract/audit.ts';
import { cleanEvent, eventBounds } from '../../../main/core/audit/clean-event.ts';
import { escapeControls } from '../../../main/core/audit/escape.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';

const canary = 'canary-7f3a9e-value';
const redactor = new Redactor();
redactor.add(canary, 'canary');

const base: NewEvent = { kind: 'decision', summary: 's', detail: {} };

describe('[AUD-5] a planted canary is gone from every place of an event', () => {
  test.each<[string, Partial<NewEvent>]>([
    ['summary', { summary: `the ${canary} is` }],
    ['agent', { agent: canary }],
    ['session', { session: canary }],
    ['task', { task: canary }],
    ['path', { resource: { kind: 'path', path: `/tmp/${canary}/x` } }],
    ['host', { resource: { kind: 'host', host: `${canary}.example.org`, port: 443 } }],
    [
      'URL',
      { resource: { kind: 'url', scheme: 'https', method: canary, host: canary, port: 1, path: `/?q=${canary}` } },
    ],
    ['program', { resource: { kind: 'program', path: `/${canary}` } }],
    ['secret', { resource: { kind: 'secret', name: canary, host: canary } }],
    ['tool', { resource: { kind: 'tool', server: canary, tool: canary } }],
    ['detail', { detail: { a: canary } }],
    ['name in the detail', { detail: { [canary]: 1 } }],
    ['depth of the detail', { detail: { a: [[{ b: { c: [`x${canary}y`] } }]] } }],
    ['name __proto__', { detail: JSON.parse(`{"__proto__":{"a":"${canary}"}}`) }],
  ])('%s', (_place, part) => {
    const text = JSON.stringify(cleanEvent({ ...base, ...part }, redactor));
    expect(text).not.toContain('7f3a9e');
    expect(text).toContain('[redacted:canary]');
  });

  test.each<[string, NewEvent['detail']]>([
    ['an option and its value', { command: ['tool', '--api-key', 'canary'] }],
    ['a header and its value', { headers: [['Authorization', 'canary']] }],
    ['a member with a telling name', { headers: { Cookie: 'canary', 'x-api-key': 'canary' } }],
    ['a named value', { variable: { name: 'GITHUB_TOKEN', value: 'canary' } }],
    ['a camel-case name', { refreshToken: 'canary', clientSecret: 'canary' }],
  ])('%s', (_what, detail) => {
    expect(JSON.stringify(cleanEvent({ ...base, detail }, new Redactor()))).not.toContain('canary');
  });

  test('cutting leaves nothing of a secret that it goes through', () => {
    for (let before = eventBounds.stringCharacters - 40; before < eventBounds.stringCharacters + 5; before += 1) {
      const text = JSON.stringify(
        cleanEvent({ ...base, detail: { a: `${'x'.repeat(before)}${canary}tail` } }, redactor),
      );
      expect(text).not.toContain('canary-');
    }
  });
});

describe('[AUD-1] an event is bounded and cannot forge lines', () => {
  test.each([
    ['a newline', 'a\nb', 'a\\u{a}b'],
    ['an escape sequence', '\u001b[2J', '\\u{1b}[2J'],
    ['C1 controls', '\u009b31m', '\\u{9b}31m'],
    ['bidirectional controls', 'a\u202egpj.exe', 'a\\u{202e}gpj.exe'],
    ['zero-width characters', 'a\u200bb\ufeff', 'a\\u{200b}b\\u{feff}'],
    ['line separators', 'a\u2028b', 'a\\u{2028}b'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
    ['an invisible tag', 'a\u{e0041}', 'a\\u{e0041}'],
    ['a text that looks like an escape', '\\u{a}', '\\u{5c}u{a}'],
    ['ordinary text', 'C:\\users\\ünï 😀', 'C:\\users\\ünï 😀'],
  ])('%s', (_what, text, shown) => {
    expect(escapeControls(text)).toBe(shown);
  });

  test('different texts stay different', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(escapeControls(a) === escapeControls(b)).toBe(a === b);
      }),
    );
  });

  test('whatever comes in fits the contract, holds no control character and is bounded', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constant('x'.repeat(10_000)),
    );
    const anyDetail = fc.dictionary(
      anyText,
      fc.oneof(
        fc.jsonValue({ stringUnit: 'binary', maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value))),
        anyText,
      ),
    );
    const anyEvent = fc.record(
      {
        kind: fc.constantFrom('decision' as const, 'session.started' as const),
        summary: anyText,
        detail: anyDetail,
        agent: anyText,
        resource: fc.oneof(
          anyText.map((text) => ({ kind: 'path' as const, path: `/${text}` })),
          anyText.map((host) => ({ kind: 'host' as const, host, port: 1 })),
        ),
      },
      { requiredKeys: ['kind', 'summary', 'detail'] },
    );
    fc.assert(
      fc.property(anyEvent, (event) => {
        const clean = cleanEvent(event, redactor);
        expect(newEventSchema.safeParse(clean).success).toBe(true);
        const text = JSON.stringify(clean);
        expect(text.length).toBeLessThan(200_000);
        expect(text).not.toMatch(/\\n|\\r|\\t|\\u00[01]|\\ud[89a-f]|[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/u);
      }),
      { numRuns: 200 },
    );
  });

  test('every cut says how much', () => {
    const clean = cleanEvent(
      {
        ...base,
        summary: 's'.repeat(2000),
        detail: {
          text: '😀'.repeat(4000),
          list: Array.from({ length: 2000 }, (_, index) => index),
          object: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index])),
        },
      },
      redactor,
    );
    expect(clean.summary).toMatch(/…\[cut 1000 characters\]$/u);
    expect(clean.detail['text']).toMatch(/^(?:😀)+…\[cut \d+ characters\]$/u);
    expect(clean.detail['list']).toHaveLength(eventBounds.arrayItems + 1);
    expect(clean.detail['object']).toMatchObject({ '[cut]': '44 members' });
  });

  test('a detail that is too large as a whole keeps its beginning', () => {
    const detail = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, 'x'.repeat(4000)]));
    const clean = cleanEvent({ ...base, detail }, redactor);
    expect(Object.keys(clean.detail)).toEqual(['cut', 'beginning']);
    expect(JSON.stringify(clean).length).toBeLessThan(20_000);
  });

  test('names that become one keep both members', () => {
    const clean = cleanEvent(
      {
        ...base,
        detail: { [`${canary}`]: 1, [encodeURIComponent(`${canary}`).replace('-', '%2D')]: 2, '[redacted:canary]': 3 },
      },
      redactor,
    );
    expect(Object.values(clean.detail).sort()).toEqual([1, 2, 3]);
  });

  test('a path that redaction made relative is kept as detail', () => {
    const slashed = new Redactor();
    slashed.add('/secret/place', 'place');
    const clean = cleanEvent({ ...base, resource: { kind: 'path', path: '/secret/place' } }, slashed);
    expect(clean.resource).toBeUndefined();
    expect(clean.detail).toEqual({ resource: { kind: 'path', path: '[redacted:place]' } });
  });
});
