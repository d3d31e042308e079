import { describe, expect, test } from 'vitest';
import { KeyReader } from '../../../main/cli/watch/keys.ts';

const bytes = (keys: string) => Buffer.from(keys, 'utf8');

describe('keys of the live screen', () => {
  test.each([
    ['\x1b[A', [{ name: 'up' }]],
    ['\x1bOB', [{ name: 'down' }]],
    ['\x1b[5~\x1b[6~', [{ name: 'page-up' }, { name: 'page-down' }]],
    ['\x1b[H\x1b[4~', [{ name: 'home' }, { name: 'end' }]],
    ['\t\x1b[Z', [{ name: 'tab' }, { name: 'back-tab' }]],
    ['\r', [{ name: 'enter' }]],
    ['\x03', [{ name: 'ctrl-c' }]],
    ['q', [{ name: 'text', text: 'q' }]],
    ['ü', [{ name: 'text', text: 'ü' }]],
    ['skq', [{ name: 'text', text: 'skq' }]],
    ['\x1b[<0;10;10M', []],
    ['\x1b]11;rgb:ssss/kkkk/qqqq\x1b\\', []],
    ['\x1bP>|xterm(390)\x1b\\', []],
    ['\x1bq', []],
    ['\x1b\x03', [{ name: 'ctrl-c' }]],
    ['\x00\x01', []],
  ])('%j', (typed, expected) => {
    expect(new KeyReader().push(bytes(typed))).toEqual(expected);
  });

  test('a sequence in pieces is the same key', () => {
    for (const [sequence, key] of [
      ['\x1b[A', 'up'],
      ['\x1b[6~', 'page-down'],
    ] as const) {
      for (let cut = 1; cut < sequence.length; cut += 1) {
        const reader = new KeyReader();
        const keys = [...reader.push(bytes(sequence.slice(0, cut))), ...reader.push(bytes(sequence.slice(cut)))];
        expect(keys).toEqual([{ name: key }]);
      }
    }
  });

  test('an Escape that nothing follows is the key', () => {
    const reader = new KeyReader();
    expect(reader.push(bytes('\x1b'))).toEqual([]);
    expect(reader.isHolding).toBe(true);
    expect(reader.flush()).toEqual([{ name: 'escape' }]);
    expect(reader.push(bytes('q'))).toEqual([{ name: 'text', text: 'q' }]);
  });

  test('a letter cut in the middle of its bytes is one letter', () => {
    const reader = new KeyReader();
    const [first = 0, ...rest] = bytes('é');
    expect(reader.push(Buffer.from([first]))).toEqual([]);
    expect(reader.push(Buffer.from(rest))).toEqual([{ name: 'text', text: 'é' }]);
  });
});
