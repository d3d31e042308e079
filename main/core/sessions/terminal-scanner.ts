const escapeByte = 0x1b;
/** A control string (OSC, DCS, APC, PM, SOS) that is longer has no end, as far as we care: its bytes are looked at again. */
const stringBytesMax = 1024 * 1024;

type State = 'ground' | 'character' | 'escape' | 'sequence' | 'string' | 'stringEscape';

/**
 * Follows the bytes that go to a terminal just far enough to know where one may cut between them: not inside a character of several
 * bytes, an escape sequence (ECMA-48 §5.4) or a control string (§5.6).
 */
export class TerminalScanner {
  #state: State = 'ground';
  /** Bytes of a character that are still to come. */
  #toCome = 0;
  #stringBytes = 0;

  /** Whether everything so far is whole: what comes next stands by itself. */
  get atRest(): boolean {
    return this.#state === 'ground';
  }

  /** Takes the next byte, and says whether everything so far is whole after it. */
  step(byte: number): boolean {
    if (this.#state === 'ground') {
      if (byte < 0x80 && byte !== escapeByte) return true;
      this.#begin(byte);
    } else if (this.#state === 'character' && byte >= 0x80 && byte < 0xc0) {
      this.#toCome -= 1;
      if (this.#toCome === 0) this.#state = 'ground';
    } else if (this.#state === 'character') this.#begin(byte);
    else this.#inSequence(byte);
    return this.#state === 'ground';
  }

  #begin(byte: number): void {
    this.#toCome = byte >= 0xf0 && byte < 0xf5 ? 3 : byte >= 0xe0 ? 2 : 1;
    if (byte === escapeByte) this.#state = 'escape';
    else this.#state = byte >= 0xc2 && byte < 0xf5 ? 'character' : 'ground';
  }

  #inSequence(byte: number): void {
    // CAN and SUB end whatever was begun.
    if (byte === 0x18 || byte === 0x1a) this.#state = 'ground';
    else if (this.#state === 'string') this.#inString(byte);
    else if (this.#state === 'stringEscape' && byte === 0x5c) this.#state = 'ground';
    else if (byte === escapeByte) this.#state = 'escape';
    else if (this.#state === 'sequence') {
      if (byte >= 0x40 && byte <= 0x7e) this.#state = 'ground';
    } else this.#afterEscape(byte);
  }

  #inString(byte: number): void {
    this.#stringBytes += 1;
    if (byte === escapeByte) this.#state = 'stringEscape';
    else if (byte === 0x07 || this.#stringBytes > stringBytesMax) this.#state = 'ground';
  }

  #afterEscape(byte: number): void {
    if (byte === 0x5b) this.#state = 'sequence';
    else if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) {
      this.#state = 'string';
      this.#stringBytes = 0;
    } // Intermediate bytes go on; a control character is obeyed in between; anything else is the last byte.
    else if (byte >= 0x30) this.#state = 'ground';
  }
}
