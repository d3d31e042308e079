import { operatingError } from '#contract/operating-error.ts';
import type { Surface } from './approvals.ts';
import { shownCode } from './shown-code.ts';

/** What questions of one kind are about. */
export interface QuestionKind<T> {
  /** Questions that are kept until somebody answers; the oldest go first. */
  readonly keptMax: number;
  /** When one is accepted, the others about the same are closed: they were asked of something that is another from here on. */
  readonly subject: (question: T) => string;
  /** Says what is not open, e.g. "This question about an agent". */
  readonly name: string;
  /** How to ask again. */
  readonly again: string;
}

/**
 * Guarantee: what widens authority and was not asked by a session (an agent to accept, a grant to add, memory that changed) takes
 * effect only for the exact thing that a surface was shown, with the code that it was shown with, once.
 * Threat: a client that proposes one thing and confirms another, answers for another surface, tries codes, or answers twice.
 * Limits: as those of `Approvers`: other software of the same person can work a terminal of its own.
 */
export class OpenQuestions<T extends { readonly digest: string }> {
  readonly #kind: QuestionKind<T>;
  readonly #open = new Map<string, T>();
  readonly #codes = new WeakMap<Surface, Map<string, string>>();

  constructor(kind: QuestionKind<T>) {
    this.#kind = kind;
  }

  keep(question: T): T {
    this.#open.delete(question.digest);
    this.#open.set(question.digest, question);
    const oldest = this.#open.keys().next();
    if (this.#open.size > this.#kind.keptMax && !oldest.done) this.#open.delete(oldest.value);
    return question;
  }

  /** The newest open one that fits. */
  newest(fits: (question: T) => boolean): T | undefined {
    return [...this.#open.values()].findLast(fits);
  }

  /** Throws `approval_refused` for one that is not open. */
  get(digest: string): T {
    const question = this.#open.get(digest);
    if (question === undefined) throw this.#notOpen();
    return question;
  }

  /** The code for this surface, made when it asks. */
  codeFor(surface: Surface, digest: string): string {
    this.get(digest);
    const codes = this.#codes.get(surface) ?? new Map<string, string>();
    this.#codes.set(surface, codes);
    const code = codes.get(digest) ?? shownCode();
    // One surface asks one question at a time.
    codes.clear();
    codes.set(digest, code);
    return code;
  }

  /** Takes the question that this surface was shown, once, for its code. A wrong code needs another one to be shown. */
  take(surface: Surface, digest: string, code: string): T {
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
    const { subject } = this.#kind;
    for (const [each, other] of this.#open) if (subject(other) === subject(question)) this.#open.delete(each);
    return question;
  }

  #notOpen(): Error {
    return operatingError('approval_refused', `${this.#kind.name} is not open.`, {
      remedy: `Nothing was accepted. Ask again: ${this.#kind.again}.`,
    });
  }
}
