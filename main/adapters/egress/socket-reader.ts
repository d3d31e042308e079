import type { Socket } from 'node:net';

/** A wait for bytes took longer than its bound. */
export class ReadTimedOut extends Error {
  constructor() {
    super('the bytes did not come in time');
    this.name = 'ReadTimedOut';
  }
}

/**
 * Reads a socket piece by piece, on demand: the socket stays paused while nobody asks, so an eager sender fills the kernel's
 * buffer and not ours.
 */
export class SocketReader {
  readonly socket: Socket;
  #pieces: Buffer[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.pause();
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onEnd);
  }

  /** The next bytes, or undefined at the end. Throws `ReadTimedOut`. */
  async read(timeoutMs: number): Promise<Buffer | undefined> {
    if (this.#pieces.length === 0 && !this.#ended) await this.#wait(timeoutMs);
    return this.#pieces.shift();
  }

  /** Makes a read that waits return as at the end. */
  interrupt(): void {
    this.#wake();
  }

  /** Puts bytes back in front. */
  unread(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pieces.unshift(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  /** Lets go of the socket, still paused, and returns what was read ahead. */
  release(): Buffer {
    this.socket.off('data', this.#onData);
    this.socket.off('end', this.#onEnd);
    this.socket.off('close', this.#onEnd);
    const rest = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return rest;
  }

  async #wait(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        timer = setTimeout(() => reject(new ReadTimedOut()), timeoutMs);
        this.socket.resume();
      });
    } finally {
      clearTimeout(timer);
      this.socket.pause();
    }
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#pieces.push(bytes);
    this.socket.pause();
    this.#wake();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };
}
