import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Ctrl-\ (or Ctrl-4, which sends the same), then d: hardly any program binds the first, and what was held of it reaches the agent. */
export const defaultDetachKeys = 'ctrl-\\,d';
/** How long the beginning of the keys is held back from the agent when nothing follows. */
export const heldMs = 700;
const keysMax = 4;
/** The longest encoding of one key that is waited for. */
const encodingCharactersMax = 24;

/** One key. */
export interface Key {
  /** What it sends in the old encoding. */
  readonly byte: number;
  /** Unicode code points that the newer encodings name it by. */
  readonly codes: readonly number[];
  readonly ctrl: boolean;
}

/** The keys that leave a session: those given, else those of `GATEHOUSE_DETACH_KEYS`, else the usual ones. */
export function detachKeysOf(terminal: Terminal, given: string | undefined): readonly Key[] {
  return parseDetachKeys(given ?? (terminal.environment['GATEHOUSE_DETACH_KEYS'] || defaultDetachKeys));
}

/** How a person reads them. */
export function detachKeysText(keys: readonly Key[]): string {
  return keys.map(({ ctrl, codes: [code = 0] }) => `${ctrl ? 'Ctrl-' : ''}${String.fromCharCode(code)}`).join(' ');
}

/** Reads keys as in `ctrl-p,ctrl-q` or `ctrl-\,d`. Throws `UsageError`. */
export function parseDetachKeys(text: string): readonly Key[] {
  const words = text.split(',');
  if (words.length > keysMax) throw wrong(text, `There are at most ${keysMax} keys.`);
  return words.map((word) => {
    // Without `u`: letters of any case in all of Unicode take V8 some milliseconds, at every start.
    const [, ctrl, name = ''] = /^(ctrl-|\^)?([!-~])$/i.exec(word) ?? [];
    const code = name.toLowerCase().charCodeAt(0);
    if (name === '') throw wrong(text, `"${word}" is no key.`);
    if (ctrl === undefined) return { byte: name.charCodeAt(0), codes: [name.charCodeAt(0)], ctrl: false };
    if (!/[a-z@[\]\\^_]/u.test(name.toLowerCase())) throw wrong(text, `"${word}" is no control key.`);
    // Terminals send FS for Ctrl-4 as well, which keyboards without a key of its own for the backslash need.
    const codes = name === '\\' ? [code, '4'.charCodeAt(0)] : [code];
    return { byte: name.toUpperCase().charCodeAt(0) & 0x1f, codes, ctrl: true };
  });
}

function wrong(text: string, why: string): UsageError {
  return new UsageError(
    `--detach-keys ${text} is not understood. ${why}`,
    'Say them as in --detach-keys ctrl-p,ctrl-q.',
  );
}

/**
 * Finds the detach keys in what a person types, however it is cut into pieces and encoded: as bytes, or in the encodings that agents
 * switch on (CSI u of the kitty keyboard protocol, XTMODKEYS). Everything else comes out unchanged, and so does a beginning that was
 * not completed.
 */
export class DetachKeys {
  readonly #keys: readonly Key[];
  #held = '';
  /** Keys of the sequence in `#held`. */
  #found = 0;

  constructor(keys: readonly Key[]) {
    this.#keys = keys;
  }

  /** Whether something is held back; give it out with `release` when nothing follows within `heldMs`. */
  get holds(): boolean {
    return this.#held !== '';
  }

  /** What is for the agent, and whether the keys were completed. What was typed after them is dropped. */
  push(bytes: Uint8Array): { pass: Uint8Array; complete: boolean } {
    let rest = this.#held + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    let pass = '';
    this.#held = '';
    this.#found = 0;
    let at = 0;
    while (at < rest.length) {
      const key = this.#keys[this.#found];
      if (key === undefined) break;
      const text = rest.slice(at);
      const match = matchKey(text, key);
      if (match === 'more') {
        this.#held = rest;
        return { pass: latin1(pass), complete: false };
      }
      const released = match.pressed ? 0 : this.#releaseLength(text);
      if (match.pressed) this.#found += 1;
      at += match.pressed ? match.length : released;
      if (match.pressed || released > 0) continue;
      const skipped = Math.max(1, this.#found > 0 ? firstLength(rest, this.#keys[0]) : match.length);
      pass += rest.slice(0, skipped);
      rest = rest.slice(skipped);
      this.#found = 0;
      at = 0;
    }
    if (this.#found === this.#keys.length) {
      this.#found = 0;
      return { pass: latin1(pass), complete: true };
    }
    this.#held = rest;
    return { pass: latin1(pass), complete: false };
  }

  /** That a key which was pressed before is let go is no other key. */
  #releaseLength(text: string): number {
    for (const key of this.#keys.slice(0, this.#found)) {
      const match = matchKey(text, key);
      if (match !== 'more' && !match.pressed && match.length > 0) return match.length;
    }
    return 0;
  }

  /** Gives out what was held back. */
  release(): Uint8Array {
    const held = latin1(this.#held);
    this.#held = '';
    this.#found = 0;
    return held;
  }
}

/** How much of the beginning goes to the agent when a sequence is not completed: its first key. */
function firstLength(text: string, key: Key | undefined): number {
  const match = key === undefined ? undefined : matchKey(text, key);
  return match === undefined || match === 'more' ? 1 : match.length;
}

/** `pressed` with the length of its encoding; a length without it is another event of the same key. */
function matchKey(text: string, key: Key): { pressed: boolean; length: number } | 'more' {
  if (text.charCodeAt(0) === key.byte) return { pressed: true, length: 1 };
  if (!text.startsWith('\x1b[')) return { pressed: false, length: 0 };
  // CSI code[:alternates] ; modifiers[:event] [; text] u, and CSI 27 ; modifiers ; code ~.
  const [all, code, modifiers, event] =
    /^\x1b\[(\d+)(?::\d*)*(?:;(\d*)(?::(\d))?(?:;[\d:]*)?)?u/u.exec(text) ?? swapped(text) ?? [];
  if (all === undefined) {
    const begun = text.length <= encodingCharactersMax && /^\x1b\[[\d;:]+$/u.test(text);
    return begun ? 'more' : { pressed: false, length: 0 };
  }
  // Caps Lock and Num Lock are told as modifiers too.
  const held = (Number(modifiers || '1') - 1) & ~(64 | 128);
  if (!key.codes.includes(Number(code)) || held !== (key.ctrl ? 4 : 0)) return { pressed: false, length: 0 };
  return { pressed: event !== '3', length: all.length };
}

function swapped(text: string): readonly (string | undefined)[] | undefined {
  const found = /^\x1b\[27;(\d+);(\d+)~/u.exec(text);
  return found === null ? undefined : [found[0], found[2], found[1], undefined];
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
