/**
 * Guarantee: over a session's delegation socket it can start other sessions, have their bytes, and see their end; nothing else of
 * the supervisor answers there. Whatever comes is held to bounds and to one schema before anything is done with it; who keeps sending
 * anything else loses the socket.
 *
 * Threat: an agent that sends garbage, half lines, huge lines, thousands of connections or starts, to take the supervisor down, keep it
 * busy, or find a way of its protocol that widens something.
 *
 * Limits: a client that never reads stalls its own child's output, as a pipe would.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import {
  type DelegationAnswer,
  type DelegationStart,
  delegationLineBytesMax,
  delegationStartSchema,
} from '#contract/delegation.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import type { Session } from '#contract/session.ts';
import type { InsideDelegation, InsideProduct } from '../core/sandbox/sandbox.ts';
import { childrenMax } from '../core/sessions/nesting.ts';
import { listen } from './control-server.ts';
import { readLine } from './read-line.ts';
import { type StreamEnd, serveChild } from './stream-server.ts';

/** Connections at one time: the running children, and a few that are about to be refused. */
const connectionsMax = childrenMax + 8;
/** Connections within a minute. A person's hour of work has fewer; more is an attempt to keep the supervisor busy. */
const connectionsPerMinuteMax = 120;
/** Lines that were no request, over the session's life. */
const garbledMax = 32;
/** How long a new connection may take to say what it wants. */
const lineTimeoutMs = 10_000;
const minuteMs = 60_000;

/** A child, as the connection that asked for it needs it. */
export interface NestedSession {
  readonly session: Session;
  readonly end: StreamEnd;
  readonly notices: readonly string[];
}

/** What a delegation socket is opened with. */
export interface DelegationParts {
  readonly socketPath: string;
  readonly product: InsideProduct;
  /** Rejects with what the agent may know of the reason. */
  readonly start: (wanted: DelegationStart) => Promise<NestedSession>;
  /** Ends a child that nobody waits for any more; one that is over is fine. */
  readonly leave: (sessionId: string) => Promise<void>;
  readonly onRefused: (why: string) => void;
  readonly onClosed: (why: string) => void;
  readonly log: Logger;
}

/** One session's delegation socket. */
export interface DelegationSocket {
  /** What of it the session sees. */
  readonly inside: InsideDelegation;
  /** Takes nothing any more, and ends every connection. */
  close(): void;
}

/** Listens until `close`, or until it was misused too often. */
export async function openDelegation(parts: DelegationParts): Promise<DelegationSocket> {
  const delegation = new Delegation(parts);
  await delegation.listen();
  return delegation;
}

class Delegation implements DelegationSocket {
  readonly inside: InsideDelegation;
  readonly #parts: DelegationParts;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #recent: number[] = [];
  #garbled = 0;

  constructor(parts: DelegationParts) {
    this.#parts = parts;
    this.inside = { socket: parts.socketPath, ...parts.product };
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async listen(): Promise<void> {
    await listen(this.#server, this.#parts.socketPath);
    this.#server.on('error', (error) => this.#parts.log.warn({ error: error.message }, 'a delegation socket'));
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const now = performance.now();
    this.#recent = [...this.#recent.filter((at) => now - at < minuteMs), now];
    if (this.#recent.length > connectionsPerMinuteMax) {
      socket.destroy();
      this.#closeForGood(`it connected more than ${connectionsPerMinuteMax} times in a minute`);
      return;
    }
    if (this.#sockets.size >= connectionsMax) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', (error) => this.#parts.log.debug({ error: error.message }, 'delegation connection'));
    this.#serve(socket).catch((error: unknown) => {
      this.#parts.log.warn({ error: String(error) }, 'delegation connection dropped');
      socket.destroy();
    });
  }

  async #serve(socket: Socket): Promise<void> {
    const { line, rest } = await readLine(socket, { bytesMax: delegationLineBytesMax, timeoutMs: lineTimeoutMs });
    const wanted = parseStart(line);
    if ('why' in wanted) {
      this.#refuse(socket, operatingError('invalid_request', 'This is no request for a session.', wanted));
      this.#countGarbled(wanted.why);
      return;
    }
    let started: NestedSession;
    try {
      started = await this.#parts.start(wanted.start);
    } catch (error) {
      this.#refuse(socket, error);
      return;
    }
    const { session, end, notices } = started;
    if (socket.destroyed) {
      await this.#leave(session.id);
      return;
    }
    answer(socket, { started: { session: session.id, agent: session.agent, notices: [...notices] } });
    // Whoever else is attached: what an agent started does not go on without it.
    socket.once('close', () => void this.#leave(session.id));
    await serveChild(socket, rest, end);
  }

  async #leave(sessionId: string): Promise<void> {
    await this.#parts
      .leave(sessionId)
      .catch((error: unknown) => this.#parts.log.warn({ error: String(error) }, 'ending a nested session'));
  }

  #refuse(socket: Socket, error: unknown): void {
    if (!(error instanceof GatehouseError)) {
      this.#parts.log.error({ error: error instanceof Error ? error.stack : String(error) }, 'a bug');
    }
    const bug = { code: 'sandbox_failed' as const, what: 'The supervisor met a bug; its log has the details.' };
    answer(socket, { refused: error instanceof GatehouseError ? error.data : bug });
    socket.end();
    // What still comes is read and dropped, so that the answer arrives before the connection is gone.
    socket.resume();
  }

  #countGarbled(why: string): void {
    this.#garbled += 1;
    this.#parts.onRefused(why);
    if (this.#garbled > garbledMax) this.#closeForGood(`${garbledMax} lines were no request`);
  }

  /** Children go on; new ones cannot come. */
  #closeForGood(why: string): void {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#parts.onClosed(why);
  }
}

function parseStart(line: Buffer | undefined): { readonly start: DelegationStart } | { readonly why: string } {
  if (line === undefined) return { why: 'No whole line came in time and within its bound.' };
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return { why: 'The line is not JSON.' };
  }
  const parsed = delegationStartSchema.safeParse(value);
  if (parsed.success) return { start: parsed.data };
  const issue = parsed.error.issues[0];
  return { why: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`.slice(0, 500) };
}

function answer(socket: Socket, given: DelegationAnswer): void {
  if (socket.writable) socket.write(`${JSON.stringify(given)}\n`);
}
