import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { createMessageConnection, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import type { z } from 'zod';
import { type Api, api, type Method, type Notification, type notifications, type Result } from '#contract/api.ts';
import { GatehouseError, operatingError, operatingErrorCode } from '#contract/operating-error.ts';
import { LineReader, LineWriter, type Refusal } from '../adapters/control/line-messages.ts';

/**
 * Guarantee: every request is checked against the one schema of its method before a handler sees it, and every way of
 * calling wrongly gets a typed error; no message takes the supervisor down or makes it hold unbounded memory.
 * Threat: a confused client, or one that sends malformed, oversized, unknown or out-of-order messages on purpose.
 * Limits: whoever can open the socket (same user, outside every sandbox: its folder is 0700 and never bound) may call.
 */

const connectionsMax = 128;
const pendingPerConnectionMax = 64;
const requestCancelled = -32800;

/** What a handler may do beside answering. */
export interface Call {
  /** Aborted when the caller cancels or goes away. */
  readonly signal: AbortSignal;
  notify<N extends Notification>(name: N, payload: z.input<(typeof notifications)[N]>): void;
  /** The caller's connection: one object for as long as it lasts. */
  readonly connection: Socket;
  /** Runs when the caller's connection ends. */
  onClose(cleanUp: () => void): void;
}

/** One handler a method; parameters are already parsed. */
export type ControlHandlers = {
  readonly [M in Method]: (params: z.output<Api[M]['params']>, call: Call) => Promise<Result<M>> | Result<M>;
};

/** Listens on the control socket until `close`. */
export async function openControlServer(
  socketPath: string,
  handlers: ControlHandlers,
  log: Logger,
): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (sockets.size >= connectionsMax) {
      answerRefusal(socket, operatingError('too_many', `More than ${connectionsMax} control connections are open.`));
      socket.end();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, handlers, log);
  });
  await listen(server, socketPath);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.end();
        setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, 500).unref();
      }),
  };
}

/** Listens on a Unix socket, replacing what a killed supervisor left there. Only the lock's holder may call this. */
export function listen(server: Server, socketPath: string): Promise<void> {
  rmSync(socketPath, { force: true });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.off('error', reject);
      chmodSync(socketPath, 0o600);
      resolve();
    });
  });
}

function serve(socket: Socket, handlers: ControlHandlers, log: Logger): void {
  const connection = createMessageConnection(
    new LineReader(socket, (refusal) => answerRefusal(socket, refusal)),
    new LineWriter(socket),
    { error: (text) => log.warn({ text }, 'control'), warn: () => {}, info: () => {}, log: () => {} },
  );
  const gone = new AbortController();
  const cleanUps: (() => void)[] = [];
  let pending = 0;
  connection.onRequest(async (method, params, token) => {
    if (!isMethod(method)) throw new ResponseError(ErrorCodes.MethodNotFound, `There is no method ${method}.`);
    if (pending >= pendingPerConnectionMax) {
      throw asResponseError(operatingError('too_many', 'Too many requests wait on this connection.'), log);
    }
    const cancelled = new AbortController();
    token.onCancellationRequested(() => cancelled.abort());
    // A token that was cancelled while its request still waited in the queue never tells its listeners.
    if (token.isCancellationRequested) throw new ResponseError(requestCancelled, 'The request was cancelled.');
    const signal = AbortSignal.any([gone.signal, cancelled.signal]);
    pending += 1;
    try {
      return await unlessAborted(
        signal,
        handle(method, params, handlers, {
          signal,
          connection: socket,
          notify: (name, payload) => void connection.sendNotification(name, payload).catch(() => socket.destroy()),
          // A handler may still have been at work when its caller went away.
          onClose: (cleanUp) => {
            if (gone.signal.aborted) cleanUp();
            else cleanUps.push(cleanUp);
          },
        }),
      );
    } catch (error) {
      throw asResponseError(error, log);
    } finally {
      pending -= 1;
    }
  });
  connection.onNotification(() => {});
  connection.onError(([error]) => log.warn({ error: error.message }, 'control connection'));
  connection.onClose(() => {
    gone.abort();
    for (const cleanUp of cleanUps) cleanUp();
    connection.dispose();
  });
  connection.listen();
}

/**
 * Answers a cancelled request at once (LSP 3.17 RequestCancelled, -32800). The work itself goes on to a safe end: a handler
 * that made something nobody waits for any more looks at `signal` and takes it back.
 */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const cancelled = new Promise<never>((_, reject) => {
    const stop = () => reject(new ResponseError(requestCancelled, 'The request was cancelled.'));
    signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([work, cancelled]);
}

function isMethod(method: string): method is Method {
  return Object.hasOwn(api, method);
}

async function handle<M extends Method>(
  method: M,
  params: unknown,
  handlers: ControlHandlers,
  call: Call,
): Promise<Result<M>> {
  const parsed = api[method].params.safeParse(params ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? 'the parameters' : issue.path.join('.');
    throw operatingError('invalid_request', `${method} was called wrongly: ${where}: ${issue?.message ?? 'invalid'}.`);
  }
  // The schema looked up by `method` is the one of this handler's parameters; TypeScript cannot see the correlation.
  const handler = handlers[method] as unknown as (params: unknown, call: Call) => Promise<Result<M>> | Result<M>;
  return handler(parsed.data, call);
}

function asResponseError(error: unknown, log: Logger): ResponseError<unknown> {
  if (error instanceof ResponseError) return error;
  if (error instanceof GatehouseError) return new ResponseError(operatingErrorCode, error.message, error.data);
  log.error({ error: error instanceof Error ? error.stack : String(error) }, 'a bug');
  return new ResponseError(ErrorCodes.InternalError, 'The supervisor met a bug; its log has the details.');
}

function answerRefusal(socket: Socket, refusal: Refusal | GatehouseError): void {
  if (!socket.writable) return;
  const error =
    refusal instanceof GatehouseError
      ? { code: operatingErrorCode, message: refusal.message, data: refusal.data }
      : {
          parse: { code: ErrorCodes.ParseError, message: 'The line is not JSON.' },
          invalid: { code: ErrorCodes.InvalidRequest, message: 'The line is not a JSON-RPC 2.0 message of this API.' },
          too_large: {
            code: operatingErrorCode,
            message: 'The message is too long.',
            data: { code: 'frame_too_large', what: 'The message is longer than a control frame may be.' },
          },
        }[refusal.kind];
  const id = refusal instanceof GatehouseError ? null : refusal.id;
  socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`);
}
