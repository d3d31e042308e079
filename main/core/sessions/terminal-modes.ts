/** An escape sequence cut by a chunk's end is carried over up to this length. */
const carriedBytesMax = 32;

/** Modes that a terminal has on from the start (xterm control sequences: DECAWM, DECTCEM); off is what must be undone. */
const onByNature: ReadonlySet<string> = new Set(['7', '25']);

/** Settings of one kind each: how a change of it looks, and what undoes it. */
const settings = [
  // Keypad (DECKPAM, DECKPNM).
  { pattern: /\x1b([=>])/gu, natural: '>', undo: '\x1b>' },
  // How modified keys are reported (XTMODKEYS).
  { pattern: /\x1b\[>4(;?\d*)m/gu, natural: /^;?0?$/u, undo: '\x1b[>4m' },
  // Scrolling region (DECSTBM), which moves the cursor.
  { pattern: /\x1b\[(\d*;?\d*)r/gu, natural: /^;?$/u, undo: '\x1b7\x1b[r\x1b8' },
  // Shape of the cursor (DECSCUSR).
  { pattern: /\x1b\[(\d*) q/gu, natural: /^0?$/u, undo: '\x1b[0 q' },
] as const;

/**
 * Watches an agent's terminal output for modes (alternate screen, hidden cursor, mouse and paste reports, keyboard), so that they can be
 * undone when the agent is left, or was ended before it could do that itself, and set on another terminal.
 */
export class TerminalModes {
  readonly #changed = new Set<string>();
  /** The sequence that made each setting what it is, by what undoes it. */
  readonly #set = new Map<string, string>();
  /** What pushed flags on the keyboard's stack (kitty's protocol). */
  #keyboard: string | undefined;
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
    for (const [sequence, direction] of text.matchAll(/\x1b\[([<>])\d*u/gu)) {
      this.#keyboard = direction === '>' ? sequence : undefined;
    }
    for (const { pattern, natural, undo } of settings) {
      for (const [sequence, value = ''] of text.matchAll(pattern)) {
        const isNatural = typeof natural === 'string' ? value === natural : natural.test(value);
        if (isNatural) this.#set.delete(undo);
        else this.#set.set(undo, sequence);
      }
    }
    const tail = text.slice(-carriedBytesMax);
    const start = tail.lastIndexOf('\x1b');
    this.#carried = start !== -1 && /^\x1b(\[([?<>]?[\d;]* ?)?)?$/u.test(tail.slice(start)) ? tail.slice(start) : '';
  }

  /** The sequence that brings back what `undo` undid. */
  redo(): string {
    const modes = [...this.#changed].map((mode) => `\x1b[?${mode}${onByNature.has(mode) ? 'l' : 'h'}`).join('');
    return modes + (this.#keyboard ?? '') + [...this.#set.values()].join('');
  }

  /** The sequence that undoes what is still changed; empty when nothing is. */
  undo(): string {
    // Settings that lie on the alternate screen first.
    const set = [...this.#set.keys()].join('');
    const modes = [...this.#changed].map((mode) => `\x1b[?${mode}${onByNature.has(mode) ? 'h' : 'l'}`).join('');
    return set + modes + (this.#keyboard === undefined ? '' : '\x1b[<u') + (modes === '' ? '' : '\x1b[0m');
  }
}
