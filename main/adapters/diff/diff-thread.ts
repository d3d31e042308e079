/**
 * Guarantee: whatever texts are compared, nothing else of the supervisor waits for it, and it ends.
 *
 * Threat: an agent writes two versions of a file that take minutes, or gigabytes, to tell apart.
 *
 * Limits: a thread that is ended in the middle gives no diff; both texts are then said to be too different.
 */
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { diffHunkSchema } from '#contract/session-diff.ts';
import type { HunkBounds } from '../../core/diff/hunks.ts';
import type { TextDiff } from './diff-texts.ts';

/** Longer than any comparison takes that is within its own bounds, also on a busy machine. */
const answerMsMax = 20_000;
/** A thread that nobody asks anything goes. */
const idleMs = 30_000;
const heapMbMax = 384;

/** What the thread is asked. */
export const diffQuestionSchema = z.object({
  number: z.int(),
  before: z.string(),
  after: z.string(),
  bounds: z.object({ lines: z.int(), characters: z.int() }),
});

const diffAnswerSchema = z.object({
  number: z.int(),
  diff: z.object({
    added: z.int(),
    removed: z.int(),
    hunks: z.array(diffHunkSchema),
    left: z.int(),
    coarse: z.literal(true).optional(),
  }),
});

/** Compares texts in a thread of its own, one pair at a time. */
export class DiffThread {
  readonly #workerPath: string;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #number = 0;

  constructor(workerPath: string) {
    this.#workerPath = workerPath;
  }

  /** Undefined when the texts could not be told apart in time. Not to be called again before it has resolved. */
  async compare(before: string, after: string, bounds: HunkBounds): Promise<TextDiff | undefined> {
    clearTimeout(this.#idle);
    this.#number += 1;
    const number = this.#number;
    const worker = this.#running();
    const answer = await new Promise<TextDiff | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), answerMsMax);
      const settle = (diff: TextDiff | undefined) => {
        clearTimeout(timer);
        worker.off('message', take).off('error', fail).off('exit', fail);
        resolve(diff);
      };
      const fail = () => settle(undefined);
      const take = (message: unknown) => {
        const { success, data } = diffAnswerSchema.safeParse(message);
        // What is thrown in here would end the supervisor.
        if (!success) return fail();
        if (data.number !== number) return;
        const { coarse, ...rest } = data.diff;
        settle({ ...rest, ...(coarse === undefined ? {} : { coarse }) });
      };
      worker.on('message', take).on('error', fail).on('exit', fail);
      worker.postMessage({ number, before, after, bounds });
    });
    if (answer === undefined) await this.close();
    else {
      this.#idle = setTimeout(() => void this.close(), idleMs);
      this.#idle.unref();
    }
    return answer;
  }

  /** Ends the thread; the next question begins another. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(this.#workerPath, { resourceLimits: { maxOldGenerationSizeMb: heapMbMax } });
    worker.unref();
    // Whoever asked is told; without anybody that listens, an error of the thread would end the supervisor.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }
}
