/**
 * Guarantee: the question that is read is the one that is answered. What is shown of it stays as it was when it was opened;
 * whatever happens to it meanwhile is said beside it, and takes what was typed away.
 *
 * Threat: a question that is swapped, joined or answered while a person types; keys that were meant for something else;
 * a connection that went away and came back with other questions.
 *
 * Limits: it does not know what other surfaces show. The supervisor takes one answer, and says so to the second.
 */
import type { Answer, Approval } from '#contract/approval.ts';
import { TypedAnswer } from '../prompt/typed-answer.ts';

/** Why a question can be read here and not answered. */
export type ReadOnly = 'elsewhere' | 'no-approver';

/** What came of a line that was typed. */
export interface GivenAnswer {
  readonly answer: Answer;
  readonly code: string;
}

/** One question, opened to be read and answered. */
export class OpenQuestion {
  /** As it was when it was opened. */
  readonly asked: Approval;
  /** The code it was shown with here; undefined when it cannot be answered here. */
  readonly code: string | undefined;
  readonly readOnly: ReadOnly | undefined;
  readonly #typed = new TypedAnswer();
  #now: Approval;
  #lost = false;
  #gone = false;
  #isSending = false;
  #dropped = false;

  constructor(asked: Approval, how: { readonly code: string } | { readonly readOnly: ReadOnly }, nowMs: number) {
    this.asked = asked;
    this.#now = asked;
    this.code = 'code' in how ? how.code : undefined;
    this.readOnly = 'readOnly' in how ? how.readOnly : undefined;
    this.#typed.begin(nowMs);
  }

  /** As it is now: its state, its answer, how many calls wait. */
  get now(): Approval {
    return this.#now;
  }

  get text(): string {
    return this.#typed.text;
  }

  get problem(): string {
    return this.#typed.problem;
  }

  get isSending(): boolean {
    return this.#isSending;
  }

  /** Something had been typed when it changed. */
  get hasDropped(): boolean {
    return this.#dropped;
  }

  /** Nobody knows any more how it stands: the connection went. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** It is no longer open, and nobody said what became of it. */
  get isGone(): boolean {
    return this.#gone;
  }

  isArmed(nowMs: number): boolean {
    return this.#typed.isArmed(nowMs);
  }

  get isAnswerable(): boolean {
    const { state } = this.#now;
    return this.code !== undefined && !this.#lost && !this.#gone && (state === 'waiting' || state === 'pending');
  }

  /** It changed at the supervisor. */
  changed(approval: Approval, nowMs: number): void {
    if (approval.id !== this.asked.id) return;
    const isOther = approval.state !== this.#now.state;
    this.#now = approval;
    // An answer means something else now: to the next try instead of the call, or nothing.
    if (isOther) this.#drop(nowMs);
  }

  /** It is not among the open ones any more, and nobody said why. */
  left(nowMs: number): void {
    const { state } = this.#now;
    if (this.#gone || this.#isSending || (state !== 'waiting' && state !== 'pending')) return;
    this.#gone = true;
    this.#drop(nowMs);
  }

  /** The connection it was shown on is gone, and with it the code. */
  lost(nowMs: number): void {
    this.#lost = true;
    this.#drop(nowMs);
  }

  /** Takes keys as the terminal sent them; an answer is to be sent at once. */
  keys(bytes: Uint8Array, nowMs: number): GivenAnswer | undefined {
    if (!this.isAnswerable || this.#isSending || this.code === undefined) return undefined;
    this.#dropped = false;
    const typed = this.#typed.keys(bytes, nowMs, { answers: this.asked.answers, code: this.code });
    if (typeof typed === 'string') return undefined;
    this.#isSending = true;
    return typed;
  }

  /** The answer was not taken. */
  refused(why: string): void {
    this.#isSending = false;
    this.#typed.fail(why);
  }

  #drop(nowMs: number): void {
    this.#dropped = this.#typed.text !== '';
    this.#typed.begin(nowMs);
  }
}
