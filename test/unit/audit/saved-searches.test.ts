import { expect, test } from 'vitest';
import { builtInSearches } from '../../../main/core/audit/built-in-searches.ts';
import { parseQuery } from '../../../main/core/audit/parse-query.ts';
import { throughOf } from '../../../main/core/audit/retention.ts';
import { allSearches, checkSearch, expandSearches, savedSearchesMax } from '../../../main/core/audit/saved-searches.ts';

test.each(builtInSearches.map((search) => [search.name, search]))(
  '[AUD-3] the built-in search %s runs',
  (_name, search) => {
    expect(parseQuery(search.query, 0).terms.length).toBeGreaterThan(0);
    expect(() => checkSearch(search, [], 0)).toThrow('built in');
  },
);

test.each([
  ['Denied', 'decision:deny', 'cannot be the name'],
  ['-x', 'decision:deny', 'cannot be the name'],
  ['x'.repeat(41), 'decision:deny', 'cannot be the name'],
  ['mine', 'decision:maybe', 'no decision "maybe"'],
  ['mine', '"open', 'never closed'],
  ['mine', '  ', 'finds everything'],
])('[AUD-3] a search %j of %j is not saved', (name, query, message) => {
  expect(() => checkSearch({ name, query }, [], 0)).toThrow(message);
});

test('[AUD-3] there is room for so many, and one that is there can always be replaced', () => {
  const saved = Array.from({ length: savedSearchesMax }, (_, index) => ({ name: `s${index}` }));
  expect(() => checkSearch({ name: 'one-more', query: 'x' }, saved, 0)).toThrow('already');
  expect(() => checkSearch({ name: 's7', query: 'x' }, saved, 0)).not.toThrow();
});

test('[AUD-3] @NAME stands for the query; anything else stays as it is', () => {
  const searches = allSearches([{ name: 'mine', query: 'host:example.org word' }]);
  expect(expandSearches(['@mine', 'session:a1c9', '"@name"', '@', 'a@b'], searches)).toEqual([
    'host:example.org word',
    'session:a1c9',
    '"@name"',
    '@',
    'a@b',
  ]);
  expect(() => expandSearches(['@other'], searches)).toThrow('no saved search @other');
});

const pieces = [100, 200, 300, 400].map((through) => ({ through, entries: 100, bytes: 1000 }));
const none = { through: 0, entries: 0, bytes: 0 };
test.each([
  ['nothing is set', {}, none, 0],
  ['all fits', { bytesMax: 4000 }, none, 0],
  ['a byte too much takes the oldest piece', { bytesMax: 3999 }, none, 100],
  ['half has to go', { bytesMax: 2000 }, none, 300],
  ['nothing fits', { bytesMax: 4 }, none, 400],
  ['nothing is old', { keepMs: 1 }, none, 0],
  ['some is old', { keepMs: 1 }, { through: 150, entries: 150, bytes: 1 }, 150],
  ['too little to be worth it', { keepMs: 1 }, { through: 150, entries: 1, bytes: 1 }, 0],
  ['the larger of both', { keepMs: 1, bytesMax: 3999 }, { through: 150, entries: 150, bytes: 1 }, 150],
] as const)('[AUD-6] retention: %s', (_what, retention, old, expected) => {
  expect(throughOf(retention, pieces, old)).toBe(expected);
});
