import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import type { WriterAnswer, WriterRequest } from './audit-messages.ts';

interface Turn extends PromiseWithResolvers<{ last: number; erased: number }> {
  readonly after: number;
  readonly through: number;
}

/** Erases payloads in turns between batches of events, so that nobody who records has to wait for long. */
export class Erasure {
  readonly #wake: () => void;
  #turn: Turn | undefined;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Whether `step` has something to do. */
  get due(): boolean {
    return this.#turn !== undefined;
  }

  /** Erases everything up to `through`, which is on record, and resolves with how many payloads there were. */
  async run(through: number): Promise<number> {
    if (this.#turn !== undefined) throw operatingError('too_many', 'Content is being erased already.');
    let erased = 0;
    for (let after = 0; after < through; ) {
      this.#turn = { after, through, ...Promise.withResolvers() };
      const { promise } = this.#turn;
      this.#wake();
      const done = await promise;
      erased += done.erased;
      after = done.last;
    }
    return erased;
  }

  /** One turn. */
  async step(ask: (request: WriterRequest) => Promise<WriterAnswer>): Promise<void> {
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn === undefined) return;
    const answer = await ask({ type: 'erase', after: turn.after, through: turn.through });
    if (answer.type === 'erased') turn.resolve(answer);
    else if (answer.type === 'failed') turn.reject(new GatehouseError(answer.error));
    else turn.reject(new TypeError(`The audit worker answered another question: ${answer.type}.`));
  }

  /** The log is closed: what waits for a turn gets none. */
  end(): void {
    this.#turn?.reject(operatingError('audit_unavailable', 'The audit log was closed before everything was erased.'));
    this.#turn = undefined;
  }
}
