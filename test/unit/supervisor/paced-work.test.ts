import { expect, test } from 'vitest';
import { PacedWork } from '../../../main/supervisor/paced-work.ts';

test('work that keeps the processor is done in order, lets others in between, and is bounded', async () => {
  const paced = new PacedWork();
  const done: number[] = [];
  const all = Array.from({ length: 8 }, (_, index) => paced.run(() => done.push(index)));
  await expect(paced.run(() => done.push(99))).rejects.toThrow('Too much is being checked');
  await Promise.all(all);
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  await expect(
    paced.run(() => {
      throw new Error('wrong');
    }),
  ).rejects.toThrow('wrong');
  expect(await paced.run(() => 'goes on')).toBe('goes on');
});
