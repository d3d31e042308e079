import { describe, expect, test } from 'vitest';
import { parseBreakers } from '../../../main/cli/parse/breakers.ts';

describe('[MON-2] --breaker', () => {
  test('takes counts, sizes and off; the last of a name wins', () => {
    expect(parseBreakers(['deletions=500', 'bytes-out=1G', 'denials=off', 'deletions=7'])).toEqual({
      deletions: 7,
      'bytes-out': 1024 ** 3,
      denials: 'off',
    });
    expect(parseBreakers([])).toEqual({});
  });

  test.each([
    ['deletions', 'has no value'],
    ['deletions=', 'has no value'],
    ['=5', 'has no value'],
    ['deletion=5', 'no breaker named "deletion"'],
    ['__proto__=5', 'no breaker named'],
    ['deletions=0', 'not a whole number above 0'],
    ['deletions=-1', 'not a whole number above 0'],
    ['denials=1.5', 'not a whole number above 0'],
    ['bytes-out=0', 'not a whole number above 0'],
    ['bytes-out=much', 'is not a size'],
  ])('%s is refused', (spec, why) => {
    expect(() => parseBreakers([spec])).toThrow(why);
  });
});
