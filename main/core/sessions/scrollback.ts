import { replayable } from './replayable.ts';
import { TerminalModes } from './terminal-modes.ts';
import { TerminalScanner } from './terminal-scanner.ts';

/** What is kept of a session's newest output, for clients that attach later. In memory only, and gone with the session. */
export const scrollbackBytesMax = 256 * 1024;
/** A cut is made after the end of a line, if one comes within so many bytes. */
const lineBytesMax = 4096;
const firstBytes = 16 * 1024;
const lineFeed = 0x0a;

type StreamName = 'stdout' | 'stderr';

/** A stretch of output of one stream. */
export interface OutputPiece {
  readonly stream: StreamName;
  readonly bytes: Uint8Array;
}

/**
 * The newest output of a session, bounded in bytes. What falls out at the beginning is cut where nothing is broken, and the terminal
 * modes it had set are remembered, so that showing the rest looks right.
 */
export class Scrollback {
  readonly #terminal: boolean;
  readonly #bytesMax: number;
  #ring = Buffer.alloc(0);
  #start = 0;
  #length = 0;
  /** Lengths of stretches, oldest first; one more is begun when the stream changes. */
  #runs: { readonly stream: StreamName; length: number }[] = [];
  readonly #scanner = new TerminalScanner();
  readonly #modesBefore = new TerminalModes();
  /** What comes next belongs to something whose beginning is gone. */
  #broken = false;

  constructor(options: { readonly terminal: boolean; readonly bytesMax?: number }) {
    this.#terminal = options.terminal;
    this.#bytesMax = options.bytesMax ?? scrollbackBytesMax;
  }

  get bytes(): number {
    return this.#length;
  }

  push(stream: StreamName, bytes: Uint8Array): void {
    // In parts, so that a great piece is cut like many small ones.
    const partBytes = Math.max(1, Math.floor(this.#bytesMax / 4));
    for (let at = 0; at < bytes.length; at += partBytes) this.#add(stream, bytes.subarray(at, at + partBytes));
  }

  /** What a client that attaches now is shown first. Of a terminal: only what is safe to show again. */
  replay(): OutputPiece[] {
    if (this.#terminal) {
      const bytes = Buffer.concat([
        Buffer.from(this.#modesBefore.redo(), 'latin1'),
        replayable(this.#copy(0, this.#length)),
      ]);
      return bytes.length === 0 ? [] : [{ stream: 'stdout', bytes }];
    }
    let at = 0;
    return this.#runs.map(({ stream, length }) => {
      const bytes = this.#copy(at, length);
      at += length;
      return { stream, bytes };
    });
  }

  /** Overwrites and lets go of everything. */
  erase(): void {
    this.#ring.fill(0);
    this.#ring = Buffer.alloc(0);
    this.#start = 0;
    this.#length = 0;
    this.#runs = [];
  }

  #add(stream: StreamName, given: Uint8Array): void {
    let bytes = given;
    if (this.#broken) bytes = this.#mend(bytes);
    if (bytes.length === 0) return;
    this.#grow(this.#length + bytes.length);
    // A little more than is needed, so that not every small piece moves the beginning.
    const over = this.#length + bytes.length - this.#ring.length;
    if (over > 0) this.#dropFirst(Math.min(over + (this.#bytesMax >> 4), this.#length));
    if (this.#broken) {
      this.#add(stream, bytes);
      return;
    }
    const at = (this.#start + this.#length) % this.#ring.length;
    const head = Math.min(bytes.length, this.#ring.length - at);
    this.#ring.set(bytes.subarray(0, head), at);
    this.#ring.set(bytes.subarray(head), 0);
    this.#length += bytes.length;
    this.#noteRun(stream, bytes.length);
  }

  #noteRun(stream: StreamName, length: number): void {
    const last = this.#runs.at(-1);
    if (last?.stream === stream) last.length += length;
    else this.#runs.push({ stream, length });
    // Two streams that take turns byte by byte must not cost more in notes than in bytes.
    const runsMax = Math.max(2, this.#bytesMax >> 6);
    while (this.#runs.length > runsMax) this.#forget(this.#runs[0]?.length ?? 0);
  }

  /** Drops `count` bytes and what more there is of a line, or at least of a character or sequence. */
  #dropFirst(count: number): void {
    const dropped = this.#terminal ? this.#wholeFrom(count) : this.#lineFrom(count);
    if (this.#terminal) this.#modesBefore.watch(this.#copy(0, dropped));
    this.#forget(dropped);
    this.#broken = this.#terminal && !this.#scanner.atRest;
  }

  /** The end of the line at `count`, when it is near, else the next place that is not inside a sequence. */
  #wholeFrom(count: number): number {
    const near = count + Math.min(lineBytesMax, this.#bytesMax >> 4);
    let at = 0;
    while (at < this.#length) {
      const byte = this.#byteAt(at);
      const whole = this.#scanner.step(byte);
      at += 1;
      if (whole && at >= count && (byte === lineFeed || at > near)) return at;
    }
    return at;
  }

  #lineFrom(count: number): number {
    const near = this.#copy(count, Math.min(lineBytesMax, this.#bytesMax >> 4, this.#length - count));
    const line = near.indexOf(lineFeed);
    if (line !== -1) return count + line + 1;
    const character = near.findIndex((byte) => byte < 0x80 || byte >= 0xc0);
    return count + Math.max(character, 0);
  }

  /** Drops what belongs to a sequence or character whose beginning was dropped. */
  #mend(bytes: Uint8Array): Uint8Array {
    let at = 0;
    while (at < bytes.length && this.#broken) {
      this.#broken = !this.#scanner.step(bytes[at] ?? 0);
      at += 1;
    }
    this.#modesBefore.watch(bytes.subarray(0, at));
    return bytes.subarray(at);
  }

  #forget(count: number): void {
    this.#start = this.#ring.length === 0 ? 0 : (this.#start + count) % this.#ring.length;
    this.#length -= count;
    let left = count;
    while (left > 0) {
      const first = this.#runs[0];
      if (first === undefined) return;
      if (first.length > left) {
        first.length -= left;
        return;
      }
      left -= first.length;
      this.#runs.shift();
    }
  }

  #grow(wanted: number): void {
    if (wanted <= this.#ring.length || this.#ring.length >= this.#bytesMax) return;
    const size = Math.min(this.#bytesMax, Math.max(firstBytes, this.#ring.length * 2, wanted));
    const held = this.#copy(0, this.#length);
    this.#ring.fill(0);
    this.#ring = Buffer.alloc(size);
    this.#ring.set(held, 0);
    this.#start = 0;
  }

  #byteAt(at: number): number {
    return this.#ring[(this.#start + at) % this.#ring.length] ?? 0;
  }

  #copy(from: number, length: number): Buffer {
    if (length <= 0) return Buffer.alloc(0);
    const at = (this.#start + from) % this.#ring.length;
    const head = Math.min(length, this.#ring.length - at);
    return Buffer.concat([this.#ring.subarray(at, at + head), this.#ring.subarray(0, length - head)]);
  }
}
