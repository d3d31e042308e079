import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import type { WriterAnswer, WriterRequest } from './audit-messages.ts';

interface Turn extends PromiseWithResolvers<WriterAnswer> {
  readonly request: WriterRequest;
}

/** How often the write-ahead log is tried to be emptied while readers stand in the way, and how long between. */
const settleTriesMax = 50;
const settleDelayMs = 100;

/**
 * Long work on the database (erasing payloads, making the index anew) in turns between batches of events, so that nobody
 * who records has to wait for long.
 */
export class Erasure {
  readonly #wake: () => void;
  #turn: Turn | undefined;
  #busy = false;
  #ended = false;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Whether `step` has something to do. */
  get due(): boolean {
    return this.#turn !== undefined;
  }

  /** Erases everything up to `through`, which is on record, and resolves with how many payloads there were. */
  async run(through: number): Promise<number> {
    return this.#alone(async () => {
      let erased = 0;
      for (let after = 0; after < through; ) {
        const answer = await this.#ask({ type: 'erase', after, through });
        if (answer.type !== 'erased') throw mismatched(answer);
        erased += answer.erased;
        after = answer.last;
      }
      if (erased > 0) await this.#settle();
      return erased;
    });
  }

  /** Makes the search index anew from the entries; resolves with how many there were when it began. */
  async reindex(): Promise<number> {
    return this.#alone(async () => {
      let done: { last: number; through: number | undefined } = { last: 0, through: undefined };
      while (done.through === undefined || done.last < done.through) {
        const answer = await this.#ask({ type: 'reindex', after: done.last, through: done.through });
        if (answer.type !== 'reindexed') throw mismatched(answer);
        done = answer;
      }
      return done.through;
    });
  }

  /** One turn. */
  async step(ask: (request: WriterRequest) => Promise<WriterAnswer>): Promise<void> {
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn === undefined) return;
    const answer = await ask(turn.request);
    if (answer.type === 'failed') turn.reject(new GatehouseError(answer.error));
    else turn.resolve(answer);
  }

  /** The log is closed: what waits for a turn gets none. */
  end(): void {
    this.#ended = true;
    this.#turn?.reject(closed());
    this.#turn = undefined;
  }

  /** Content is gone from the file when the index was merged and the write-ahead log emptied. */
  async #settle(): Promise<void> {
    for (let first = true, waits = 0; waits < settleTriesMax; first = false) {
      const answer = await this.#ask({ type: 'settle', first });
      if (answer.type !== 'settled') throw mismatched(answer);
      if (answer.state === 'done') return;
      if (answer.state === 'more') continue;
      waits += 1;
      await new Promise((resolve) => setTimeout(resolve, settleDelayMs));
    }
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw operatingError('too_many', 'Content is being erased, or the index made anew, already.');
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  #ask(request: WriterRequest): Promise<WriterAnswer> {
    if (this.#ended) return Promise.reject(closed());
    this.#turn = { request, ...Promise.withResolvers() };
    const { promise } = this.#turn;
    this.#wake();
    return promise;
  }
}

function closed(): GatehouseError {
  return operatingError('audit_unavailable', 'The audit log was closed before everything was erased.');
}

function mismatched(answer: WriterAnswer): TypeError {
  return new TypeError(`The audit worker answered another question: ${answer.type}.`);
}
