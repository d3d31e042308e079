import { describe, expect, test } from 'vitest';
import { CopyRetry } from '../../../main/adapters/keystore/copy-retry.ts';
import { eventually } from '../../helpers/poll.ts';

/** A place that takes texts, or not. */
function place(delays = { firstMs: 1, factor: 2, lastMs: 4 }) {
  const taken: string[] = [];
  const state = { trouble: undefined as string | undefined, attempts: 0, recovered: 0 };
  const copies = new CopyRetry({
    copy: async (text) => {
      state.attempts += 1;
      if (state.trouble !== undefined) throw new Error(state.trouble);
      taken.push(text);
    },
    delays,
    recovered: () => {
      state.recovered += 1;
    },
  });
  return { taken, state, copies };
}

describe('[AUD-2] copies to a place that may fail', () => {
  test('arrive one after the other while it works', async () => {
    const { taken, state, copies } = place();
    await copies.bring('one');
    await copies.bring('two');
    expect(taken).toEqual(['one', 'two']);
    expect(state).toMatchObject({ attempts: 2, recovered: 0 });
    expect(copies.failure).toBeUndefined();
  });

  test('after a failure are refused at once, without asking again; the newest arrives when it works', async () => {
    const { taken, state, copies } = place({ firstMs: 50, factor: 2, lastMs: 100 });
    state.trouble = 'away';
    await expect(copies.bring('one')).rejects.toThrow('away');
    await expect(copies.bring('two')).rejects.toThrow('away');
    await expect(copies.bring('three')).rejects.toThrow('away');
    expect(copies.failure?.message).toBe('away');
    state.trouble = undefined;
    await eventually(() => state.recovered === 1, { what: 'the place to be tried again' });
    expect(taken).toEqual(['three']);
    expect(copies.failure).toBeUndefined();
    await copies.bring('four');
    expect(taken).toEqual(['three', 'four']);
  });

  test('are tried again and again, and no more once it is closed', async () => {
    const { taken, state, copies } = place();
    state.trouble = 'away';
    await expect(copies.bring('one')).rejects.toThrow('away');
    await eventually(() => state.attempts >= 5, { what: 'some attempts' });
    copies.close();
    state.trouble = undefined;
    // What comes later is the next start's: nothing is told any more.
    expect(state.recovered).toBe(0);
    expect(taken.length).toBeLessThanOrEqual(1);
  });
});
