/**
 * Guarantee: whatever is typed at a session that reads nothing, the supervisor never waits for it: it goes on deciding, pausing and killing.
 *
 * Threat: a paste of megabytes into a paused session, or an agent that asks its terminal for replies without end and reads none of them.
 * A terminal's stream of Node writes until all is taken, and nothing else happens meanwhile.
 *
 * Limits: what is not taken yet stays in memory; whoever types has to bound it.
 */
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** How long a full terminal is left alone, in milliseconds: first, and at most. */
const waitMs = { first: 4, most: 128 };

/** Writes to a terminal's descriptor, which must be non-blocking, for as long as `isOpen` says that it is still that terminal. */
export class TerminalInput extends Writable {
  readonly #fd: number;
  readonly #isOpen: () => boolean;

  constructor(fd: number, isOpen: () => boolean) {
    super();
    this.#fd = fd;
    this.#isOpen = isOpen;
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take(bytes, waitMs.first, done);
  }

  #take(bytes: Buffer, wait: number, done: (error?: Error | null) => void): void {
    let taken = 0;
    try {
      // Its descriptor may be another file's once it is closed. In the same turn: handed to another thread, that could happen meanwhile.
      taken = this.#isOpen() && !this.destroyed ? writeSync(this.#fd, bytes) : bytes.length;
    } catch (error) {
      if (!isFull(error)) {
        done(error instanceof Error ? error : new Error(String(error)));
        return;
      }
    }
    const rest = bytes.subarray(taken);
    if (rest.length === 0) done();
    else if (taken > 0) setImmediate(() => this.#take(rest, waitMs.first, done));
    else setTimeout(() => this.#take(rest, Math.min(wait * 2, waitMs.most), done), wait).unref();
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
