import type { EntryWriter } from './entry-writer.ts';

/** Entries that may wait to be indexed. A search reads them one by one, so more would make it slow. */
export const indexLagMax = 65_536;

/** Entries indexed at once while others may want to record: some milliseconds. */
const shortStepEntries = 512;
/** The same while nobody does, or the lag is at its bound. */
const longStepEntries = 2048;

/** Steps at the closing of the log, at most. */
const finishStepsMax = 4;

/** How long new entries wait to be indexed with others. */
const stepDelayMs = 100;

/** Without anything to record for so long, the writer has time. */
const idleMs = 20;

/**
 * Decides when entries are indexed: soon, a few at a time while events come in, all of them when none do, and at once
 * when too many wait. Recording always goes first.
 */
export class IndexSchedule {
  readonly #writer: EntryWriter;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #wroteAtMs = 0;

  /** `failed` is told when indexing fails; nothing more is indexed then. */
  constructor(writer: EntryWriter, failed: (error: unknown) => void) {
    this.#writer = writer;
    this.#failed = failed;
    this.#plan();
  }

  /** Something was recorded, and who asked for it has the answer. */
  wrote(): void {
    this.#wroteAtMs = performance.now();
    if (this.#writer.indexLag >= indexLagMax) this.#step(longStepEntries);
    this.#plan();
  }

  end(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  /** The log is closed: what can be indexed in a moment is, the rest when the log is opened again. */
  finish(): void {
    this.end();
    for (let step = 0; step < finishStepsMax && this.#writer.indexLag > 0; step += 1) {
      if (!this.#step(longStepEntries)) return;
    }
  }

  #plan(): void {
    if (this.#immediate === undefined) this.#timer ??= setTimeout(() => this.#work(), stepDelayMs);
  }

  #work(): void {
    this.#timer = undefined;
    this.#immediate = undefined;
    const lag = this.#writer.indexLag;
    if (lag === 0) return;
    const idle = performance.now() - this.#wroteAtMs >= idleMs;
    if (!this.#step(idle && lag > longStepEntries ? longStepEntries : shortStepEntries)) return;
    if (this.#writer.indexLag === 0) return;
    // Messages that came meanwhile are looked at first.
    if (idle) this.#immediate = setImmediate(() => this.#work());
    else this.#plan();
  }

  #step(entriesMax: number): boolean {
    try {
      this.#writer.index(entriesMax);
      return true;
    } catch (error) {
      this.end();
      this.#failed(error);
      return false;
    }
  }
}
