import { plainDenial } from '../../core/network/denial.ts';
import {
  readSocksGreeting,
  readSocksRequest,
  type SocksReply,
  type SocksStep,
  socksBytesMax,
  socksReply,
  socksReplyBytes,
} from '../../core/network/socks5.ts';
import { ConnectionRecord } from './connection-record.ts';
import type { EgressSession } from './egress-session.ts';
import { openRoute, type Wish } from './route.ts';
import type { SocketReader } from './socket-reader.ts';
import { runTunnel } from './tunnel.ts';

/** Serves one SOCKS5 client (RFC 1928): no authentication, since the socket says whose it is, and CONNECT only. */
export async function serveSocks(session: EgressSession, reader: SocketReader): Promise<void> {
  const deadline = performance.now() + session.bounds.headMs;
  const greeting = await readStep(reader, deadline, readSocksGreeting);
  if (greeting === undefined) return;
  if (greeting.kind === 'refused' || !greeting.value.plain) {
    await session.refuse(
      'socks5',
      'greeting',
      plainDenial('bad_request', 'Only SOCKS5 without authentication is served.'),
    );
    reader.socket.end(Uint8Array.of(5, 0xff));
    return;
  }
  reader.socket.write(Uint8Array.of(5, 0));
  const request = await readStep(reader, deadline, readSocksRequest);
  if (request === undefined) return;
  if (request.kind === 'refused') {
    await session.refuse('socks5', 'request', plainDenial('bad_request', `Malformed: ${request.why}.`));
    reader.socket.end(socksReplyBytes(request.reply));
    return;
  }
  const { host, port } = request.value;
  const wish: Wish = { protocol: 'socks5', action: 'net.connect', host, port };
  const route = await openRoute(session, wish);
  if (route.kind !== 'open') {
    reader.socket.end(
      socksReplyBytes(route.kind === 'denied' ? denialReply(route.decision.reason) : failureReply(route.code)),
    );
    return;
  }
  const record = new ConnectionRecord(session, wish, route);
  reader.socket.write(socksReplyBytes(socksReply.succeeded));
  await runTunnel(session, wish, record, reader);
}

/** Reads until the step is complete; undefined when the client is gone. Throws `ReadTimedOut`. */
async function readStep<T>(
  reader: SocketReader,
  deadline: number,
  read: (bytes: Uint8Array) => SocksStep<T>,
): Promise<Exclude<SocksStep<T>, { kind: 'more' }> | undefined> {
  let held: Buffer = Buffer.alloc(0);
  for (;;) {
    const bytes = await reader.read(Math.max(1, deadline - performance.now()));
    if (bytes === undefined) return undefined;
    held = Buffer.concat([held, bytes]);
    const step = read(held.subarray(0, socksBytesMax));
    if (step.kind === 'more') continue;
    if (step.kind === 'read') reader.unread(held.subarray(step.bytes));
    return step;
  }
}

function denialReply(reason: string): SocksReply {
  return reason === 'name_unresolved' ? socksReply.hostUnreachable : socksReply.notAllowed;
}

function failureReply(code: string): SocksReply {
  if (code === 'ECONNREFUSED') return socksReply.connectionRefused;
  if (code === 'ENETUNREACH') return socksReply.networkUnreachable;
  return socksReply.hostUnreachable;
}
