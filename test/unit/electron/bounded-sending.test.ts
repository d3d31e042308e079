import { expect, test } from 'vitest';
import { BoundedSending } from '../../../preload/bounded-sending.ts';

function opened() {
  const sent: unknown[][] = [];
  const waiting: ((value: unknown) => void)[] = [];
  const timers: (() => void)[] = [];
  const clock = { nowMs: 0 };
  const bounded = new BoundedSending({
    invoke: (...words) => {
      sent.push(words);
      return new Promise<never>((resolve) => waiting.push((value) => resolve(value as never)));
    },
    send: (...words) => sent.push(words),
    nowMs: () => clock.nowMs,
    later: (act) => timers.push(act),
  });
  return { bounded, sent, waiting, timers, clock };
}

/** How many were turned away by now. */
async function refused(calls: readonly Promise<unknown>[]): Promise<number> {
  let count = 0;
  for (const call of calls) call.catch(() => (count += 1));
  await new Promise(setImmediate);
  return count;
}

test('400 calls are on their way at most; an answer makes room', async () => {
  const { bounded, sent, waiting } = opened();
  const calls = Array.from({ length: 500 }, () => bounded.invoke('call', 'x'));
  const [first = Promise.reject(new Error('none'))] = calls;
  expect(await refused(calls)).toBe(100);
  waiting[0]?.('answer');
  expect(await first).toBe('answer');
  void bounded.invoke('call', 'x');
  expect(sent).toHaveLength(401);
});

test.each<[string, unknown]>([
  ['a text', 'x'.repeat(1_200_001)],
  ['texts in lists in objects', { a: [{ b: 'x'.repeat(700_000) }, 'x'.repeat(700_000)] }],
  ['names of fields', { ['x'.repeat(1_200_001)]: 1 }],
  ['many small things', Array.from({ length: 200_000 }, () => 0)],
  ['bytes, which no message has', new Uint8Array(1)],
  ['a map, which holds more than its fields', new Map([[1, 'x'.repeat(1_200_001)]])],
  ['an error, whose sentence is no field', new Error('x'.repeat(1_200_001))],
  ['a number of many digits', 2n ** 64n],
  ['something deep', Array.from({ length: 20 }).reduce((inner) => [inner], 0)],
])('a message that is too long goes nowhere: %s', async (_, word) => {
  const { bounded, sent } = opened();
  await expect(bounded.invoke('call', word)).rejects.toThrow('too much');
  expect(() => bounded.send('write', 1, word)).toThrow('too much');
  expect(sent).toEqual([]);
});

test('together they are bounded too: calls on their way, and messages of a second', async () => {
  const { bounded, sent, clock } = opened();
  const text = 'x'.repeat(1_000_000);
  const calls = Array.from({ length: 12 }, () => bounded.invoke('call', text));
  expect(await refused(calls)).toBe(4);
  sent.length = 0;
  const sends = () => {
    for (let each = 0; each < 10_000; each += 1) {
      try {
        bounded.send('write', 1, 'x');
      } catch {
        return;
      }
    }
  };
  sends();
  expect(sent).toHaveLength(4_000);
  clock.nowMs = 1_000;
  sends();
  expect(sent).toHaveLength(8_000);
});

test('what was drawn is said at once, then summed up, and none of it is lost', () => {
  const { bounded, sent, timers, clock } = opened();
  for (let each = 0; each < 100_000; each += 1) bounded.drawn('drawn', 1 + (each % 2), 3);
  bounded.drawn('drawn', Number.NaN, 3);
  bounded.drawn('drawn', 1, Number.POSITIVE_INFINITY);
  expect(sent).toEqual([['drawn', 1, 3]]);
  expect(timers).toHaveLength(1);
  clock.nowMs = 10;
  timers[0]?.();
  expect(sent.slice(1)).toEqual(
    expect.arrayContaining([
      ['drawn', 1, 149_997],
      ['drawn', 2, 150_000],
    ]),
  );
});
