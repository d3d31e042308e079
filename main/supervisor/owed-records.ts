import type { Logger } from 'pino';

/** How long after a failure everything owed is tried again. */
const retryMs = 1_000;

/** One thing to write, and whether that was done. */
interface Owed {
  readonly what: string;
  /** Each step is done once; one that fails is done again, with those after it. */
  readonly steps: (() => Promise<unknown> | unknown)[];
}

/**
 * Ends that have happened and must still be written down: an end is never held up by a full disk, so its record may have to follow
 * later. What is owed when the supervisor itself ends is found by its successor, which sees a session or task without an end. Bounded
 * by the sessions and tasks that could be started while everything was well, since none starts while nothing can be recorded.
 */
export class OwedRecords {
  readonly #log: Logger;
  #owed: Owed[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Does the steps in order now; those that fail are done as soon as they can be. Rejects with the first failure. */
  async write(what: string, ...steps: (() => Promise<unknown> | unknown)[]): Promise<void> {
    const owed: Owed = { what, steps };
    try {
      await this.#tryOnce(owed);
    } catch (error) {
      this.#log.error({ error: String(error) }, `${what} could not be recorded yet`);
      this.#owed.push(owed);
      this.#plan();
      throw error;
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#owed = [];
  }

  async #tryOnce({ steps }: Owed): Promise<void> {
    for (let step = steps[0]; step !== undefined; step = steps[0]) {
      await step();
      steps.shift();
    }
  }

  #plan(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#tryAll();
    }, retryMs).unref();
  }

  async #tryAll(): Promise<void> {
    const trying = this.#owed;
    this.#owed = [];
    for (const owed of trying) {
      try {
        await this.#tryOnce(owed);
        this.#log.info(`${owed.what} is recorded now`);
      } catch {
        // It was said when it failed first; it stays owed.
        this.#owed.push(owed);
      }
    }
    if (this.#owed.length > 0) this.#plan();
  }
}
