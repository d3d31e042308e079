/**
 * Guarantee: an answer counts only for the question that stands on the screen, and only once it has stood there for `armedAfterMs`; one
 * that lets something happen also only `armedAfterMs` after the page said that the end of the question had been in view.
 *
 * Threat: a page that answers by script, faster than a person reads; an answer that was meant for the question before; the line that
 * matters, below what anybody looked at.
 *
 * Limits: it cannot see whether anybody reads, and takes the page's word for what was in view. Pure: time comes in with every call, in
 * milliseconds.
 */
import { armedAfterMs } from '#contract/bridge.ts';

/** Which question is on the screen, and since when. */
export class ShownQuestion {
  #key: string | undefined;
  #since = Number.POSITIVE_INFINITY;
  #readAt = Number.POSITIVE_INFINITY;

  /** This one is on the screen from now on; drawn anew or brought forward, it counts anew. */
  show(key: string, nowMs: number): void {
    if (key !== this.#key) this.#readAt = Number.POSITIVE_INFINITY;
    this.#key = key;
    this.#since = nowMs;
  }

  /** Its end has been in view. The first time counts. */
  read(key: string, nowMs: number): void {
    if (this.isShown(key)) this.#readAt = Math.min(this.#readAt, nowMs);
  }

  /** Another one is about to take its place. */
  leave(): void {
    this.#key = undefined;
    this.#since = Number.POSITIVE_INFINITY;
    this.#readAt = Number.POSITIVE_INFINITY;
  }

  isShown(key: string): boolean {
    return this.#key === key;
  }

  /** Whether it can be denied. */
  mayDeny(key: string, nowMs: number): boolean {
    return this.isShown(key) && nowMs - this.#since >= armedAfterMs;
  }

  /** Whether it can be allowed. */
  mayAllow(key: string, nowMs: number): boolean {
    return this.mayDeny(key, nowMs) && nowMs - this.#readAt >= armedAfterMs;
  }
}
