import type { EgressQuestion } from '../core/network/egress.ts';
import type { Approved } from '../core/policy/decide.ts';

/** How long the look-up of a name may take between the two questions of one connection. */
const carriedMs = 30_000;
/** Connections under way at one time that a person allowed once. */
const carriedMax = 1024;

/**
 * Answers that count once, on their way from the first question of a connection (before its name is looked up) to the
 * second (with the addresses). Each is taken once, by the same session for the same target, or ends unused.
 */
export class CarriedAnswers {
  readonly #answers = new Map<string, { readonly approval: Approved; readonly until: number }[]>();
  #count = 0;

  put(question: EgressQuestion, approval: Approved): void {
    if (this.#count >= carriedMax) this.#dropOld();
    if (this.#count >= carriedMax) return;
    const key = keyOf(question);
    const waiting = this.#answers.get(key) ?? [];
    this.#answers.set(key, [...waiting, { approval, until: performance.now() + carriedMs }]);
    this.#count += 1;
  }

  take(question: EgressQuestion): Approved | undefined {
    const key = keyOf(question);
    const [first, ...rest] = (this.#answers.get(key) ?? []).filter(({ until }) => performance.now() < until);
    this.#count -= (this.#answers.get(key)?.length ?? 0) - rest.length;
    if (rest.length === 0) this.#answers.delete(key);
    else this.#answers.set(key, rest);
    return first?.approval;
  }

  #dropOld(): void {
    for (const [key, waiting] of this.#answers) {
      const kept = waiting.filter(({ until }) => performance.now() < until);
      this.#count -= waiting.length - kept.length;
      if (kept.length === 0) this.#answers.delete(key);
      else this.#answers.set(key, kept);
    }
  }
}

function keyOf({ sessionId, protocol, action, host, port, method, path }: EgressQuestion): string {
  return JSON.stringify([sessionId, protocol, action, host, port, method, path]);
}
