import { plainDenial } from '../../core/network/denial.ts';
import { hostPortText } from '../../core/network/host.ts';
import { findHeadEnd, HeadRefused, parseRequestHead, type RequestHead } from '../../core/network/http-head.ts';
import { claimOf } from '../../core/network/program-claim.ts';
import { isRefusal, type ProxyRequest, parseProxyRequest } from '../../core/network/proxy-request.ts';
import { ConnectionRecord } from './connection-record.ts';
import type { EgressSession } from './egress-session.ts';
import { forwardRequest } from './forward.ts';
import { replyDenied, replyFailed } from './http-reply.ts';
import { openRoute, type Wish } from './route.ts';
import { ReadTimedOut, type SocketReader } from './socket-reader.ts';
import { runTunnel } from './tunnel.ts';

/** Serves one HTTP proxy client. Each request on it is decided afresh, whatever was allowed before. */
export async function serveHttp(session: EgressSession, reader: SocketReader): Promise<void> {
  for (let first = true; !session.closed; first = false) {
    const read = await readRequest(session, reader, first);
    if (read === 'gone') return;
    if ('refused' in read) {
      const reason = read.limit ? 'limit' : 'bad_request';
      const decision = plainDenial(reason, `The request is not passed on: ${read.refused}.`);
      await session.refuse('http', read.what, decision);
      await replyDenied(session, reader, decision);
      return;
    }
    const again =
      read.request.kind === 'connect'
        ? await serveConnect(session, reader, read.head, read.request)
        : await forwardRequest(session, reader, read.head, read.request);
    if (!again) return;
  }
}

async function serveConnect(
  session: EgressSession,
  reader: SocketReader,
  head: RequestHead,
  request: Extract<ProxyRequest, { kind: 'connect' }>,
): Promise<false> {
  const wish: Wish = {
    protocol: 'connect',
    action: 'net.connect',
    host: request.host,
    port: request.port,
    ...claimOf(head),
  };
  const route = await openRoute(session, wish);
  if (route.kind === 'denied') await replyDenied(session, reader, route.decision);
  if (route.kind === 'failed')
    await replyFailed(session, reader, `connecting to ${hostPortText(wish.host, wish.port)}`, route.code);
  if (route.kind !== 'open') return false;
  const record = new ConnectionRecord(session, wish, route);
  reader.socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
  await runTunnel(session, wish, record, reader);
  return false;
}

type ReadRequest =
  | 'gone'
  | { readonly refused: string; readonly what: string; readonly limit: boolean }
  | { readonly head: RequestHead; readonly request: ProxyRequest };

async function readRequest(session: EgressSession, reader: SocketReader, first: boolean): Promise<ReadRequest> {
  let held: Buffer = Buffer.alloc(0);
  try {
    const head = await readHead(session, reader, first, (bytes) => {
      held = bytes;
    });
    return head === undefined ? 'gone' : { head, request: parseProxyRequest(head) };
  } catch (error) {
    const what = firstLine(held);
    if (error instanceof ReadTimedOut) {
      if (held.length === 0) return 'gone';
      return { refused: `its head took longer than ${session.bounds.headMs} ms`, what, limit: true };
    }
    if (error instanceof HeadTooLong) return { refused: error.message, what, limit: true };
    if (isRefusal(error)) return { refused: error.message, what, limit: false };
    throw error;
  }
}

class HeadTooLong extends Error {}

/** Reads up to a head's end and puts back what follows. Undefined when the client ended before a first byte. */
async function readHead(
  session: EgressSession,
  reader: SocketReader,
  first: boolean,
  onHeld: (held: Buffer) => void,
): Promise<RequestHead | undefined> {
  const { headBytes, headPieces, headMs, keepAliveMs } = session.bounds;
  let held: Buffer = Buffer.alloc(0);
  let deadline = performance.now() + (first ? headMs : keepAliveMs);
  for (let pieces = 0; pieces < headPieces; pieces += 1) {
    const bytes = await reader.read(Math.max(1, deadline - performance.now()));
    if (bytes === undefined) {
      if (held.length === 0) return undefined;
      throw new HeadRefused('it ends within its head');
    }
    if (held.length === 0) deadline = performance.now() + headMs;
    const from = held.length;
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    onHeld(held);
    const end = findHeadEnd(held, from);
    if ((end ?? held.length) > headBytes) throw new HeadTooLong(`its head is longer than ${headBytes} bytes`);
    if (end === undefined) continue;
    reader.unread(held.subarray(end));
    return parseRequestHead(held.toString('latin1', 0, end));
  }
  throw new HeadTooLong('its head came in too many pieces');
}

/** The beginning of what came, for the record, with everything unprintable shown as such. */
function firstLine(held: Buffer): string {
  const text = held.toString('latin1', 0, 256);
  const [line = ''] = text.split('\r\n', 1);
  return line.replace(/[^\x20-\x7e]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
