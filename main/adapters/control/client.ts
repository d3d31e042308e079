import { connect, type Socket } from 'node:net';
import type { Method, Notification, Params, Result } from '#contract/api.ts';
import type { Approval } from '#contract/approval.ts';
import type { AuditEvent } from '#contract/audit.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import { LineSplitter } from './line-splitter.ts';

/** What each notification brings. */
export interface NotificationPayload {
  readonly 'log.appended': { readonly event: AuditEvent };
  readonly 'approval.asked': { readonly approval: Approval; readonly code: string };
  readonly 'approval.changed': { readonly approval: Approval };
}

/** A connection to the supervisor's control API. */
export interface ControlClient {
  /** Calls a method. Operating errors arrive as `GatehouseError`; an aborted signal cancels the call at the supervisor. */
  call<M extends Method>(method: M, params: Params<M>, options?: { signal?: AbortSignal }): Promise<Result<M>>;
  on<N extends Notification>(name: N, listener: (payload: NotificationPayload[N]) => void): () => void;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

/** How a connection is held. */
export interface ControlOptions {
  /** A supervisor that says nothing for this long while a call waits is given up, in milliseconds. Without it, it is waited for. */
  readonly silentMs?: number;
}

/**
 * Connects to a running supervisor; rejects with `supervisor_unreachable` when none answers. Calls reject with `supervisor_silent` once it
 * is given up.
 */
export async function connectControl(
  paths: { readonly controlSocket: string },
  options: ControlOptions = {},
): Promise<ControlClient> {
  const socket = await connectSocket(paths.controlSocket);
  return new SocketClient(socket, options);
}

/** Connects to one of the supervisor's sockets. */
export function connectSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (cause) =>
      reject(
        operatingError('supervisor_unreachable', 'No Gatehouse supervisor answers.', {
          why: `${cause.message}.`,
          remedy: '`gatehouse supervisor start` starts one.',
          cause,
        }),
      ),
    );
  });
}

/** How often a supervisor is asked for a sign of life before it is given up. */
const signsOfLife = 3;
const endingRemedy = '`gatehouse kill --all` ends it, and every session with it; the next command starts another.';

/** JSON-RPC 2.0's error object (§5.1), as far as it is needed here. */
class ErrorAnswer extends Error {
  readonly data: unknown;

  constructor(message: string, data: unknown) {
    super(message);
    this.data = data;
  }
}

interface Pending {
  readonly method: Method;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * JSON-RPC 2.0 over lines, the calling side only: numbered calls, `$/cancelRequest`, notifications. Hand-written because a library
 * takes as long to load as everything else `gatehouse run` does together (docs/adr/0008). How many calls may wait is the
 * supervisor's bound; it answers more with `too_many`.
 */
class SocketClient implements ControlClient {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #lines = new LineSplitter();
  readonly #pending = new Map<number, Pending>();
  /** Calls of its own that only ask for a sign of life. */
  readonly #signs = new Set<number>();
  readonly #listeners = new Map<string, Set<(payload: never) => void>>();
  readonly #silentMs: number | undefined;
  #lastId = 0;
  #failure: unknown;
  #watch: NodeJS.Timeout | undefined;
  /** Times in a row that it was asked for a sign of life and nothing came. */
  #unanswered = 0;

