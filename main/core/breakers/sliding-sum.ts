/** Parts of a window that are kept apart: what a window holds is bounded by them, whatever happens. */
const slots = 64;

interface Slot {
  readonly firstAt: number;
  lastAt: number;
  amount: number;
}

/**
 * How much was added within the window that ends now. What is up to one 64th of the window older may still count: rather more than
 * less. Time comes with every call; a clock that is set back stands still here, so that nothing is forgotten by it.
 */
export class SlidingSum {
  readonly #windowMs: number;
  #slots: Slot[] = [];
  #sum = 0;
  #now = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds what happened at `at`, and returns the sum. What is no positive number adds nothing. */
  add(amount: number, at: number): number {
    this.#forget(at);
    if (!(amount > 0)) return this.#sum;
    const newest = this.#slots.at(-1);
    if (newest === undefined || this.#now - newest.firstAt >= this.#windowMs / slots) {
      this.#slots.push({ firstAt: this.#now, lastAt: this.#now, amount });
    } else {
      newest.lastAt = this.#now;
      newest.amount += amount;
    }
    this.#sum += amount;
    return this.#sum;
  }

  /** From the first of what counts to the last, in milliseconds. */
  get spanMs(): number {
    const [oldest] = this.#slots;
    const newest = this.#slots.at(-1);
    return oldest === undefined || newest === undefined ? 0 : newest.lastAt - oldest.firstAt;
  }

  /** How many parts are kept. */
  get size(): number {
    return this.#slots.length;
  }

  /** Begins anew with nothing. */
  restart(): void {
    this.#slots = [];
    this.#sum = 0;
  }

  #forget(at: number): void {
    if (at > this.#now) this.#now = at;
    const from = this.#now - this.#windowMs;
    const kept = this.#slots.findIndex(({ lastAt }) => lastAt > from);
    if (kept === 0) return;
    this.#slots = kept === -1 ? [] : this.#slots.slice(kept);
    this.#sum = this.#slots.reduce((sum, { amount }) => sum + amount, 0);
  }
}
