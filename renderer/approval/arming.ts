/**
 * Guarantee: a press or a key answers only when the question it answers had stood still for `armedAfterMs`, with nothing typed, pressed
 * elsewhere or focused meanwhile; it begins and ends on one button of one question; a held or repeated key answers nothing; Enter and
 * Space work on a button that was reached with Tab and on no other. What lets something happen also waits for the end of the question to
 * have been in view, and for `armedAfterMs` after that.
 *
 * Threat: a question that comes up, or takes another one's place, under a hand that is typing, clicking or double-clicking; the line that
 * matters, below what anybody looked at.
 *
 * Limits: whoever works the keyboard and the pointer is taken for the person. Pure: time comes in with every call, in milliseconds.
 */
import { armedAfterMs } from '#contract/bridge.ts';

/** A click that brings the window to the front focuses it and presses a button at once; the two are one act. */
const pressWithFocusMs = 100;

interface Held {
  readonly button: string;
  readonly by: 'pointer' | 'key';
  readonly at: number;
}

/** What the buttons of the question that is shown do with presses and keys. */
export class Arming {
  #question: string | undefined;
  #armedAt = Number.POSITIVE_INFINITY;
  #held: Held | undefined;
  #lastKeyWasTab = false;
  #reachedByTab: string | undefined;
  /** The last moment at which focus changed while everything was armed. */
  #focusedWhileArmedAt = Number.NEGATIVE_INFINITY;
  /** Since when it had been armed then. */
  #armedBeforeFocusAt = Number.POSITIVE_INFINITY;
  #readAt = Number.POSITIVE_INFINITY;
  readonly #allows: (button: string) => boolean;

  /** `allows` says whether a button lets something happen. */
  constructor(allows: (button: string) => boolean) {
    this.#allows = allows;
  }

  /** The question these presses would answer; undefined while none can be answered. */
  get question(): string | undefined {
    return this.#question;
  }

  /** A question, or another sentence of it, is drawn. It cannot be answered before it is `shown`. */
  replace(): void {
    this.#question = undefined;
    this.#armedAt = Number.POSITIVE_INFINITY;
    this.#focusedWhileArmedAt = Number.NEGATIVE_INFINITY;
    this.#readAt = Number.POSITIVE_INFINITY;
    this.#forget();
  }

  /** It stands on the screen from now on. */
  shown(question: string, nowMs: number): void {
    this.#question = question;
    this.#armedAt = nowMs + armedAfterMs;
    this.#focusedWhileArmedAt = Number.NEGATIVE_INFINITY;
    this.#forget();
  }

  /** Its end is in view, or was. The first time counts. */
  read(nowMs: number): void {
    if (this.#question !== undefined) this.#readAt = Math.min(this.#readAt, nowMs);
  }

  /** Whether this button would answer now; without a button, whether any would. */
  isArmed(nowMs: number, button?: string): boolean {
    return this.msUntilArmed(nowMs, button) === 0;
  }

  /** How long until it is armed if nothing happens; infinite while no question is shown, or while its end was not in view. */
  msUntilArmed(nowMs: number, button?: string): number {
    if (this.#question === undefined) return Number.POSITIVE_INFINITY;
    const unread = this.#isRead(button, nowMs) ? 0 : this.#readAt + armedAfterMs - nowMs;
    return Math.max(0, this.#armedAt - nowMs, unread);
  }

  /** The window got or lost the keys. */
  focusChanged(nowMs: number): void {
    if (this.isArmed(nowMs)) {
      this.#focusedWhileArmedAt = nowMs;
      this.#armedBeforeFocusAt = this.#armedAt;
    }
    this.#lastKeyWasTab = false;
    // A press that came just before its own focus stays a press.
    if (this.#held !== undefined && nowMs - this.#held.at > pressWithFocusMs) this.#held = undefined;
    this.#again(nowMs);
  }

  /** A button got the focus within the window, or nothing has it any more. */
  buttonFocused(button: string | undefined): void {
    this.#reachedByTab = this.#lastKeyWasTab ? button : undefined;
  }

  /** The pointer went down: on a button, or anywhere else. */
  press(button: string | undefined, nowMs: number): void {
    // A busy machine may come to the press long after it, and after the focus: what counts is that it was armed when the hand pressed.
    const wasArmed = nowMs >= this.#armedBeforeFocusAt;
    const cameWithFocus = wasArmed && nowMs - this.#focusedWhileArmedAt <= pressWithFocusMs;
    const counts = this.isArmed(nowMs, button) || (cameWithFocus && this.#isRead(button, nowMs));
    this.#focusedWhileArmedAt = Number.NEGATIVE_INFINITY;
    this.#lastKeyWasTab = false;
    this.#held = counts && button !== undefined ? { button, by: 'pointer', at: nowMs } : undefined;
    this.#again(nowMs);
  }

  /** The pointer went up. Returns the button that was pressed, if it was all along the same one. */
  release(button: string | undefined): string | undefined {
    return this.#letGo(button, 'pointer');
  }

  /** A key went down. `button` is the focused one. Every key postpones; only an armed Enter or Space is the beginning of a press. */
  keyDown(key: string, button: string | undefined, isRepeat: boolean, nowMs: number): void {
    const presses = (key === 'Enter' || key === ' ') && button !== undefined && button === this.#reachedByTab;
    if (isRepeat || !presses || !this.isArmed(nowMs, button)) this.#held = undefined;
    else this.#held = { button, by: 'key', at: nowMs };
    this.#lastKeyWasTab = key === 'Tab';
    this.#again(nowMs);
  }

  /** A key went up. Returns the button that it pressed. */
  keyUp(key: string, button: string | undefined): string | undefined {
    return key === 'Enter' || key === ' ' ? this.#letGo(button, 'key') : undefined;
  }

  /** Escape, or assistive technology that presses a button by itself: one act without a beginning and an end. */
  act(isRepeat: boolean, nowMs: number, button?: string): boolean {
    const counts = !isRepeat && this.isArmed(nowMs, button);
    this.#held = undefined;
    this.#lastKeyWasTab = false;
    this.#again(nowMs);
    return counts;
  }

  #isRead(button: string | undefined, nowMs: number): boolean {
    return button === undefined || !this.#allows(button) || nowMs - this.#readAt >= armedAfterMs;
  }

  #letGo(button: string | undefined, by: Held['by']): string | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held !== undefined && held.by === by && held.button === button ? button : undefined;
  }

  #again(nowMs: number): void {
    if (this.#question === undefined) return;
    // A clock that is set back must not arm earlier.
    this.#armedAt = Math.max(this.#armedAt, nowMs + armedAfterMs);
  }

  #forget(): void {
    this.#held = undefined;
    this.#reachedByTab = undefined;
    this.#lastKeyWasTab = false;
  }
}
