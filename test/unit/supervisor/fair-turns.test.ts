import { expect, test } from 'vitest';
import { FairTurns } from '../../../main/supervisor/fair-turns.ts';

/** Work that ends when it is told to, and what began so far. */
function stage() {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => async () => {
    began.push(name);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    return name;
  };
  return { began, work, end: (name: string) => ends.get(name)?.() };
}

test('a flood of one session waits in order, and nobody else waits behind it', async () => {
  const { began, work, end } = stage();
  const turns = new FairTurns(2);
  const flood = ['a1', 'a2', 'a3', 'a4'].map((name) => turns.take('a', work(name)));
  const other = turns.take('b', work('b1'));
  expect(began).toEqual(['a1', 'a2', 'b1']);
  end('a2');
  expect(await flood[1]).toBe('a2');
  expect(began).toEqual(['a1', 'a2', 'b1', 'a3']);
  for (const name of ['b1', 'a1', 'a3']) end(name);
  await Promise.all([other, flood[0], flood[2]]);
  end('a4');
  expect(await flood[3]).toBe('a4');
});

test('work that fails hands its turn on', async () => {
  const turns = new FairTurns(1);
  const failing = turns.take('a', () => Promise.reject(new Error('no')));
  const next = turns.take('a', () => Promise.resolve('next'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('next');
});
