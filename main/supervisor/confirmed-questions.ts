import { operatingError } from '#contract/operating-error.ts';
import type { Surface } from './approvals.ts';
import { shownCode } from './shown-code.ts';

/** Questions of one kind that are kept until somebody answers; the oldest go first. */
const keptMax = 64;

/**
 * Guarantee: what widens authority and was not asked by a session (an agent to accept, a grant to add) takes effect only for the
 * exact thing that a surface was shown, with the code that it was shown with, once.
 * Threat: a client that proposes one thing and confirms another, answers for another surface, tries codes, or answers twice.
 * Limits: as those of `Approvers`: other software of the same person can work a terminal of its own.
 */
export class ConfirmedQuestions<Question extends { readonly digest: string }> {
  readonly #open = new Map<string, Question>();
  readonly #codes = new WeakMap<Surface, Map<string, string>>();
  readonly #words: { readonly what: string; readonly remedy: string };

  /** `what` is the question as in "This … is not open"; `remedy` says how it is asked again. */
  constructor(words: { readonly what: string; readonly remedy: string }) {
    this.#words = words;
  }

  keep(question: Question): Question {
    this.#open.delete(question.digest);
    this.#open.set(question.digest, question);
    const oldest = this.#open.keys().next();
    if (this.#open.size > keptMax && !oldest.done) this.#open.delete(oldest.value);
    return question;
  }

  /** The newest open one of these. */
  newest(matches: (question: Question) => boolean): Question | undefined {
    return [...this.#open.values()].findLast(matches);
  }

  /** Closes what an answer made pointless. */
  drop(matches: (question: Question) => boolean): void {
    for (const [digest, question] of this.#open) if (matches(question)) this.#open.delete(digest);
  }

  /** The code for this surface, made when it asks. */
  codeFor(surface: Surface, digest: string): string {
    if (!this.#open.has(digest)) throw this.#notOpen();
    const codes = this.#codes.get(surface) ?? new Map<string, string>();
    this.#codes.set(surface, codes);
    const code = codes.get(digest) ?? shownCode();
    // One surface asks one question at a time.
    codes.clear();
    codes.set(digest, code);
    return code;
  }

  /** Takes the question that this surface was shown, once, for its code. A wrong code needs another one to be shown. */
  take(surface: Surface, digest: string, code: string): Question {
    const question = this.#open.get(digest);
    const codes = this.#codes.get(surface);
    const shown = codes?.get(digest);
    codes?.delete(digest);
    if (question === undefined || shown === undefined) throw this.#notOpen();
    if (code.toUpperCase() !== shown) {
      throw operatingError('approval_refused', 'The code is not the one that was shown with the question.', {
        remedy: 'Nothing was accepted by it. Ask again.',
      });
    }
    this.#open.delete(digest);
    return question;
  }

  #notOpen(): Error {
    const { what, remedy } = this.#words;
    return operatingError('approval_refused', `This ${what} is not open.`, { remedy });
  }
}
