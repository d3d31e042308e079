import type { Key } from './keys.ts';

/** Longer than any query somebody types; the supervisor takes 4,096. */
const charactersMax = 1_000;

/** A line that is being edited: a query, or a word that confirms. */
export class LineInput {
  #text: string;

  constructor(text = '') {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  /** Takes a key; true when it changed the line. */
  key(key: Key): boolean {
    const before = this.#text;
    if (key.name === 'text') this.#text = (this.#text + key.text).slice(0, charactersMax);
    else if (key.name === 'backspace') this.#text = [...this.#text].slice(0, -1).join('');
    else if (key.name === 'ctrl-u') this.#text = '';
    return this.#text !== before;
  }
}
