/**
 * Guarantee: only a line that was typed after its question had stood still for a while, with the question's code where it
 * allows, becomes an answer; everything typed before is dropped.
 *
 * Threat: a person who types on while a question appears, Enter held down, a flood of keys or of reports that an agent
 * made the terminal send.
 *
 * Limits: whoever works the keyboard is taken for the person.
 */
import type { Answer } from '#contract/approval.ts';
import { parseAnswer } from './answer-words.ts';
import { LineEditor } from './line-editor.ts';

/** Keys count once this long has passed since the question appeared and since the last key before that. */
export const armedAfterMs = 700;

/** What a chunk of keys came to. */
export type Typed = 'nothing' | 'editing' | 'cancelled' | { readonly answer: Answer; readonly code: string };

/** The answer that is being typed to one question after the other. */
export class TypedAnswer {
  readonly #editor = new LineEditor();
  #armedAt = 0;
  #problem = '';

  /** What stands on the line. */
  get text(): string {
    return this.#editor.text;
  }

  /** Why the last line was no answer; empty when there is nothing to say. */
  get problem(): string {
    return this.#problem;
  }

  isArmed(nowMs: number): boolean {
    return nowMs >= this.#armedAt;
  }

  /** A question appears: what was typed to the one before is gone, and nothing counts for a while. */
  begin(nowMs: number): void {
    this.drop();
    this.#armedAt = nowMs + armedAfterMs;
  }

  /** Forgets what was typed. */
  drop(): void {
    this.#editor.clear();
    this.#problem = '';
  }

  /** Says why an answer was not taken. */
  fail(why: string): void {
    this.#problem = why;
  }

  /** Takes keys as the terminal sent them. */
  keys(bytes: Uint8Array, nowMs: number, asked: { readonly answers: readonly Answer[]; readonly code: string }): Typed {
    if (!this.isArmed(nowMs)) {
      // Somebody is still typing to something else: nothing of that is meant for the question.
      this.#armedAt = nowMs + armedAfterMs;
      this.#editor.push(bytes);
      this.#editor.clear();
      return 'nothing';
    }
    const keyed = this.#editor.push(bytes);
    if (keyed === 'editing' || keyed === 'cancelled') return keyed;
    const parsed = parseAnswer(keyed.line, asked.answers, asked.code);
    if (parsed === undefined) return 'nothing';
    if ('answer' in parsed) return parsed;
    this.#problem = parsed.why;
    return 'editing';
  }
}
