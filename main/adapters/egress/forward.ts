/**
 * Forwards one plain HTTP request.
 *
 * Guarantee: the server gets exactly one request per connection, with our own framing, our own Host header, and the body
 * that its head announced; the connection is closed after the answer. Whatever a sender hides behind a request is a new
 * request to us, and is decided as one.
 *
 * Threat: request smuggling and connection reuse: bytes that ride on an allowed connection to a path or host nobody allowed.
 *
 * Limits: redirects are passed back, not followed; the answer's content is not looked at.
 */
import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http';
import type { Socket } from 'node:net';
import { ChunkedBody } from '../../core/network/chunked-body.ts';
import { plainDenial } from '../../core/network/denial.ts';
import { authorityText, hostPortText } from '../../core/network/host.ts';
import {
  type Header,
  HeadRefused,
  headerTokens,
  headerValues,
  type RequestHead,
} from '../../core/network/http-head.ts';
import { claimOf } from '../../core/network/program-claim.ts';
import { isRefusal, type ProxyRequest } from '../../core/network/proxy-request.ts';
import { ConnectionRecord } from './connection-record.ts';
import type { EgressSession } from './egress-session.ts';
import { linger, replyDenied, replyFailed } from './http-reply.ts';
import { writeResponse, writeSwitch } from './http-response.ts';
import { systemCode } from './resolve-name.ts';
import { openRoute, type Wish } from './route.ts';
import { ReadTimedOut, type SocketReader } from './socket-reader.ts';
import { runUpgraded } from './tunnel.ts';

type Forward = Extract<ProxyRequest, { kind: 'forward' }>;

/** Decides, forwards and answers. Returns whether another request may follow on the client's connection. */
export async function forwardRequest(
  session: EgressSession,
  reader: SocketReader,
  head: RequestHead,
  forward: Forward,
): Promise<boolean> {
  const expect = headerValues(head.headers, 'expect');
  if (expect.some((value) => value.toLowerCase() !== '100-continue')) {
    return refuse(session, reader, forward, 'an expectation other than 100-continue');
  }
  const { host, port, method, path } = forward;
  const wish: Wish = { protocol: 'http', action: 'http.request', host, port, method, path, ...claimOf(head) };
  const route = await openRoute(session, wish);
  if (route.kind === 'denied') await replyDenied(session, reader, route.decision);
  if (route.kind === 'failed')
    await replyFailed(session, reader, `connecting to ${hostPortText(host, port)}`, route.code);
  if (route.kind !== 'open') return false;
  const record = new ConnectionRecord(session, wish, route);
  if (expect.length > 0 && head.framing.kind !== 'none') reader.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  return exchange(session, reader, head, forward, record);
}

async function refuse(session: EgressSession, reader: SocketReader, forward: Forward, why: string): Promise<false> {
  const decision = plainDenial('bad_request', `The request is not passed on: ${why}.`);
  await session.refuse('http', `${forward.method} ${hostPortText(forward.host, forward.port)}`, decision);
  await replyDenied(session, reader, decision);
  return false;
}

async function exchange(
  session: EgressSession,
  reader: SocketReader,
  head: RequestHead,
  forward: Forward,
  record: ConnectionRecord,
): Promise<boolean> {
  const request = begin(session, head, forward, record.socket);
  const answered = awaitAnswer(request);
  // A client that vanishes takes its request with it.
  const clientGone = (): void => {
    record.ended('reset');
    record.socket.destroy();
  };
  reader.socket.once('close', clientGone);
  const body = new BodySender(session, reader, head, request);
  try {
    const answer = await answered;
    if (answer instanceof Error) {
      await body.stop();
      return await failed(session, reader, forward, record, body.error ?? answer);
    }
    if (answer.kind === 'switched') {
      reader.socket.off('close', clientGone);
      await body.stop();
      writeSwitch(reader.socket, answer.response);
      if (answer.first.length > 0) reader.socket.write(answer.first);
      await runUpgraded(record, reader, 101);
      return false;
    }
    const keep = head.version === '1.1' && !headerTokens(head.headers, 'connection').includes('close');
    const kept = await writeResponse(reader.socket, answer.response, {
      keep,
      version: head.version,
      method: head.method,
    });
    if (!answer.response.complete) record.ended('reset');
    reader.socket.off('close', clientGone);
    await record.report(answer.response.statusCode);
    // After an answer that came before the whole body, the rest of the body would be read as a request.
    if (kept && body.sent) return true;
    await body.stop();
    reader.socket.end();
    await linger(session, reader);
    return false;
  } finally {
    reader.socket.off('close', clientGone);
    await record.report();
  }
}

