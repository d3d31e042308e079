/** How far below the edge the end may lie and still be seen, in pixels: sizes are rounded. */
const tolerancePx = 2;

/** Watches whether the end of a question was in view: of its sentence, and of the facts, diffs and arguments below it. */
export class EndInView {
  readonly #sentence: HTMLElement;
  readonly #scroll: HTMLElement;
  readonly #onSeen: () => void;
  #end: Element | undefined;
  #sentenceSeen = false;
  #endSeen = false;

  /** `sentence` and `scroll` are scrolled through; `onSeen` is called once everything was in view, and for each question anew. */
  constructor(sentence: HTMLElement, scroll: HTMLElement, onSeen: () => void) {
    this.#sentence = sentence;
    this.#scroll = scroll;
    this.#onSeen = onSeen;
  }

  /** Opens the eyes. */
  listen(): void {
    const look = () => this.look();
    this.#sentence.addEventListener('scroll', look, { passive: true });
    this.#scroll.addEventListener('scroll', look, { passive: true });
    // The fold.
    this.#scroll.addEventListener('toggle', look, { capture: true });
    window.addEventListener('resize', look);
  }

  /** Another question, which ends here. */
  watch(end: Element | undefined): void {
    this.#end = end;
    this.#endSeen = false;
    this.#sentenceSeen = false;
  }

  /** Another sentence for the same question. */
  watchSentence(): void {
    this.#sentenceSeen = false;
  }

  get seen(): boolean {
    return this.#sentenceSeen && this.#endSeen;
  }

  /** Looks where everything is now. */
  look(): void {
    const hasMore = this.#scroll.scrollTop + this.#scroll.clientHeight < this.#scroll.scrollHeight - tolerancePx;
    this.#scroll.classList.toggle('more-below', hasMore);
    if (this.#end === undefined || this.seen) return;
    const { scrollTop, clientHeight, scrollHeight } = this.#sentence;
    this.#sentenceSeen ||= scrollTop + clientHeight >= scrollHeight - tolerancePx;
    const edge = this.#scroll.getBoundingClientRect().bottom + tolerancePx;
    this.#endSeen ||= this.#end.getBoundingClientRect().bottom <= edge;
    if (this.seen) this.#onSeen();
  }
}
