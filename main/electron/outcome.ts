import type { Outcome } from '#contract/bridge.ts';
import { dataOf } from './supervisor-link.ts';

/** Does something for a window; a failure travels as data. */
export async function outcomeOf<T>(act: () => Promise<T> | T): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await act() };
  } catch (error) {
    return { ok: false, error: dataOf(error) };
  }
}
