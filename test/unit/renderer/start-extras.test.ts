import { describe, expect, test } from 'vitest';
import {
  exposeWords,
  extrasCount,
  extrasSentences,
  noExtras,
  readExtras,
  variableChip,
} from '../../../renderer/features/now/start-extras.ts';

describe('what a start brings besides', () => {
  test('is read as the command line reads it', () => {
    const limits = { memory: '2G', cpu: '1h30m', output: ' 1M ', processes: '64', files: '' };
    expect(readExtras({ ...noExtras, words: "--model 'a b'", limits })).toEqual({
      words: ['--model', 'a b'],
      limits: { memoryBytes: 2 * 1024 ** 3, cpuTimeMs: 5_400_000, outputBytes: 1024 ** 2, processes: 64 },
    });
    expect(readExtras(noExtras)).toEqual({ words: [], limits: {} });
  });

  test.each([
    ['words', { words: "'open" }, 'is not closed'],
    ['memory', { limits: { memory: '1M' } }, 'Memory: write 64M or more'],
    ['memory', { limits: { memory: 'much' } }, 'Memory: write'],
    ['cpu', { limits: { cpu: '30' } }, 'Processor time: write'],
    ['processes', { limits: { processes: '1' } }, 'Processes: write 8 or more'],
    ['files', { limits: { files: '-1' } }, 'Open files: write'],
  ])('%s that cannot be meant is said: %o', (field, change, problem) => {
    expect(readExtras({ ...noExtras, ...change })).toEqual({ field, problem: expect.stringContaining(problem) });
  });

  const extras = {
    words: '--continue',
    variables: [{ name: 'DEBUG', value: '1' }, { name: 'EDITOR' }, { name: 'MY_TOKEN', value: 'abcdefgh1' }],
    expose: [
      { hostPort: 8080, port: 5173 },
      { hostPort: 0, port: 3000 },
    ],
    limits: { memory: '2G', cpu: ' ' },
  };

  test('is said in sentences, with a warning for what looks like a secret', () => {
    expect(extrasSentences(extras, { memoryBytes: 2 * 1024 ** 3, processes: 64 })).toEqual([
      'Is given the variables DEBUG, EDITOR and MY_TOKEN.',
      'MY_TOKEN looks like a secret; the agent can read it and everything it talks to may get it.',
      'You reach its port 5173 at 127.0.0.1:8080.',
      'You reach its port 3000 on one of this machine’s that is free.',
      'Has at most 2.0 GiB of memory and 64 processes.',
    ]);
    expect(extrasSentences(noExtras, {})).toEqual([]);
    expect(extrasCount(extras)).toBe('arguments, 3 variables, 2 ports, 1 limit');
    expect(extrasCount(noExtras)).toBe('');
    expect(exposeWords({ hostPort: 5173, port: 5173 })).toBe('5173 at 127.0.0.1:5173');
  });

  test('[AUD-5] no chip shows a value that looks like a secret', () => {
    expect(extras.variables.map(variableChip)).toEqual(['DEBUG = 1', 'EDITOR, your own', 'MY_TOKEN = ••••••']);
    expect(variableChip({ name: 'A', value: 'x\u202e' })).toBe('A = x\\u{202e}');
    expect(variableChip({ name: 'A', value: 'x '.repeat(60) })).toHaveLength(45);
  });
});
