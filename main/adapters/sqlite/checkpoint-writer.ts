import type { Damage } from '../../core/audit/chain.ts';
import { openNote, signCheckpoint } from '../../core/audit/checkpoint.ts';
import type { CheckpointKeeper } from '../../core/audit/log.ts';
import type { WriterAnswer, WriterRequest } from './audit-messages.ts';
import { verifyEd25519 } from './verify-ed25519.ts';

/** How long a recorded entry waits for a checkpoint at most, while the log is written. */
export const checkpointDelayMs = 1000;

/** What the writer of checkpoints needs from the log it belongs to. */
export interface CheckpointSurroundings {
  /** Asks the thread that has the database; only inside `step`. */
  ask(request: WriterRequest): Promise<WriterAnswer>;
  /** Something is to be done: `step` is to be called soon. */
  wake(): void;
  /** Why checkpoints cannot be made or kept; told once until it works again. */
  failed(why: string): void;
  /** RFC 3339. */
  now(): string;
  /** `checkpointDelayMs`, unless a test decides. */
  readonly delayMs: number;
}

/**
 * Decides when a checkpoint is due and makes it: a second after the first entry that none covers, at once when a session
 * ended, and at the end. The newest is copied to the keeper after its commit; while one copy is on its way only the
 * newest of the others waits.
 */
export class CheckpointWriter {
  readonly #around: CheckpointSurroundings;
  #keeper: CheckpointKeeper | undefined;
  #attaching: PromiseWithResolvers<Damage | undefined> | undefined;
  /** The log contradicts what the keeper has: that stays there as evidence. */
  #disputed = false;
  #uncovered = false;
  #due = false;
  #timer: NodeJS.Timeout | undefined;
  #toKeep: string | undefined;
  #keeping: Promise<void> | undefined;
  #hasFailed = false;

  constructor(around: CheckpointSurroundings) {
    this.#around = around;
  }

  /** Whether `step` has something to do. */
  get due(): boolean {
    return this.#keeper !== undefined && this.#due;
  }

  /** From now on checkpoints are made. Resolves, once the first is kept, with what the keeper's newest one shows. */
  async attach(keeper: CheckpointKeeper): Promise<Damage | undefined> {
    this.#keeper = keeper;
    this.#attaching = Promise.withResolvers();
    this.#due = true;
    this.#around.wake();
    const damage = await this.#attaching.promise;
    await this.#keeping;
    return damage;
  }

  /** Entries were recorded. */
  appended(endsSession: boolean): void {
    this.#uncovered = true;
    if (this.#keeper === undefined) return;
    if (endsSession) this.#due = true;
    else this.#timer ??= setTimeout(() => this.#ring(), this.#around.delayMs).unref();
  }

  /** Nothing more will be recorded: the last checkpoint is due. */
  finish(): void {
    if (this.#uncovered) this.#due = true;
  }

  /** Resolves when the newest checkpoint is with the keeper, or could not be brought there. */
  async settled(): Promise<void> {
    clearTimeout(this.#timer);
    this.#attaching?.resolve(undefined);
    await this.#keeping;
  }

  /** Makes the checkpoint that is due. */
  async step(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
    try {
      const damage = this.#attaching === undefined ? undefined : await this.#compare(keeper);
      await this.#make(keeper);
      this.#attaching?.resolve(damage);
    } catch (error) {
      this.#fail(error);
      this.#attaching?.resolve(undefined);
    }
    this.#attaching = undefined;
  }

  /** Holds the keeper's newest checkpoint against the log. */
  async #compare(keeper: CheckpointKeeper): Promise<Damage | undefined> {
    if (keeper.newest === undefined) return undefined;
    const opened = openNote(keeper.newest, [keeper.key], verifyEd25519);
    if (opened?.signed !== true) throw new Error('The checkpoint in the keystore is not signed by its key.');
    const { size, root } = opened.checkpoint;
    const answer = await this.#around.ask({ type: 'compare', head: { size, root: root.toString('hex') } });
    if (answer.type !== 'compared') throw new Error(whyNot(answer));
    // A log that has just begun replaces one that was moved away; that is on record in it, and it gets the keeper's place.
    this.#disputed = answer.damage !== undefined && answer.isNew === false;
    return answer.damage;
  }

  async #make(keeper: CheckpointKeeper): Promise<void> {
    const answer = await this.#around.ask({ type: 'head' });
    if (answer.type !== 'head') throw new Error(whyNot(answer));
    const { head, newest } = answer;
    this.#uncovered = false;
    if (head.size === 0) return;
    const covered = newest === undefined ? undefined : openNote(newest, [keeper.key], verifyEd25519);
    if (covered?.signed === true && covered.checkpoint.size === head.size) {
      if (keeper.newest !== newest) this.#keep(keeper, newest);
      return;
    }
    const note = signCheckpoint(keeper.key, head.size, Buffer.from(head.root, 'hex'));
    const kept = await this.#around.ask({ type: 'checkpoint', size: head.size, at: this.#around.now(), note });
    if (kept.type !== 'kept') throw new Error(whyNot(kept));
    this.#keep(keeper, note);
  }

  #keep(keeper: CheckpointKeeper, note: string | undefined): void {
    if (this.#disputed) return;
    this.#toKeep = note;
    this.#keeping ??= this.#keepAll(keeper);
  }

  async #keepAll(keeper: CheckpointKeeper): Promise<void> {
    for (let note = this.#toKeep; note !== undefined; note = this.#toKeep) {
      this.#toKeep = undefined;
      try {
        await keeper.keep(note);
        this.#hasFailed = false;
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#keeping = undefined;
  }

  #ring(): void {
    this.#timer = undefined;
    this.#due = true;
    this.#around.wake();
  }

  #fail(error: unknown): void {
    this.#uncovered = true;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#around.failed(error instanceof Error ? error.message : String(error));
  }
}

function whyNot(answer: WriterAnswer): string {
  if (answer.type !== 'failed') return `The audit worker answered another question: ${answer.type}.`;
  return [answer.error.what, answer.error.why].filter((part) => part !== undefined).join(' ');
}
