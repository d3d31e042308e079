import { describe, expect, test } from 'vitest';
import type { Limits } from '#contract/session.ts';
import { childLimits, type LimitsLeft } from '../../../main/core/sessions/nesting.ts';

const left = (set: Limits, more: Partial<LimitsLeft> = {}): LimitsLeft => ({
  set,
  all: { processes: 1024, openFiles: 65_536, ...set },
  given: [],
  wallTimeMs: undefined,
  cpuTimeMs: undefined,
  outputBytes: undefined,
  ...more,
});
const gibibyte = 1024 ** 3;

describe('[IDN-9] [RUN-4] the limits of a nested session', () => {
  test.each<[what: string, wanted: Limits, left: LimitsLeft, given: Limits]>([
    ['nothing set, nothing asked', {}, left({}), { openFiles: 65_536 }],
    [
      'what it asks for',
      { wallTimeMs: 5000, processes: 20 },
      left({}),
      { wallTimeMs: 5000, processes: 20, openFiles: 65_536 },
    ],
    [
      'no more processes than its parent by default',
      { processes: 5000 },
      left({}),
      { processes: 1024, openFiles: 65_536 },
    ],
    ['half of the memory', {}, left({ memoryBytes: gibibyte }), { memoryBytes: gibibyte / 2, openFiles: 65_536 }],
    [
      'half of what the others left',
      {},
      left({ processes: 100 }, { given: [{ processes: 60 }] }),
      { processes: 20, openFiles: 65_536 },
    ],
    [
      'as much as is left',
      { processes: 40 },
      left({ processes: 100 }, { given: [{ processes: 60 }] }),
      { processes: 40, openFiles: 65_536 },
    ],
    [
      'no more time than its parent has',
      { wallTimeMs: 90_000 },
      left({}, { wallTimeMs: 1234.5 }),
      { wallTimeMs: 1234, openFiles: 65_536 },
    ],
    [
      'less time',
      { cpuTimeMs: 10 },
      left({}, { cpuTimeMs: 20, outputBytes: 9 }),
      { cpuTimeMs: 10, outputBytes: 9, openFiles: 65_536 },
    ],
    ['no more files', { openFiles: 99 }, left({ openFiles: 64 }), { openFiles: 64 }],
  ])('%s', (_, wanted, has, given) => {
    expect(childLimits(wanted, has)).toEqual(given);
  });

  test.each<[what: string, wanted: Limits, left: LimitsLeft]>([
    ['more processes than are left', { processes: 41 }, left({ processes: 100 }, { given: [{ processes: 60 }] })],
    ['too few processes to start', {}, left({ processes: 12 })],
    [
      'more memory than is left',
      { memoryBytes: gibibyte },
      left({ memoryBytes: gibibyte }, { given: [{ memoryBytes: gibibyte / 2 }] }),
    ],
    ['too little memory to start', {}, left({ memoryBytes: gibibyte / 16 })],
    ['no time', {}, left({}, { wallTimeMs: 0 })],
    ['no processor time', {}, left({}, { cpuTimeMs: 0.5 })],
    ['no output', {}, left({}, { outputBytes: 0 })],
  ])('%s is refused', (_, wanted, has) => {
    expect(() => childLimits(wanted, has)).toThrow(/too little/u);
  });
});
