import type { Socket } from 'node:net';
import { operatingError } from '#contract/operating-error.ts';
import type { Exit } from '#contract/session.ts';
import type { GrantsSummary } from '#contract/session-end.ts';
import { frameType } from '#contract/stream.ts';
import { connectSocket } from './client.ts';
import { encodeFrames, FrameDecoder } from './stream-frames.ts';

/** How a session ended, as its last frame says. */
export interface SessionEnd {
  readonly exit: Exit;
  readonly endReason: string;
  /** What a person should know now that it is over. */
  readonly notices: readonly string[];
  readonly grants: GrantsSummary;
}

/** A client that is no longer attached, while the session goes on: it asked to leave, or did not take the output any more. */
export interface StreamLeft {
  readonly why: 'asked' | 'behind';
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
  /** Something that the supervisor tells the person meanwhile. */
  onNotice(handler: (text: string) => void): void;
  /** Asks to leave; the session goes on. `over` says when that is so. */
  detach(): void;
  /** Resolves after all output was handled; rejects with `supervisor_unreachable` when the supervisor went away first. */
  readonly over: Promise<SessionEnd | StreamLeft>;
  /** Like `over`, for those who never leave: rejects when they were let go. */
  readonly ended: Promise<SessionEnd>;
  /** Goes away without a word; a session that nobody else holds, and nobody said shall go on, is ended by the supervisor. */
  close(): void;
}

/** Opens the stream of a session with a token of `session.start` or `session.attach`. */
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
  readonly over: Promise<SessionEnd | StreamLeft>;
  readonly ended: Promise<SessionEnd>;
  readonly #socket: Socket;
  #handler: (stream: 'stdout' | 'stderr', bytes: Buffer) => Promise<void> | void = () => {};
  #onNotice: (text: string) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.over = this.#read();
    this.ended = this.over.then((over) => {
      if ('exit' in over) return over;
      throw operatingError('session_not_running', 'This client is no longer attached; the session goes on.');
    });
    // Whoever waits sees the rejection; a caller that does not wait must not crash for it.
    this.over.catch(() => {});
    this.ended.catch(() => {});
  }

  async #read(): Promise<SessionEnd | StreamLeft> {
    const decoder = new FrameDecoder();
    try {
      for await (const chunk of this.#socket) {
        for (const { type, payload } of decoder.push(chunk as Buffer)) {
          if (type === frameType.stdout) await this.#handler('stdout', payload);
          else if (type === frameType.stderr) await this.#handler('stderr', payload);
          else if (type === frameType.end) return JSON.parse(payload.toString('utf8')) as SessionEnd;
          else if (type === frameType.detached) return JSON.parse(payload.toString('utf8')) as StreamLeft;
          else if (type === frameType.notice) this.#onNotice(String(JSON.parse(payload.toString('utf8'))));
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

  onNotice(handler: (text: string) => void): void {
    this.#onNotice = handler;
  }

  detach(): void {
    this.#send(encodeFrames(frameType.detach, Buffer.alloc(0), true));
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(frames: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(frames);
  }
}
