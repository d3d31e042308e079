import { connect, type Socket } from 'node:net';
import { createMessageConnection, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import type { Method, Notification, Params, Result } from '#contract/api.ts';
import type { AuditEvent } from '#contract/audit.ts';
import { errorDataSchema } from '#contract/errors.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import { LineReader, LineWriter } from './line-messages.ts';

/** What each notification brings. */
export interface NotificationPayload {
  readonly 'log.appended': { readonly event: AuditEvent };
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

/** Connects to a running supervisor; rejects with `supervisor_unreachable` when none answers. */
export async function connectControl(paths: { readonly controlSocket: string }): Promise<ControlClient> {
  const socket = await connectSocket(paths.controlSocket);
  return new SocketClient(socket);
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

class SocketClient implements ControlClient {
  readonly closed: Promise<void>;
  readonly #connection: MessageConnection;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#connection = createMessageConnection(
      new LineReader(socket, () => socket.destroy(new Error('the supervisor sent a malformed message'))),
      new LineWriter(socket),
    );
    this.closed = new Promise((resolve) => {
      this.#connection.onClose(() => resolve());
    });
    // The close that follows settles every pending call.
    this.#connection.onError(() => socket.destroy());
    this.#connection.listen();
  }

  async call<M extends Method>(
    method: M,
    params: Params<M>,
    options: { signal?: AbortSignal } = {},
  ): Promise<Result<M>> {
    const { CancellationTokenSource } = await import('vscode-jsonrpc/node');
    const cancellation = new CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    options.signal?.addEventListener('abort', cancel, { once: true });
    try {
      const answer = this.#connection.sendRequest<Result<M>>(method, params, cancellation.token);
      return await Promise.race([answer, this.closed.then(() => Promise.reject(lost(method)))]);
    } catch (error) {
      throw asGatehouseError(error, method);
    } finally {
      options.signal?.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  }

  on<N extends Notification>(name: N, listener: (payload: NotificationPayload[N]) => void): () => void {
    const handle = this.#connection.onNotification(name, listener);
    return () => handle.dispose();
  }

  close(): void {
    this.#socket.end();
    this.#socket.unref();
  }
}

function lost(method: Method): GatehouseError {
  return operatingError('supervisor_unreachable', `The supervisor went away while it worked on ${method}.`, {
    remedy: '`gatehouse supervisor status` tells whether it runs again; its log says why it ended.',
  });
}

function asGatehouseError(error: unknown, method: Method): unknown {
  if (error instanceof GatehouseError) return error;
  if (!(error instanceof ResponseError)) return lost(method);
  const data = errorDataSchema.safeParse(error.data);
  if (data.success) return new GatehouseError(data.data, { cause: error });
  return operatingError('invalid_request', `The supervisor refused ${method}.`, { why: error.message, cause: error });
}
