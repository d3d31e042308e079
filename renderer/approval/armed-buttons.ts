import { armedAfterMs } from '#contract/bridge.ts';
import { buttonAttribute } from './answer-bar.ts';
import type { Arming } from './arming.ts';

/** What comes of keys and presses. */
export interface ButtonListener {
  /** A button that answers was pressed, armed, from beginning to end. */
  pressed(name: string): void;
  escape(isRepeat: boolean): void;
}

/** Between the page's events and the arming: everything that a hand does goes through here. Buttons fill while they arm. */
export class ArmedButtons {
  readonly #arming: Arming;
  readonly #listener: ButtonListener;
  #timer: number | undefined;

  constructor(arming: Arming, listener: ButtonListener) {
    this.#arming = arming;
    this.#listener = listener;
  }

  /** The question that can be answered, once its buttons are armed. */
  get question(): string | undefined {
    return this.#arming.question;
  }

  /** Nothing can be answered until the next `shown`. */
  replace(): void {
    this.#arming.replace();
    this.#fill();
  }

  /** From now on this question stands. */
  shown(question: string): void {
    this.#arming.shown(question, performance.now());
    this.#fill();
  }

  /** Its end is in view, or was. */
  read(): void {
    this.#arming.read(performance.now());
    this.#fill();
  }

  /** One act, like Escape, or a button pressed by assistive technology; false when it does not count. */
  act(isRepeat: boolean, button?: string): boolean {
    const counts = this.#arming.act(isRepeat, performance.now(), button);
    this.#fill();
    return counts;
  }

  /** Opens the ears. Scripted events are not trusted and do nothing. */
  listen(): void {
    const on = <Name extends keyof DocumentEventMap>(name: Name, act: (event: DocumentEventMap[Name]) => void) =>
      document.addEventListener(name, (event) => event.isTrusted && act(event), { capture: true });
    on('pointerdown', (event) => {
      // When the hand pressed, not when a busy machine came to it: the focus that the press brought is told about apart.
      this.#arming.press(event.button === 0 ? nameAt(event.target) : undefined, event.timeStamp);
      this.#fill();
    });
    on('pointerup', (event) => {
      const under = document.elementFromPoint(event.clientX, event.clientY);
      this.#answer(this.#arming.release(event.button === 0 ? nameAt(under) : undefined));
    });
    on('pointercancel', () => this.#arming.release(undefined));
    on('keydown', (event) => this.#keyDown(event));
    on('keyup', (event) => {
      const name = nameAt(document.activeElement);
      if (name !== undefined && event.key === ' ') event.preventDefault();
      this.#answer(this.#arming.keyUp(event.key, name));
    });
    on('focusin', (event) => this.#arming.buttonFocused(nameAt(event.target)));
    on('contextmenu', (event) => event.preventDefault());
    on('click', (event) => this.#click(event));
    const focusChanged = () => {
      this.#arming.focusChanged(performance.now());
      this.#fill();
    };
    window.addEventListener('focus', focusChanged);
    window.addEventListener('blur', focusChanged);
    document.addEventListener('visibilitychange', focusChanged);
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      this.#listener.escape(event.repeat);
      return;
    }
    const name = nameAt(document.activeElement);
    // Chromium would make a click of it, which is how a held key presses again and again.
    if (name !== undefined && (event.key === 'Enter' || event.key === ' ')) event.preventDefault();
    this.#arming.keyDown(event.key, name, event.repeat, performance.now());
    this.#fill();
  }

  /** Presses and keys were dealt with; what is left are clicks of assistive technology, which have neither. */
  #click(event: MouseEvent): void {
    const name = nameAt(event.target);
    if (name === undefined) return;
    event.preventDefault();
    const isAssistive = event.detail === 0 && event instanceof PointerEvent && event.pointerType === '';
    if (isAssistive && this.act(false, name)) this.#listener.pressed(name);
  }

  #answer(name: string | undefined): void {
    if (name !== undefined) this.#listener.pressed(name);
  }

  /** Shows how far the arming is; the buttons are dim until it is complete. */
  #fill(): void {
    window.clearTimeout(this.#timer);
    const now = performance.now();
    const waits: number[] = [];
    for (const button of document.querySelectorAll(`[${buttonAttribute}]`)) {
      const left = this.#arming.msUntilArmed(now, nameAt(button));
      if (left > 0 && Number.isFinite(left)) waits.push(left);
      showFill(button, left);
    }
    if (waits.length > 0) this.#timer = window.setTimeout(() => this.#fill(), Math.min(...waits));
  }
}

function showFill(button: Element, leftMs: number): void {
  button.setAttribute('aria-disabled', String(leftMs > 0));
  const fill = button.querySelector('.fill');
  for (const running of fill?.getAnimations() ?? []) running.cancel();
  if (leftMs === 0 || leftMs > armedAfterMs) return;
  const from = 1 - leftMs / armedAfterMs;
  fill?.animate([{ transform: `scaleX(${from})` }, { transform: 'scaleX(1)' }], { duration: leftMs });
}

/** The answering button that an event is about. */
function nameAt(target: EventTarget | null): string | undefined {
  if (!(target instanceof Element)) return undefined;
  return target.closest(`[${buttonAttribute}]`)?.getAttribute(buttonAttribute) ?? undefined;
}
