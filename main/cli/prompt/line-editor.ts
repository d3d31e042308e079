/** A line longer than any answer. */
const lineCharactersMax = 64;

/** What a chunk of keys did. */
export type Keyed = 'editing' | 'cancelled' | { readonly line: string };

/**
 * Edits one line of plain letters from raw terminal input. Ctrl-C and Escape cancel; keys that send sequences, pasted
 * text in brackets and everything else that is not a letter, digit or space are passed over.
 */
export class LineEditor {
  #text = '';

  get text(): string {
    return this.#text;
  }

  clear(): void {
    this.#text = '';
  }

  /** Takes what was typed; what follows a line's end in the same chunk is dropped, never kept for a later question. */
  push(bytes: Uint8Array): Keyed {
    const keys = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    if (keys === '\x1b') return 'cancelled';
    for (const key of keys.replace(/\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|O.|.)/gu, '')) {
      if (key === '\x03') return 'cancelled';
      if (key === '\r' || key === '\n') {
        const line = this.#text;
        this.#text = '';
        return { line };
      }
      if (key === '\x7f' || key === '\b') this.#text = this.#text.slice(0, -1);
      else if (key === '\x15') this.#text = '';
      else if (/[A-Za-z0-9 ]/u.test(key) && this.#text.length < lineCharactersMax) this.#text += key;
    }
    return 'editing';
  }
}
