import { createServer, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { frameType } from '#contract/stream.ts';
import { encodeFrames, FrameDecoder } from '../adapters/control/stream-frames.ts';
import type { SandboxedProcess } from '../core/sandbox/sandbox.ts';
import { listen } from './control-server.ts';
import { readLine } from './read-line.ts';

/**
 * Guarantee: a session's bytes go to the one client that holds its single-use token, binary-safe, in order, with
 * back-pressure both ways, and nothing else reaches the session through here.
 * Threat: another process of the user guesses tokens (256 random bits), sends malformed frames, or never reads.
 * Limits: a client that never reads stalls its own agent's output, as a pipe would.
 */

const connectionsMax = 256;
const tokenBytesMax = 128;
/** How long a new connection may take to name its token. */
const tokenTimeoutMs = 10_000;

const signalNames = new Set(['INT', 'TERM', 'HUP', 'QUIT'] as const);
type SignalName = 'INT' | 'TERM' | 'HUP' | 'QUIT';

/** A session's side of its stream. */
export interface StreamEnd {
  readonly process: SandboxedProcess;
  /** The client attached: output may flow. */
  attached(send: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void>): void;
  /** The client went away before the session ended. */
  detached(): void;
  /** Resolves with the payload of the last frame after all output was sent. */
  readonly finished: Promise<string>;
}

/** Listens on the stream socket. `claim` turns a token into its session, once. */
export async function openStreamServer(
  socketPath: string,
  claim: (token: string) => StreamEnd | undefined,
  log: Logger,
): Promise<{ close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (sockets.size >= connectionsMax) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => log.debug({ error: error.message }, 'stream connection'));
    serve(socket, claim).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'stream dropped');
      socket.destroy();
    });
  });
  await listen(server, socketPath);
  return {
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function serve(socket: Socket, claim: (token: string) => StreamEnd | undefined): Promise<void> {
  const { line, rest } = await readLine(socket, { bytesMax: tokenBytesMax, timeoutMs: tokenTimeoutMs });
  const end = line === undefined ? undefined : claim(line.toString('ascii'));
  if (end === undefined) socket.destroy();
  else await serveStream(socket, rest, end);
}

/** Carries a session's bytes over a connection until its end; `first` came before and belongs to it. */
export async function serveStream(socket: Socket, first: Buffer, end: StreamEnd): Promise<void> {
  let finished = false;
  socket.on('close', () => {
    if (!finished) end.detached();
  });
  end.attached((stream, bytes) => send(socket, encodeFrames(frameType[stream], bytes)));
  void end.finished.then(async (payload) => {
    finished = true;
    await send(socket, encodeFrames(frameType.end, Buffer.from(payload, 'utf8')));
    socket.end();
  });
  await receive(socket, first, end.process);
}

/** Input frames, in order; the next chunk is read when the agent took the last. */
async function receive(socket: Socket, first: Buffer, process: SandboxedProcess): Promise<void> {
  const decoder = new FrameDecoder();
  const take = async (chunk: Buffer) => {
    for (const { type, payload } of decoder.push(chunk)) {
      if (type === frameType.stdin) await process.write(payload);
      else if (type === frameType.stdinEnd) process.end();
      else if (type === frameType.resize && payload.length === 4) {
        const size = { columns: payload.readUInt16BE(0), rows: payload.readUInt16BE(2) };
        if (size.columns > 0 && size.rows > 0) process.resize(size);
      } else if (type === frameType.signal) {
        const name = payload.toString('ascii');
        if (isSignalName(name)) process.signal(name);
      } else throw new Error(`a client may not send frame type ${type}`);
    }
  };
  await take(first);
  for await (const chunk of socket) await take(chunk as Buffer);
}

function isSignalName(name: string): name is SignalName {
  return (signalNames as ReadonlySet<string>).has(name);
}

function send(socket: Socket, frames: Buffer): Promise<void> {
  if (socket.destroyed || !socket.writable || socket.write(frames)) return Promise.resolve();
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
