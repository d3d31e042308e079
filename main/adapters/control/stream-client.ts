import type { Socket } from 'node:net';
import { operatingError } from '#contract/operating-error.ts';
import type { Exit } from '#contract/session.ts';
import { frameType } from '#contract/stream.ts';
import { connectSocket } from './client.ts';
import { encodeFrames, FrameDecoder } from './stream-frames.ts';

/** How a session ended, as its last frame says. */
export interface SessionEnd {
  readonly exit: Exit;
  readonly endReason: string;
  /** What a person should know now that it is over. */
  readonly notices: readonly string[];
}

/** A running session's terminal or pipes, seen from a client. */
export interface SessionStream {
  /** Sends input; resolves when more may be sent. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends standard input. */
  end(): void;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  signal(name: 'INT' | 'TERM' | 'HUP' | 'QUIT'): void;
  /** Output as it comes; nothing more is read until the handler's promise resolves. Set in the same tick as `openStream` resolves. */
  onOutput(handler: (stream: 'stdout' | 'stderr', bytes: Buffer) => Promise<void> | void): void;
  /** Resolves after all output was handled; rejects with `supervisor_unreachable` when the supervisor went away first. */
  readonly ended: Promise<SessionEnd>;
  /** Leaves; the session is ended by the supervisor. */
  close(): void;
}

/** Opens the stream of a session that `session.start` just made. */
export async function openStream(paths: { readonly streamSocket: string }, token: string): Promise<SessionStream> {
  const socket = await connectSocket(paths.streamSocket);
  socket.write(`${token}\n`);
  return new SocketStream(socket);
}

/** The stream of a session on a connection over which it was started. */
export function streamOver(socket: Socket): SessionStream {
  return new SocketStream(socket);
}

class SocketStream implements SessionStream {
  readonly ended: Promise<SessionEnd>;
  readonly #socket: Socket;
  #handler: (stream: 'stdout' | 'stderr', bytes: Buffer) => Promise<void> | void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.ended = this.#read();
    // Whoever waits sees the rejection; a caller that does not wait must not crash for it.
    this.ended.catch(() => {});
  }

  async #read(): Promise<SessionEnd> {
    const decoder = new FrameDecoder();
    try {
      for await (const chunk of this.#socket) {
        for (const { type, payload } of decoder.push(chunk as Buffer)) {
          if (type === frameType.stdout) await this.#handler('stdout', payload);
          else if (type === frameType.stderr) await this.#handler('stderr', payload);
          else if (type === frameType.end) return JSON.parse(payload.toString('utf8')) as SessionEnd;
        }
      }
    } catch (cause) {
      throw this.#lost(cause);
    } finally {
      this.#socket.destroy();
    }
    throw this.#lost(undefined);
  }

  #lost(cause: unknown) {
    return operatingError('supervisor_unreachable', 'The supervisor went away, and the session ended with it.', {
      remedy: 'Its log says why: `gatehouse supervisor status` names the file.',
      cause,
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || socket.write(encodeFrames(frameType.stdin, bytes))) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.once('drain', done);
      socket.once('close', done);
    });
  }

  end(): void {
    this.#send(encodeFrames(frameType.stdinEnd, Buffer.alloc(0), true));
  }

  resize(size: { readonly columns: number; readonly rows: number }): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt16BE(size.columns, 0);
    payload.writeUInt16BE(size.rows, 2);
    this.#send(encodeFrames(frameType.resize, payload));
  }

  signal(name: 'INT' | 'TERM' | 'HUP' | 'QUIT'): void {
    this.#send(encodeFrames(frameType.signal, Buffer.from(name, 'ascii')));
  }

  onOutput(handler: (stream: 'stdout' | 'stderr', bytes: Buffer) => Promise<void> | void): void {
    this.#handler = handler;
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(frames: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(frames);
  }
}
