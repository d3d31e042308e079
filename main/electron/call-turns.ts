/**
 * Guarantee: of one window, so many calls are with the supervisor at once; the rest wait in order, and more than may wait are refused.
 *
 * Threat: script that calls without end, so that the supervisor turns the shell's own calls away (stop everything, pause everything) and
 * is too busy to ask, to decide and to take an answer.
 *
 * Limits: what is under way shares the supervisor with everything else; one call may take long.
 */
import { operatingError } from '#contract/operating-error.ts';

/** Well below what the supervisor takes on one connection, which the shell shares. */
const atOnceMax = 6;
/** A page that opens asks for a few dozen things. */
const waitingMax = 250;

/** Lets calls through in order, a few at a time. */
export class CallTurns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async take<T>(call: () => Promise<T>): Promise<T> {
    if (this.#running < atOnceMax) this.#running += 1;
    else if (this.#waiting.length < waitingMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else throw operatingError('too_many', `${waitingMax} calls of this window wait already.`);
    try {
      return await call();
    } finally {
      // Whoever ends hands its turn on, so that nobody who comes in between is faster.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
