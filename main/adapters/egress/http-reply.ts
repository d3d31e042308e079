import type { Socket } from 'node:net';
import type { Decision } from '#contract/decision.ts';
import { denialText } from '../../core/network/denial.ts';
import type { EgressSession } from './egress-session.ts';
import { ReadTimedOut, type SocketReader } from './socket-reader.ts';

/** Tells the client of a denial, in words, and ends the connection. */
export async function replyDenied(session: EgressSession, reader: SocketReader, decision: Decision): Promise<void> {
  const status = statusOf(decision);
  await replyAndEnd(session, reader, status, decision.reason, denialText(decision));
}

/** Tells the client that what was allowed could not be reached, and ends the connection. */
export async function replyFailed(
  session: EgressSession,
  reader: SocketReader,
  what: string,
  code: string,
): Promise<void> {
  const text = `Gatehouse allowed this, but ${what} failed: ${code}. The network or the server is at fault, not a rule.\n`;
  await replyAndEnd(session, reader, '502 Bad Gateway', 'upstream_failed', text);
}

function statusOf(decision: Decision): string {
  if (decision.reason === 'bad_request') return '400 Bad Request';
  if (decision.reason === 'name_unresolved') return '502 Bad Gateway';
  return '403 Forbidden';
}

async function replyAndEnd(
  session: EgressSession,
  reader: SocketReader,
  status: string,
  reason: string,
  text: string,
): Promise<void> {
  const body = Buffer.from(text, 'utf8');
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${body.length}`,
    `x-gatehouse-reason: ${reason}`,
    'connection: close',
  ];
  reader.socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]));
  await linger(session, reader);
}

/**
 * Reads and drops what the client still sends, within bounds. Closing with unread bytes would reset the connection, and the
 * client would lose the reply that explains the denial.
 */
export async function linger(session: EgressSession, reader: SocketReader): Promise<void> {
  const deadline = performance.now() + session.bounds.lingerMs;
  let dropped = 0;
  try {
    while (dropped < session.bounds.lingerBytes) {
      const bytes = await reader.read(Math.max(1, deadline - performance.now()));
      if (bytes === undefined) break;
      dropped += bytes.length;
    }
  } catch (error) {
    if (!(error instanceof ReadTimedOut)) throw error;
  }
  endSocket(reader.socket);
}

/** Destroys a socket once what was written to it is out. */
function endSocket(socket: Socket): void {
  if (socket.writableFinished || socket.destroyed) socket.destroy();
  else socket.destroySoon();
}
