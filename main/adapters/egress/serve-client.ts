import type { Socket } from 'node:net';
import { plainDenial } from '../../core/network/denial.ts';
import type { EgressSession } from './egress-session.ts';
import { serveHttp } from './http-proxy.ts';
import { replyDenied } from './http-reply.ts';
import { ReadTimedOut, SocketReader } from './socket-reader.ts';
import { serveSocks } from './socks-proxy.ts';

/** Serves one client of a session's socket, telling HTTP and SOCKS5 apart by the first byte. */
export async function serveClient(session: EgressSession, client: Socket): Promise<void> {
  const reader = new SocketReader(client);
  // A client that does not read what it asked for must not keep its place for ever.
  client.setTimeout(session.bounds.idleMs, () => client.destroy());
  try {
    const bytes = await reader.read(session.bounds.headMs);
    const first = bytes?.[0];
    if (bytes === undefined || first === undefined) return;
    reader.unread(bytes);
    if (first === 5) await serveSocks(session, reader);
    else if (first >= 0x41 && first <= 0x5a) await serveHttp(session, reader);
    else await refuseUnknown(session, reader, first);
  } catch (error) {
    if (!(error instanceof ReadTimedOut)) throw error;
    await session.refuse('any', 'a silent client', plainDenial('limit', 'The client did not finish what it began.'));
  } finally {
    client.destroySoon();
  }
}

async function refuseUnknown(session: EgressSession, reader: SocketReader, first: number): Promise<void> {
  const what =
    first === 4 ? 'SOCKS4' : first === 0x16 ? 'TLS' : `a first byte 0x${first.toString(16).padStart(2, '0')}`;
  const decision = plainDenial('bad_request', `The proxy speaks HTTP/1.1 and SOCKS5; this is ${what}.`);
  await session.refuse('any', what, decision);
  await replyDenied(session, reader, decision);
}
