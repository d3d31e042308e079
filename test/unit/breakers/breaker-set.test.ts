import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Trip } from '#contract/breaker.ts';
import { BreakerSet } from '../../../main/core/breakers/breaker-set.ts';
import { breakerDefinitions, breakerOf } from '../../../main/core/breakers/definitions.ts';
import { isGenerated } from '../../../main/core/breakers/generated.ts';
import { SlidingSum } from '../../../main/core/breakers/sliding-sum.ts';
import { settingsInForce, tripInWords } from '../../../main/core/breakers/trip-words.ts';

const sums = breakerDefinitions.filter(({ kind }) => kind === 'sum');

/** Events in any order of times: amounts, and how far the clock moves to each, backwards too. */
const events = fc.array(
  fc.record({ amount: fc.integer({ min: 1, max: 40 }), moveMs: fc.integer({ min: -5_000, max: 15_000 }) }),
  { maxLength: 200 },
);

/** What was added in the `windowMs` that end at the last time, each at the latest time that was known when it came. */
function within(added: readonly { amount: number; at: number }[], windowMs: number): number {
  const now = added.at(-1)?.at ?? 0;
  return added.filter(({ at }) => at > now - windowMs).reduce((sum, { amount }) => sum + amount, 0);
}

describe('a breaker', () => {
  test.each(sums.map(({ name }) => name))('[MON-2] %s trips at its threshold and not one below', (name) => {
    const { threshold } = breakerOf(name);
    const set = new BreakerSet();
    expect(set.count(name, threshold - 1, ['early'], 0)).toBeUndefined();
    expect(set.count(name, 1, ['late'], 10)).toMatchObject({
      breaker: name,
      count: threshold,
      spanMs: 10,
      objects: ['early', 'late'],
      number: 1,
    });
    expect(set.tripped?.breaker).toBe(name);
  });

  test('[MON-2] no order of events and times trips below the threshold, and every one trips that reaches it', () => {
    const { windowMs } = breakerOf('deletions');
    fc.assert(
      fc.property(events, fc.integer({ min: 20, max: 400 }), (list, threshold) => {
        const set = new BreakerSet({ deletions: threshold });
        const added: { amount: number; at: number }[] = [];
        let clock = 0;
        let latest = Number.NEGATIVE_INFINITY;
        for (const { amount, moveMs } of list) {
          clock += moveMs;
          latest = Math.max(latest, clock);
          added.push({ amount, at: latest });
          const trip = set.count('deletions', amount, [], clock);
          if (within(added, windowMs) >= threshold) expect(trip).toBeDefined();
          if (within(added, windowMs + windowMs / 64) < threshold) expect(trip).toBeUndefined();
          if (trip !== undefined) return;
        }
      }),
    );
  });

  test('[MON-2] what it keeps is bounded, whatever comes', () => {
    const sum = new SlidingSum(10_000);
    for (let at = 0; at < 100_000; at += 1) sum.add(1, at);
    expect(sum.size).toBeLessThanOrEqual(66);
    expect(sum.add(0, 1_000_000)).toBe(0);
    expect(sum.add(Number.NaN, 1_000_000)).toBe(0);
    expect(sum.size).toBe(0);
  });

  test('a clock that is set back forgets nothing and adds no time', () => {
    const set = new BreakerSet({ denials: 3 });
    set.count('denials', 1, [], 1_000_000);
    set.count('denials', 1, [], 0);
    expect(set.count('denials', 1, [], -1_000_000)).toMatchObject({ count: 3, spanMs: 0 });
  });

  test('[MON-2] while one has tripped none does; going on starts that one from nothing, and the others stand', () => {
    const set = new BreakerSet({ deletions: 10, denials: 5 });
    expect(set.count('deletions', 12, [], 0)).toMatchObject({ number: 1 });
    expect(set.count('deletions', 100, [], 1)).toBeUndefined();
    expect(set.count('denials', 4, [], 1)).toBeUndefined();
    set.goOn();
    expect(set.tripped).toBeUndefined();
    expect(set.count('deletions', 9, [], 2)).toBeUndefined();
    expect(set.count('denials', 1, [], 3)).toMatchObject({ breaker: 'denials', count: 5, number: 2 });
  });

  test('[MON-2] a level that a person let through trips again at twice as much, or once it was below', () => {
    const set = new BreakerSet({ processes: 100 });
    expect(set.level('processes', 99)).toBeUndefined();
    expect(set.level('processes', 120)).toMatchObject({ count: 120, spanMs: 0 });
    set.goOn();
    expect(set.level('processes', 239)).toBeUndefined();
    expect(set.level('processes', 50)).toBeUndefined();
    expect(set.level('processes', 100)).toMatchObject({ count: 100 });
    set.goOn();
    expect(set.level('processes', 200)).toMatchObject({ count: 200 });
  });

  test('one that is off never trips, whether off from the start or since', () => {
    let off = false;
    const set = new BreakerSet({ denials: 'off', deletions: 2 }, (name) => off && name === 'deletions');
    expect(set.counts('denials')).toBe(false);
    expect(set.count('denials', 1_000_000, [], 0)).toBeUndefined();
    off = true;
    expect(set.count('deletions', 5, [], 0)).toBeUndefined();
    off = false;
    expect(set.count('deletions', 1, [], 0)).toMatchObject({ count: 6 });
  });

  test('names the last ten things, none of them long', () => {
    const set = new BreakerSet({ deletions: 30 });
    const paths = Array.from({ length: 30 }, (_, index) => `file-${index}`);
    expect(set.count('deletions', 30, paths, 0)?.objects).toEqual(paths.slice(-10));
    const other = new BreakerSet({ deletions: 1 });
    expect(other.count('deletions', 1, ['x'.repeat(5000)], 0)?.objects[0]).toHaveLength(501);
  });
});

describe('words', () => {
  const trip = { kind: 'breaker' as const, threshold: 1, windowMs: 1, objects: [], number: 1 };
  test.each([
    [{ ...trip, breaker: 'deletions', count: 214, spanMs: 3_100 }, 'deleted 214 files in 3 s'],
    [{ ...trip, breaker: 'denials', count: 100, spanMs: 90 }, 'was denied 100 times in less than a second'],
    [{ ...trip, breaker: 'bytes-out', count: 104_857_600, spanMs: 12_000 }, 'sent 100 MiB in 12 s'],
    [{ ...trip, breaker: 'bytes-out', count: 1536, spanMs: 1000 }, 'sent 1.5 KiB in 1 s'],
    [{ ...trip, breaker: 'processes', count: 400, spanMs: 0, windowMs: 0 }, 'has 400 processes at once'],
  ] satisfies [Trip, string][])('%o', (given, words) => {
    expect(tripInWords(given)).toBe(words);
  });

  test('the settings of a run name every breaker', () => {
    const inForce = settingsInForce({ denials: 'off', deletions: 7 });
    expect(inForce).toMatchObject({ denials: 'off', deletions: 7, processes: 400 });
    expect(Object.keys(inForce)).toHaveLength(breakerDefinitions.length);
  });
});

describe('what a build made', () => {
  test.each([
    ['node_modules/a/index.js', true],
    ['packages/one/dist/index.js', true],
    ['target/debug/app', true],
    ['.git/index.lock', true],
    ['src/a.egg-info/PKG-INFO', true],
    ['src/index.ts', false],
    ['dist', false],
    ['distance/a', false],
    ['src/target.ts', false],
  ])('%s: %s', (path, expected) => {
    expect(isGenerated(path)).toBe(expected);
  });
});
