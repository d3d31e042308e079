/** After one notification the next comes no sooner, in milliseconds: the window is up all the while. */
const quietMs = 10_000;

/**
 * When a notification says that something waits: with the first of the questions, which also brings the window up, and not again until
 * all are answered. A flood of questions is one notification.
 */
export class QuestionNotice {
  #isOpen = false;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** What to do now that so many wait: `say`, `take-back`, or nothing. Time comes in with every call, in milliseconds. */
  next(waiting: number, nowMs: number): 'say' | 'take-back' | undefined {
    if (waiting === 0) {
      const wasOpen = this.#isOpen;
      this.#isOpen = false;
      return wasOpen ? 'take-back' : undefined;
    }
    if (this.#isOpen || nowMs - this.#lastMs < quietMs) return undefined;
    this.#isOpen = true;
    this.#lastMs = nowMs;
    return 'say';
  }
}