async function failed(
  session: EgressSession,
  reader: SocketReader,
  forward: Forward,
  record: ConnectionRecord,
  error: Error,
): Promise<false> {
  record.ended(error instanceof ReadTimedOut ? 'timeout' : isRefusal(error) ? 'refused' : codeOf(error));
  await record.report();
  if (isRefusal(error)) return refuse(session, reader, forward, error.message);
  await replyFailed(session, reader, `the request to ${hostPortText(forward.host, forward.port)}`, codeOf(error));
  return false;
}

function codeOf(error: Error): string {
  const code = systemCode(error);
  return code === 'ECONNRESET' ? 'reset' : code;
}

function begin(session: EgressSession, head: RequestHead, forward: Forward, upstream: Socket): ClientRequest {
  const authority = forward.port === 80 ? authorityText(forward.host) : hostPortText(forward.host, forward.port);
  const headers: Header[] = [['Host', authority], ...forward.headers, ...framingHeaders(head)];
  if (forward.upgrade === undefined) headers.push(['Connection', 'close']);
  else headers.push(['Connection', 'Upgrade'], ['Upgrade', forward.upgrade]);
  return startRequest({
    createConnection: () => upstream,
    method: forward.method,
    path: forward.path,
    headers: headers.flat(),
    setHost: false,
    maxHeaderSize: session.bounds.headBytes,
    insecureHTTPParser: false,
  });
}

/** Our own framing. An absent body is said for methods that usually have one, so that no server waits for it. */
function framingHeaders({ framing, method }: RequestHead): Header[] {
  if (framing.kind === 'chunked') return [['Transfer-Encoding', 'chunked']];
  if (framing.kind === 'length') return [['Content-Length', String(framing.bytes)]];
  return ['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(method) ? [] : [['Content-Length', '0']];
}

type Answer =
  | { readonly kind: 'response'; readonly response: IncomingMessage }
  | { readonly kind: 'switched'; readonly response: IncomingMessage; readonly first: Buffer };

/** The server's answer, or the error that came instead. */
function awaitAnswer(request: ClientRequest): Promise<Answer | Error> {
  return new Promise((resolve) => {
    request.once('response', (response) => resolve({ kind: 'response', response }));
    request.once('upgrade', (response, _socket, first) => resolve({ kind: 'switched', response, first }));
    request.on('error', (error) => resolve(error));
    request.once('close', () => resolve(new Error('the server closed the connection without an answer')));
  });
}

/** Sends exactly the announced body. When the client sends something else, or stops sending, the request is destroyed. */
class BodySender {
  /** What was wrong with the body, if anything was. */
  error: Error | undefined;
  /** Whether all of it is on its way. */
  sent = false;
  readonly #reader: SocketReader;
  readonly #done: Promise<void>;
  #stopped = false;

  constructor(session: EgressSession, reader: SocketReader, head: RequestHead, request: ClientRequest) {
    this.#reader = reader;
    this.#done = this.#send(bodyPieces(session, reader, head), request);
  }

  /** Stops reading the client; what it still sends is nobody's. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (!this.sent) this.#reader.interrupt();
    await this.#done;
  }

  async #send(pieces: AsyncGenerator<Uint8Array>, request: ClientRequest): Promise<void> {
    try {
      for await (const piece of pieces) {
        if (this.#stopped || request.destroyed) return;
        if (!request.write(piece)) await drained(request);
      }
      request.end();
      this.sent = true;
    } catch (error) {
      if (this.#stopped) return;
      this.error = error instanceof Error ? error : new Error('the body could not be sent');
      request.destroy();
    }
  }
}

async function* bodyPieces(
  session: EgressSession,
  reader: SocketReader,
  { framing }: RequestHead,
): AsyncGenerator<Uint8Array> {
  if (framing.kind === 'none') return;
  const chunked = new ChunkedBody();
  let left = framing.kind === 'length' ? framing.bytes : 0;
  while (framing.kind === 'chunked' ? !chunked.done : left > 0) {
    const bytes = await reader.read(session.bounds.idleMs);
    if (bytes === undefined) throw new HeadRefused('its body ends early');
    if (framing.kind === 'chunked') {
      const piece = chunked.push(bytes);
      yield* piece.content;
      if (piece.rest !== undefined) reader.unread(piece.rest);
    } else {
      yield bytes.subarray(0, left);
      reader.unread(bytes.subarray(left));
      left -= Math.min(left, bytes.length);
    }
  }
}

function drained(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      request.off('drain', done);
      request.off('close', done);
      resolve();
    };
    request.once('drain', done);
    request.once('close', done);
  });
}
