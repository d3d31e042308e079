import type { AgentQuestion } from '#contract/agent.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Surface } from './approvals.ts';
import { shownCode } from './shown-code.ts';

/** Questions that are kept until somebody answers; the oldest go first. */
const keptMax = 64;

/**
 * Questions about agents that nobody has answered yet, by digest, and the codes they were shown with. Accepting one needs
 * the code of the surface that was asked, and is good once.
 */
export class AgentQuestions {
  readonly #open = new Map<string, AgentQuestion>();
  readonly #codes = new WeakMap<Surface, Map<string, string>>();

  keep(question: AgentQuestion): AgentQuestion {
    this.#open.delete(question.digest);
    this.#open.set(question.digest, question);
    const oldest = this.#open.keys().next();
    if (this.#open.size > keptMax && !oldest.done) this.#open.delete(oldest.value);
    return question;
  }

  /** The newest open one about an agent. */
  newestOf(name: string, kind: AgentQuestion['kind']): AgentQuestion | undefined {
    return [...this.#open.values()].findLast((each) => each.name === name && each.kind === kind);
  }

  /** The code for this surface, made when it asks. */
  codeFor(surface: Surface, digest: string): string {
    if (!this.#open.has(digest)) throw notOpen();
    const codes = this.#codes.get(surface) ?? new Map<string, string>();
    this.#codes.set(surface, codes);
    const code = codes.get(digest) ?? shownCode();
    // One surface asks one question at a time.
    codes.clear();
    codes.set(digest, code);
    return code;
  }

  /** Takes the question that this surface was shown, once, for its code. A wrong code needs another one to be shown. */
  take(surface: Surface, digest: string, code: string): AgentQuestion {
    const question = this.#open.get(digest);
    const codes = this.#codes.get(surface);
    const shown = codes?.get(digest);
    codes?.delete(digest);
    if (question === undefined || shown === undefined) throw notOpen();
    if (code.toUpperCase() !== shown) {
      throw operatingError('approval_refused', 'The code is not the one that was shown with the question.', {
        remedy: 'Nothing was accepted by it. Ask again.',
      });
    }
    // The others about it were asked of an agent that is another one from here on.
    for (const [each, { name }] of this.#open) if (name === question.name) this.#open.delete(each);
    return question;
  }
}

function notOpen(): Error {
  return operatingError('approval_refused', 'This question about an agent is not open.', {
    remedy: 'Nothing was accepted. Ask again: `gatehouse agents add` or `gatehouse agents accept`.',
  });
}
