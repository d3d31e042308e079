import { describe, expect, test } from 'vitest';
import { fuzz } from '../../fuzz/fuzz.ts';
import { loadTarget, targetNames } from '../../fuzz/targets.ts';

/** Inputs of the short form; the long one is `npm run fuzz`. Cheap targets get more. */
const runs: Readonly<Record<string, number>> = {
  host: 1500,
  http: 1000,
  tunnel: 1500,
  control: 400,
  canonical: 1500,
  query: 120,
  notes: 800,
  redact: 300,
  escape: 1000,
  policy: 24,
  paths: 100,
  plan: 1000,
  presets: 200,
};

describe('fuzzing, in short [GRT-1, GRT-6, AUD-2, AUD-3, AUD-5]', () => {
  test('every target has its share', () => {
    expect(Object.keys(runs).sort()).toEqual([...targetNames].sort());
  });

  test.each(targetNames)('%s keeps its property', { timeout: 300_000 }, async (name) => {
    const target = await loadTarget(name);
    const { crashers, outcomes } = await fuzz(target, { seed: 20_260_131, runs: runs[name] ?? 100 });
    await target.close?.();
    expect(crashers).toEqual([]);
    expect(outcomes).toBeGreaterThan(5);
  });

  test('a run can be had again from its seed', async () => {
    const target = await loadTarget('host');
    const [one, other] = [await fuzz(target, { seed: 5, runs: 500 }), await fuzz(target, { seed: 5, runs: 500 })];
    expect(one.kept).toEqual(other.kept);
    expect((await fuzz(target, { seed: 6, runs: 500 })).kept).not.toEqual(one.kept);
  });

  test('control: a property that does not hold is found, and its input made small', async () => {
    const broken = {
      name: 'broken',
      property: 'No input has three letters x in a row.',
      generate: () => 'abcdefghijxxlmnop',
      words: ['x'],
      seeds: [],
      check: (input: string) => {
        if (input.includes('xxx')) throw new Error('three of them');
        return 'fine';
      },
    };
    const { crashers } = await fuzz(broken, { seed: 1, runs: 20_000 });
    expect(crashers).toMatchObject([{ input: 'xxx' }]);
  });
});
