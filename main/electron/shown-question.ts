/**
 * Guarantee: an answer counts only for the question that stands on the screen, and only once it has stood there for `armedAfterMs`.
 *
 * Threat: a page that answers by script, faster than a person reads; an answer that was meant for the question before.
 *
 * Limits: it cannot see whether anybody reads. Pure: time comes in with every call, in milliseconds.
 */
import { armedAfterMs } from '#contract/bridge.ts';

/** Which question is on the screen, and since when. */
export class ShownQuestion {
  #key: string | undefined;
  #since = Number.POSITIVE_INFINITY;

  /** This one is on the screen from now on; drawn anew, it counts anew. */
  show(key: string, nowMs: number): void {
    this.#key = key;
    this.#since = nowMs;
  }

  /** Another one is about to take its place. */
  leave(): void {
    this.#key = undefined;
    this.#since = Number.POSITIVE_INFINITY;
  }

  isShown(key: string): boolean {
    return this.#key === key;
  }

  mayAnswer(key: string, nowMs: number): boolean {
    return this.isShown(key) && nowMs - this.#since >= armedAfterMs;
  }
}
