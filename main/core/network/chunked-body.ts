import { HeadRefused } from './http-head.ts';

/** What one piece of a chunked body gave. */
export interface ChunkedPiece {
  /** The content, without framing; views of the bytes given. */
  readonly content: readonly Uint8Array[];
  /** Bytes after the body's end, once it was reached. */
  readonly rest?: Uint8Array;
}

/** Hexadecimal digits of one chunk's size; 8 allow 4 GiB. */
const sizeDigitsMax = 8;

type State = 'size' | 'size-lf' | 'content' | 'content-cr' | 'content-lf' | 'end-cr' | 'end-lf' | 'done';

/**
 * Takes a chunked request body apart (RFC 9112 §7.1), strictly: no chunk extensions, no trailers, CRLF only. What is sent on
 * is framed anew, so the server never sees the sender's own framing.
 */
export class ChunkedBody {
  #state: State = 'size';
  #digits = '';
  #remaining = 0;

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Takes the next bytes. Throws `HeadRefused` at the first that does not fit. */
  push(bytes: Uint8Array): ChunkedPiece {
    const content: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'content') {
        const piece = bytes.subarray(at, at + this.#remaining);
        content.push(piece);
        at += piece.length;
        this.#remaining -= piece.length;
        if (this.#remaining === 0) this.#state = 'content-cr';
      } else {
        this.#step(bytes[at] ?? 0);
        at += 1;
      }
    }
    return this.done ? { content, rest: bytes.subarray(at) } : { content };
  }

  #step(byte: number): void {
    const state = this.#state;
    if (state === 'size') this.#stepSize(byte);
    else if (state === 'size-lf') this.#expect(byte, 0x0a, this.#remaining === 0 ? 'end-cr' : 'content');
    else if (state === 'content-cr') this.#expect(byte, 0x0d, 'content-lf');
    else if (state === 'content-lf') this.#expect(byte, 0x0a, 'size');
    else if (state === 'end-cr') this.#expect(byte, 0x0d, 'end-lf');
    else this.#expect(byte, 0x0a, 'done');
  }

  #stepSize(byte: number): void {
    const digit = String.fromCharCode(byte);
    if (/[0-9a-fA-F]/u.test(digit) && this.#digits.length < sizeDigitsMax) {
      this.#digits += digit;
      return;
    }
    if (byte !== 0x0d || this.#digits === '') throw new HeadRefused('a chunk size is malformed or has an extension');
    this.#remaining = Number.parseInt(this.#digits, 16);
    this.#digits = '';
    this.#state = 'size-lf';
  }

  #expect(byte: number, wanted: number, next: State): void {
    if (byte !== wanted) throw new HeadRefused('the chunked body is malformed or has trailers');
    this.#state = next;
  }
}
