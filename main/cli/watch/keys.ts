import { StringDecoder } from 'node:string_decoder';

/** One key as the screen knows it. */
export type Key =
  | {
      readonly name:
        | 'up'
        | 'down'
        | 'left'
        | 'right'
        | 'page-up'
        | 'page-down'
        | 'home'
        | 'end'
        | 'tab'
        | 'back-tab'
        | 'enter'
        | 'escape'
        | 'backspace'
        | 'ctrl-c'
        | 'ctrl-u'
        | 'ctrl-l';
    }
  | { readonly name: 'text'; readonly text: string };

/** A control sequence longer than this is none; what follows is read afresh. */
const sequenceCharactersMax = 64;

const controls: Readonly<Record<string, Key>> = {
  '\r': { name: 'enter' },
  '\n': { name: 'enter' },
  '\t': { name: 'tab' },
  '\x7f': { name: 'backspace' },
  '\b': { name: 'backspace' },
  '\x03': { name: 'ctrl-c' },
  '\x15': { name: 'ctrl-u' },
  '\x0c': { name: 'ctrl-l' },
};

/** What xterm and its kin send (ctlseqs, “PC-Style Function Keys”), without modifiers. */
const sequences: Readonly<Record<string, Key>> = {
  '[A': { name: 'up' },
  OA: { name: 'up' },
  '[B': { name: 'down' },
  OB: { name: 'down' },
  '[C': { name: 'right' },
  OC: { name: 'right' },
  '[D': { name: 'left' },
  OD: { name: 'left' },
  '[H': { name: 'home' },
  OH: { name: 'home' },
  '[1~': { name: 'home' },
  '[F': { name: 'end' },
  OF: { name: 'end' },
  '[4~': { name: 'end' },
  '[5~': { name: 'page-up' },
  '[6~': { name: 'page-down' },
  '[Z': { name: 'back-tab' },
};

/** Reads keys from raw terminal input, however it is cut into chunks. */
export class KeyReader {
  readonly #decoder = new StringDecoder('utf8');
  #sequence: string | undefined;

  /** Whether an Escape waits for what may follow it. Nobody follows: call `flush`. */
  get isHolding(): boolean {
    return this.#sequence === '';
  }

  /** Letters that came together are one text: a person types them one by one, so several are a paste. */
  push(bytes: Uint8Array): Key[] {
    const keys: Key[] = [];
    for (const character of this.#decoder.write(Buffer.from(bytes))) {
      const key = this.#take(character);
      const last = keys.at(-1);
      if (key === undefined) continue;
      if (key.name === 'text' && last?.name === 'text') {
        keys[keys.length - 1] = { name: 'text', text: last.text + key.text };
      } else keys.push(key);
    }
    return keys;
  }

  /** An Escape that nothing followed was the key itself. */
  flush(): Key[] {
    if (!this.isHolding) return [];
    this.#sequence = undefined;
    return [{ name: 'escape' }];
  }

  #take(character: string): Key | undefined {
    if (this.#sequence !== undefined) return this.#follow(this.#sequence, character);
    if (character === '\x1b') {
      this.#sequence = '';
      return undefined;
    }
    const control = controls[character];
    if (control !== undefined) return control;
    return /^[^\p{Cc}\p{Cs}]$/u.test(character) ? { name: 'text', text: character } : undefined;
  }

  #follow(before: string, character: string): Key | undefined {
    const sequence = before + character;
    this.#sequence = undefined;
    if (before === '') {
      // Ctrl-C after a lone Escape is meant; Alt with a letter is no key of ours.
      if (character === '\x1b') this.#sequence = '';
      else if (character < ' ') return controls[character];
      else if ('[ON]PX^_'.includes(character)) this.#sequence = sequence;
      return undefined;
    }
    if (isComplete(sequence)) return sequences[sequence];
    if (sequence.length < sequenceCharactersMax) this.#sequence = sequence;
    return undefined;
  }
}

/** ECMA-48 §5.4 and §5.6: a control sequence ends with its final byte, a control string with BEL or ST. */
function isComplete(sequence: string): boolean {
  const last = sequence.at(-1) ?? '';
  if (sequence.startsWith('[')) return last >= '@' && last <= '~';
  if (sequence.startsWith('O') || sequence.startsWith('N')) return true;
  return last === '\x07' || sequence.endsWith('\x1b\\');
}
