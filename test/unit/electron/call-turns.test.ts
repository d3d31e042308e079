import { expect, test } from 'vitest';
import { CallTurns } from '../../../main/electron/call-turns.ts';

test('six calls at once, 250 wait in order, more are refused; one that fails gives its turn on', async () => {
  const turns = new CallTurns();
  const begun: number[] = [];
  const ends: ((how: 'well' | 'badly') => void)[] = [];
  const calls = Array.from({ length: 300 }, (_, number) =>
    turns
      .take(
        () =>
          new Promise<number>((resolve, reject) => {
            begun.push(number);
            ends.push((how) => (how === 'well' ? resolve(number) : reject(new Error('it failed'))));
          }),
      )
      .then(
        () => 'done',
        (error: Error) => error.message,
      ),
  );
  await expect(Promise.all(calls.slice(256))).resolves.toEqual(
    Array.from({ length: 44 }, () => '250 calls of this window wait already.'),
  );
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  for (let at = 0; at < 256; at += 1) {
    ends[at]?.(at % 2 === 0 ? 'well' : 'badly');
    await calls[at];
  }
  expect(begun).toEqual(Array.from({ length: 256 }, (_, number) => number));
  expect(await Promise.all(calls.slice(0, 3))).toEqual(['done', 'it failed', 'done']);
  await expect(turns.take(() => Promise.resolve('again'))).resolves.toBe('again');
});
