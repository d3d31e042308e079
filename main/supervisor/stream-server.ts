import { createServer, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { frameType } from '#contract/stream.ts';
import { encodeFrames, FrameDecoder } from '../adapters/control/stream-frames.ts';
import { readPeer } from '../adapters/processes/peer.ts';
import { listen } from './control-server.ts';
import { readLine } from './read-line.ts';
import type { StreamClient, Viewer } from './session-viewers.ts';

/**
 * Guarantee: a session's bytes go to the clients that hold single-use tokens for it, binary-safe, in order, with
 * back-pressure both ways, and nothing else reaches the session through here.
 * Threat: another process of the user guesses tokens (256 random bits), sends malformed frames, or never reads.
 * Limits: who started a pipeline and never reads stalls its own agent's output, as a pipe would (`session-viewers.ts`).
 */

const connectionsMax = 256;
const tokenBytesMax = 128;
/** How long a new connection may take to name its token. */
const tokenTimeoutMs = 10_000;

const signalNames = new Set(['INT', 'TERM', 'HUP', 'QUIT'] as const);
type SignalName = 'INT' | 'TERM' | 'HUP' | 'QUIT';

/** A session's side of its stream. */
export interface StreamEnd {
  /** The client is there: output may flow. */
  attach(client: StreamClient): Viewer;
}

/** Listens on the stream socket. `claim` turns a token into its session, once. */
export async function openStreamServer(
  socketPath: string,
  claim: (token: string) => StreamEnd | undefined,
  { log, portcullis }: { readonly log: Logger; readonly portcullis: string },
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
    serve(socket, claim, portcullis).catch((error: unknown) => {
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

async function serve(
  socket: Socket,
  claim: (token: string) => StreamEnd | undefined,
  portcullis: string,
): Promise<void> {
  const { line, rest } = await readLine(socket, { bytesMax: tokenBytesMax, timeoutMs: tokenTimeoutMs });
  const end = line === undefined ? undefined : claim(line.toString('ascii'));
  if (end === undefined) {
    socket.destroy();
    return;
  }
  const viewer = end.attach(clientOf(socket, async () => (await readPeer(portcullis, socket))?.pid));
  socket.on('close', () => viewer.gone());
  await receive(socket, rest, viewer);
}

/** Carries the bytes of a session that was started over this connection. Nobody leaves it there: it ends with the connection. */
export async function serveChild(socket: Socket, first: Buffer, end: StreamEnd): Promise<void> {
  const viewer = end.attach(clientOf(socket, () => Promise.resolve(undefined)));
  socket.on('close', () => viewer.gone());
  await receive(socket, first, { ...viewer, detach: () => Promise.reject(new Error('a child cannot be left alone')) });
}

function clientOf(socket: Socket, pid: StreamClient['pid']): StreamClient {
  return {
    send: (type, bytes) => send(socket, encodeFrames(type, bytes)),
    get waitingBytes() {
      return socket.writableLength;
    },
    end: (lingerMs) => {
      socket.end();
      if (lingerMs !== undefined) setTimeout(() => socket.destroy(), lingerMs).unref();
    },
    pid,
  };
}

/** Input frames, in order; the next chunk is read when the agent took the last. */
async function receive(socket: Socket, first: Buffer, viewer: Viewer): Promise<void> {
  const decoder = new FrameDecoder();
  const take = async (chunk: Buffer) => {
    for (const { type, payload } of decoder.push(chunk)) {
      if (type === frameType.stdin) await viewer.write(payload);
      else if (type === frameType.stdinEnd) viewer.endInput();
      else if (type === frameType.resize && payload.length === 4) {
        const size = { columns: payload.readUInt16BE(0), rows: payload.readUInt16BE(2) };
        if (size.columns > 0 && size.rows > 0) viewer.resize(size);
      } else if (type === frameType.signal) {
        const name = payload.toString('ascii');
        if (isSignalName(name)) viewer.signal(name);
      } else if (type === frameType.detach) await viewer.detach();
      else throw new Error(`a client may not send frame type ${type}`);
    }
  };
  await take(first);
  for await (const chunk of socket) await take(chunk as Buffer);
}

function isSignalName(name: string): name is SignalName {
  return (signalNames as ReadonlySet<string>).has(name);
}

function send(socket: Socket, frames: Buffer): Promise<void> | undefined {
  if (socket.destroyed || !socket.writable || socket.write(frames)) return undefined;
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
