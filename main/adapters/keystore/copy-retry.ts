/** When a copy that failed is tried again: after `firstMs`, then after `factor` times as long each time, up to `lastMs`. */
export interface RetryDelays {
  readonly firstMs: number;
  readonly factor: number;
  readonly lastMs: number;
}

/**
 * Brings the newest of a line of texts to a place that may fail for a while. After a failure whoever brings the next one
 * hears of it at once instead of waiting for another failure: a keychain that is locked may ask the person each time. Meanwhile
 * the newest is tried again by itself.
 */
export class CopyRetry {
  readonly #copy: (text: string) => Promise<void>;
  readonly #delays: RetryDelays;
  readonly #recovered: () => void;
  #newest: string | undefined;
  #failure: Error | undefined;
  #delayMs: number;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(given: {
    readonly copy: (text: string) => Promise<void>;
    readonly delays: RetryDelays;
    /** It works again, and the newest is there. */
    readonly recovered: () => void;
  }) {
    this.#copy = given.copy;
    this.#delays = given.delays;
    this.#recovered = given.recovered;
    this.#delayMs = given.delays.firstMs;
  }

  /** Why the newest is not there now. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Copies; rejects when that fails, or failed before and was not tried again yet. */
  async bring(text: string): Promise<void> {
    this.#newest = text;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#copy(text);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #again(): Promise<void> {
    const text = this.#newest;
    if (text === undefined) return;
    try {
      await this.#copy(text);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#failure = undefined;
    this.#delayMs = this.#delays.firstMs;
    if (!this.#closed) this.#recovered();
  }

  #fail(error: unknown): Error {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    if (!this.#closed) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#again(), this.#delayMs).unref();
      this.#delayMs = Math.min(this.#delayMs * this.#delays.factor, this.#delays.lastMs);
    }
    return this.#failure;
  }
}
