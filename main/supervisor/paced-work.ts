import { operatingError } from '#contract/operating-error.ts';

/** Pieces of work that wait; one more is refused. */
const waitingMax = 8;

/**
 * Guarantee: work that keeps the processor from everything else is done one piece at a time, and after each the others have it for at
 * least as long.
 * Threat: a window that an agent's output took over, which has rules checked without end, so that no decision is made in time.
 * Limits: one piece runs to its end, whatever waits.
 */
export class PacedWork {
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Does it when it is its turn. Throws `too_many`. */
  async run<T>(work: () => T): Promise<T> {
    if (this.#waiting >= waitingMax) {
      throw operatingError('too_many', 'Too much is being checked already.', { remedy: 'Try again in a moment.' });
    }
    this.#waiting += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#turn;
    this.#turn = promise;
    await before;
    const began = performance.now();
    try {
      return work();
    } finally {
      this.#waiting -= 1;
      setTimeout(resolve, performance.now() - began);
    }
  }
}
