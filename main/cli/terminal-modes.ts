/** An escape sequence cut by a chunk's end is carried over up to this length. */
const carriedBytesMax = 32;

/** Modes that a terminal has on from the start (xterm control sequences: DECAWM, DECTCEM); off is what must be undone. */
const onByNature: ReadonlySet<string> = new Set(['7', '25']);

/**
 * Watches an agent's terminal output for private modes (alternate screen, hidden cursor, mouse and paste reports), so that they can be
 * undone when the agent was ended before it could do that itself.
 */
export class TerminalModes {
  readonly #changed = new Set<string>();
  #keyboardPushed = false;
  #carried = '';

  /** Takes note of output that goes to the terminal. */
  watch(bytes: Uint8Array): void {
    const text = this.#carried + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    for (const [, modes = '', set] of text.matchAll(/\x1b\[\?([\d;]+)([hl])/gu)) {
      for (const mode of modes.split(';')) {
        if ((set === 'h') === onByNature.has(mode)) this.#changed.delete(mode);
        else this.#changed.add(mode);
      }
    }
    for (const [, direction] of text.matchAll(/\x1b\[([<>])\d*u/gu)) this.#keyboardPushed = direction === '>';
    const tail = text.slice(-carriedBytesMax);
    const start = tail.lastIndexOf('\x1b');
    this.#carried = start !== -1 && /^\x1b(\[([?<>][\d;]*)?)?$/u.test(tail.slice(start)) ? tail.slice(start) : '';
  }

  /** The sequence that brings back what `undo` undid. */
  redo(): string {
    const modes = [...this.#changed].map((mode) => `\x1b[?${mode}${onByNature.has(mode) ? 'l' : 'h'}`).join('');
    return modes + (this.#keyboardPushed ? '\x1b[>1u' : '');
  }

  /** The sequence that undoes what is still changed; empty when nothing is. */
  undo(): string {
    const modes = [...this.#changed].map((mode) => `\x1b[?${mode}${onByNature.has(mode) ? 'h' : 'l'}`).join('');
    return modes + (this.#keyboardPushed ? '\x1b[<u' : '') + (modes === '' ? '' : '\x1b[0m');
  }
}
