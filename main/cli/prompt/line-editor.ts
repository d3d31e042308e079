/** A line longer than any answer. */
const lineCharactersMax = 64;

/** What a chunk of keys did. */
export type Keyed = 'editing' | 'cancelled' | { readonly line: string };

/** Where in a control sequence the input is (ECMA-48 §5: CSI, single shifts and control strings). */
type Place = 'ground' | 'escape' | 'sequence' | 'one-more' | 'string' | 'string-escape';

/**
 * Edits one line of plain letters from raw terminal input. Ctrl-C cancels. What keys and reports send as control sequences
 * is passed over, however it is cut into chunks: an agent can make the terminal report all kinds of things. So Escape,
 * with which every one of them begins, is no key here.
 */
export class LineEditor {
  #text = '';
  #place: Place = 'ground';

  get text(): string {
    return this.#text;
  }

  clear(): void {
    this.#text = '';
  }

  /** Takes what was typed; what follows a line's end in the same chunk is dropped, never kept for a later question. */
  push(bytes: Uint8Array): Keyed {
    let keyed: Keyed = 'editing';
    for (const byte of bytes) {
      const key = String.fromCharCode(byte);
      // Sequences are followed to the chunk's end, so that the rest of one does not become letters later.
      if (this.#isInSequence(key) || keyed !== 'editing') continue;
      keyed = this.#edit(key);
    }
    return keyed;
  }

  #edit(key: string): Keyed {
    if (key === '\x03') return 'cancelled';
    if (key === '\r' || key === '\n') {
      const line = this.#text;
      this.#text = '';
      return { line };
    }
    if (key === '\x7f' || key === '\b') this.#text = this.#text.slice(0, -1);
    else if (key === '\x15') this.#text = '';
    else if (/[A-Za-z0-9 ]/u.test(key) && this.#text.length < lineCharactersMax) this.#text += key;
    return 'editing';
  }

  /** Follows control sequences; true for every byte of one. */
  #isInSequence(key: string): boolean {
    const was = this.#place;
    this.#place = nextPlace(was, key);
    return was !== 'ground' || this.#place !== 'ground';
  }
}

function nextPlace(place: Place, key: string): Place {
  if (place === 'string') return key === '\x07' ? 'ground' : key === '\x1b' ? 'string-escape' : 'string';
  if (key === '\x1b') return 'escape';
  switch (place) {
    case 'ground':
    case 'one-more':
    case 'string-escape':
      return 'ground';
    case 'escape':
      if (key === '[') return 'sequence';
      if (key === 'O' || key === 'N') return 'one-more';
      // A line's end or Ctrl-C after a lone Escape is meant.
      if (key < ' ') return 'ground';
      return ']PX^_'.includes(key) ? 'string' : 'ground';
    case 'sequence':
      return key >= '@' && key <= '~' ? 'ground' : 'sequence';
  }
}