  constructor(socket: Socket, { silentMs }: ControlOptions) {
    this.#socket = socket;
    this.#silentMs = silentMs;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#settleAll();
        resolve();
      });
    });
    socket.on('error', (error) => {
      // The close that follows settles every pending call.
      this.#failure ??= error;
    });
    socket.on('data', (chunk: Buffer) => {
      this.#unanswered = 0;
      if (!this.#lines.push(chunk, (line) => this.#take(line))) this.#fail('a line of it is too long');
    });
  }

  async call<M extends Method>(
    method: M,
    params: Params<M>,
    options: { signal?: AbortSignal } = {},
  ): Promise<Result<M>> {
    options.signal?.throwIfAborted();
    if (!this.#socket.writable) throw lost(method, this.#failure);
    this.#lastId += 1;
    const id = this.#lastId;
    const cancel = () => this.#send({ method: '$/cancelRequest', params: { id } });
    options.signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise<Result<M>>((resolve, reject) => {
        // The supervisor is this client's own program of the same version: results are taken as their schema says they are.
        this.#pending.set(id, { method, resolve: (result) => resolve(result as Result<M>), reject });
        this.#send({ id, method, params });
        this.#listenForLife();
      });
    } catch (error) {
      throw error instanceof ErrorAnswer ? await asGatehouseError(error, method) : error;
    } finally {
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  on<N extends Notification>(name: N, listener: (payload: NotificationPayload[N]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  close(): void {
    this.#settleAll();
    this.#socket.end();
    this.#socket.unref();
  }

  /**
   * While a call waits, asks now and then whether it answers at all. Counted in turns of this process and not by a clock: one that was stopped
   * itself, and goes on, has heard nothing either.
   */
  #listenForLife(): void {
    if (this.#silentMs === undefined || this.#watch !== undefined) return;
    this.#unanswered = 0;
    this.#watch = setInterval(
      () => {
        if (this.#pending.size === 0) {
          clearInterval(this.#watch);
          this.#watch = undefined;
        } else if (this.#unanswered >= signsOfLife)
          this.#socket.destroy(supervisorSilent(this.#silentMs ?? 0, endingRemedy));
        else {
          this.#unanswered += 1;
          // What it answers, and be it a refusal, says that it is there.
          this.#lastId += 1;
          this.#signs.add(this.#lastId);
          this.#send({ id: this.#lastId, method: 'supervisor.ping', params: {} });
        }
      },
      this.#silentMs / (signsOfLife + 1),
    );
    this.#watch.unref();
  }

  #send(message: object): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  #take(line: Buffer): void {
    const message = parseMessage(line);
    if (message === undefined) {
      this.#fail('it is not a JSON-RPC 2.0 message');
      return;
    }
    const { id, method, params, result, error } = message;
    if (typeof method === 'string') {
      for (const listener of this.#listeners.get(method) ?? []) listener(params as never);
      return;
    }
    if (typeof id === 'number' && this.#signs.delete(id)) return;
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    const refusal = errorAnswer(error);
    if (pending !== undefined && typeof id === 'number') {
      this.#pending.delete(id);
      if (refusal === undefined) pending.resolve(result);
      else pending.reject(refusal);
    } else if (refusal !== undefined) {
      // Whatever it could not read, the supervisor refuses without an id: every call that waits gets the reason.
      for (const each of this.#pending.values()) each.reject(refusal);
      this.#pending.clear();
    } else this.#fail('it answers nothing that was asked');
  }

  #fail(why: string): void {
    this.#socket.destroy(new Error(`the supervisor sent a message that cannot be used: ${why}`));
  }

  #settleAll(): void {
    clearInterval(this.#watch);
    for (const { method, reject } of this.#pending.values()) reject(lost(method, this.#failure));
    this.#pending.clear();
  }
}

function parseMessage(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isRecord(value) && value['jsonrpc'] === '2.0' ? value : undefined;
  } catch {
    // The caller ends the connection with the reason.
    return undefined;
  }
}

function errorAnswer(value: unknown): ErrorAnswer | undefined {
  if (!isRecord(value) || typeof value['message'] !== 'string') return undefined;
  return new ErrorAnswer(value['message'], value['data']);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A supervisor that said nothing for `ms`. */
export function supervisorSilent(ms: number, remedy: string): GatehouseError {
  return operatingError('supervisor_silent', `The supervisor has not answered for ${Math.round(ms / 1000)} seconds.`, {
    why: 'Its process is there and hangs, or was stopped by somebody.',
    remedy,
  });
}

function lost(method: Method, cause: unknown): GatehouseError {
  if (cause instanceof GatehouseError) return cause;
  return operatingError('supervisor_unreachable', `The supervisor went away while it worked on ${method}.`, {
    remedy: '`gatehouse supervisor status` tells whether it runs again; its log says why it ended.',
    cause,
  });
}

async function asGatehouseError(answer: ErrorAnswer, method: Method): Promise<GatehouseError> {
  // Schemas are loaded only to read a failure: no run that goes well waits for them.
  const { errorDataSchema } = await import('#contract/errors.ts');
  const data = errorDataSchema.safeParse(answer.data);
  if (data.success) return new GatehouseError(data.data, { cause: answer });
  return operatingError('invalid_request', `The supervisor refused ${method}.`, { why: answer.message, cause: answer });
}
