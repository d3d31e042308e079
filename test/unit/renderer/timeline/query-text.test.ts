import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../../../main/core/audit/parse-query.ts';
import {
  errorPosition,
  standingOf,
  termsOf,
  toggledTerm,
  withRange,
  writtenTerm,
} from '../../../../renderer/features/timeline/query-text.ts';

describe('[AUD-3] editing a query', () => {
  test.each([
    ['agent:claude', ['agent', 'claude', false]],
    ['-agent:claude', ['agent', 'claude', true]],
    ['path:"/a b"', ['path', '/a b', false]],
    ['"two words"', [undefined, 'two words', false]],
    ['http://x', [undefined, 'http://x', false]],
    ['"never closed', [undefined, 'never closed', false]],
    ['host:', ['host', '', false]],
  ])('%s is one term', (text, [field, value, negated]) => {
    expect(termsOf(text)).toEqual([{ begin: 0, end: text.length, field, value, negated }]);
  });

  test.each([
    ['', 'agent', 'claude', false, 'agent:claude'],
    ['word', 'agent', 'claude', false, 'word agent:claude'],
    ['agent:claude word', 'agent', 'claude', false, 'word'],
    ['agent:codex word', 'agent', 'claude', false, 'word agent:claude'],
    ['agent:claude', 'agent', 'claude', true, '-agent:claude'],
    ['-agent:claude', 'agent', 'claude', true, ''],
    ['-agent:claude', 'agent', 'codex', true, '-agent:claude -agent:codex'],
    ['', undefined, 'net.new-host', false, '"net.new-host"'],
    ['"net.new-host" x', undefined, 'net.new-host', false, 'x'],
  ])('%s, then %s:%s (without: %s), is %s', (text, field, value, negated, expected) => {
    expect(toggledTerm(text, field, value, negated)).toBe(expected);
  });

  test('a time range takes the place of another', () => {
    const ranged = withRange('a since:2d b until:1h', { since: '2026-01-31T12:00:00.000Z' });
    expect(ranged).toBe('a b since:2026-01-31T12:00:00.000Z');
    expect(withRange(ranged, {})).toBe('a b');
  });

  test('any value that was written is read back as it was, by us and by the supervisor', () => {
    const value = fc.string({ minLength: 1 }).filter((text) => /[a-z]/iu.test(text) && !/[\r\n]/u.test(text));
    fc.assert(
      fc.property(value, (text) => {
        const written = writtenTerm('agent', text);
        expect(termsOf(written)).toMatchObject([{ field: 'agent', value: text }]);
        expect(parseQuery(written, 0).terms).toEqual([{ negated: false, condition: { field: 'agent', value: text } }]);
        expect(standingOf(toggledTerm('', 'agent', text), 'agent', text)).toBe('wanted');
        expect(toggledTerm(toggledTerm('word', 'agent', text), 'agent', text)).toBe('word');
      }),
    );
  });

  test('text of any kind is cut into terms that follow each other', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ':', '"', '-', '\\', ' ', '/', 'é') }), (text) => {
        let end = 0;
        for (const term of termsOf(text)) {
          expect(term.begin).toBeGreaterThanOrEqual(end);
          expect(term.end).toBeGreaterThan(term.begin);
          end = term.end;
        }
        expect(text.slice(end).trim()).toBe('');
      }),
    );
  });

  test('the place of an error is that of the supervisor', () => {
    expect(() => parseQuery('word agnt:x', 0)).toThrow(/at character 6/u);
    expect(errorPosition('The query cannot be understood at character 6:')).toBe(5);
    expect(errorPosition('Something else.')).toBeUndefined();
  });
});
