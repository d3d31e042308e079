/** A second Ctrl-C within this time means it. */
export const repeatWindowMs = 2000;

/** What an interrupt should do now. */
export type InterruptStep = 'forward' | 'stop' | 'kill';

/**
 * Counts interrupts of somebody who waits: the first goes to the agent, the second within two seconds stops the session, the third
 * kills it. After a stop was asked for, the next one kills however late it comes.
 */
export class InterruptLadder {
  #step = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  next(nowMs: number): InterruptStep {
    if (this.#step === 1 && nowMs - this.#lastMs > repeatWindowMs) this.#step = 0;
    this.#lastMs = nowMs;
    this.#step += 1;
    if (this.#step === 1) return 'forward';
    return this.#step === 2 ? 'stop' : 'kill';
  }
}
