import { describe, expect, test } from 'vitest';
import { nearest } from '../../../main/cli/nearest.ts';
import { parseDurationMs } from '../../../main/cli/parse/duration.ts';
import { parseLimits } from '../../../main/cli/parse/limits.ts';
import { parseMoment } from '../../../main/cli/parse/moment.ts';
import { parsePassedEnvironment } from '../../../main/cli/parse/passed-environment.ts';
import { parseSizeBytes } from '../../../main/cli/parse/size.ts';

describe('durations', () => {
  test.each([
    ['1s', 1000],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['2w', 1_209_600_000],
  ])('%s is %d ms', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  test.each(['', '30', 'm', '30 m', '-5m', '1.5h', '30M', '5min', '1h ', 'h1', '99999999s'])(
    '"%s" is refused',
    (text) => expect(() => parseDurationMs(text)).toThrow(/is not a length of time\. Write/u),
  );
});

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['4096', 4096],
    ['1k', 1024],
    ['512M', 512 * 1024 ** 2],
    ['512MB', 512 * 1024 ** 2],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['2G', 2 * 1024 ** 3],
    ['1T', 1024 ** 4],
  ])('%s is %d bytes', (text, bytes) => expect(parseSizeBytes(text)).toBe(bytes));

  test.each(['', 'G', '2 G', '-1', '2X', '1e3', '0x10', '1.2345G', '999999999999T'])('"%s" is refused', (text) =>
    expect(() => parseSizeBytes(text)).toThrow(/size/u),
  );
});

describe('limits [RUN-4]', () => {
  test('every name is read in its own unit, and a later one wins', () => {
    expect(parseLimits(['memory=2G', 'time=10m', 'output=1M', 'processes=200', 'files=1024', 'memory=1G'])).toEqual({
      memoryBytes: 1024 ** 3,
      wallTimeMs: 600_000,
      outputBytes: 1024 ** 2,
      processes: 200,
      openFiles: 1024,
    });
  });

  test.each([
    ['memory', /has no value.*memory=2G/u],
    ['=2G', /has no value/u],
    ['memry=2G', /no limit named "memry"\. Did you mean memory\?/u],
    ['constructor=1', /no limit named "constructor"\. Known are/u],
    ['processes=many', /not a whole number/u],
    ['memory=much', /not a size/u],
  ])('--limit %s is refused', (spec, message) => expect(() => parseLimits([spec])).toThrow(message));
});

describe('moments', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');

  test.each([
    ['2h', '2026-03-10T10:00:00.000Z'],
    ['1d', '2026-03-09T12:00:00.000Z'],
    ['now', '2026-03-10T12:00:00.000Z'],
    ['2026-03-01T09:30Z', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01 09:30:05Z', '2026-03-01T09:30:05.000Z'],
    ['2026-03-01T09:30:00+02:00', '2026-03-01T07:30:00.000Z'],
  ])('%s is %s', (text, at) => expect(parseMoment(text, now)).toBe(at));

  test('a day and a time without a zone are local', () => {
    expect(parseMoment('2026-03-01', now)).toBe(new Date(2026, 2, 1).toISOString());
    expect(parseMoment('2026-03-01T09:30', now)).toBe(new Date(2026, 2, 1, 9, 30).toISOString());
  });

  test.each(['', 'yesterday', '1', '2026-13-01', '2026-03-01T25:00Z', '03/01/2026'])('"%s" is refused', (text) =>
    expect(() => parseMoment(text, now)).toThrow(/is no moment/u),
  );
});

describe('variables', () => {
  const environment = {
    PATH: '/bin',
    LC_ALL: 'C',
    AWS_SECRET_ACCESS_KEY: 'x',
    NO_COLOR: undefined,
    TERM: 'xterm',
    HOME: '/h',
  };

  test('a variable is passed by name or with a value', () => {
    expect(parsePassedEnvironment(['HOME', 'A=', 'B=x=y'], environment)).toEqual({ HOME: '/h', A: '', B: 'x=y' });
  });

  test.each([
    ['MISSING', /no variable of that name/u],
    ['=x', /names no variable/u],
    ['A B=1', /names no variable/u],
    ['', /names no variable/u],
  ])('--env %s is refused', (spec, message) =>
    expect(() => parsePassedEnvironment([spec], environment)).toThrow(message),
  );
});

test.each([
  ['memry', 'memory'],
  ['file.raed', 'file.read'],
  ['zzz', undefined],
  ['f', undefined],
])('the nearest to %s is %s', (word, expected) =>
  expect(nearest(word, ['memory', 'processes', 'file.read', 'file.write'])).toBe(expected),
);
