import type { Socket } from 'node:net';
import { plainDenial } from '../../core/network/denial.ts';
import { judgeFirstFlight } from '../../core/network/first-flight.ts';
import { hostPortText } from '../../core/network/host.ts';
import type { ConnectionRecord } from './connection-record.ts';
import type { EgressSession } from './egress-session.ts';
import type { Wish } from './route.ts';
import { ReadTimedOut, type SocketReader } from './socket-reader.ts';

/**
 * Carries bytes both ways until both sides are done, then reports. The client's first bytes are judged before any of them
 * is passed on; from then on nothing is looked at. Back-pressure is the pipes' own, so nothing piles up here.
 */
export async function runTunnel(
  session: EgressSession,
  wish: Wish,
  record: ConnectionRecord,
  reader: SocketReader,
): Promise<void> {
  const client = reader.socket;
  joinEnds(client, record);
  // The server may speak first (SSH, SMTP), so its side flows at once.
  record.startDownload(client);
  const refusal = await passFirstFlight(session, wish, reader);
  if (refusal !== undefined) {
    record.ended('refused');
    record.socket.destroy();
    client.destroy();
    await session.refuse(wish.protocol, hostPortText(wish.host, wish.port), plainDenial('bad_request', `${refusal}.`));
  } else {
    carry(reader, record.socket);
  }
  await record.gone;
  await record.report();
}

/** Carries bytes both ways without judging any: after an upgrade, which was judged as a request. */
export async function runUpgraded(record: ConnectionRecord, reader: SocketReader, status: number): Promise<void> {
  joinEnds(reader.socket, record);
  record.startDownload(reader.socket);
  carry(reader, record.socket);
  await record.gone;
  await record.report(status);
}

/** Sends on what was read ahead, then everything else. */
function carry(reader: SocketReader, upstream: Socket): void {
  const rest = reader.release();
  if (rest.length > 0) upstream.write(rest);
  reader.socket.pipe(upstream);
}

/** Longest wait that a timer takes; until then the client may listen without a word (a server may speak first). */
const silenceMsMax = 2 ** 31 - 1;

/** Holds back the client's first bytes until they are judged. Returns why they are refused, if they are. */
async function passFirstFlight(session: EgressSession, wish: Wish, reader: SocketReader): Promise<string | undefined> {
  let held: Buffer = Buffer.alloc(0);
  let deadline = performance.now() + silenceMsMax;
  for (let pieces = 0; pieces < session.bounds.headPieces; pieces += 1) {
    const bytes = await readUntil(reader, deadline - performance.now());
    if (bytes === 'late') return 'the first message of the tunnel did not come to its end in time';
    if (held.length === 0) deadline = performance.now() + session.bounds.headMs;
    held = Buffer.concat([held, bytes ?? Buffer.alloc(0)]);
    const verdict = judgeFirstFlight(held, wish.host, wish.port, bytes === undefined);
    if (verdict === 'more') continue;
    if (verdict !== 'pass') return verdict.refused;
    reader.unread(held);
    return undefined;
  }
  return 'the first message of the tunnel came in too many pieces';
}

async function readUntil(reader: SocketReader, waitMs: number): Promise<Buffer | 'late' | undefined> {
  try {
    return await reader.read(Math.max(1, waitMs));
  } catch (error) {
    if (error instanceof ReadTimedOut) return 'late';
    throw error;
  }
}

/** Makes an abrupt end of one side an abrupt end of the other; an orderly end travels with the bytes. */
function joinEnds(client: Socket, record: ConnectionRecord): void {
  const upstream = record.socket;
  const clientGone = (): void => {
    if (upstream.destroyed || isOrderly(client)) return;
    record.ended('reset');
    upstream.resetAndDestroy();
  };
  const upstreamGone = (): void => {
    if (!isOrderly(upstream)) client.destroy();
  };
  if (client.destroyed) clientGone();
  else client.once('close', clientGone);
  if (upstream.destroyed) upstreamGone();
  else upstream.once('close', upstreamGone);
}

/** Whether a socket that is gone had both heard and said everything. */
function isOrderly(socket: Socket): boolean {
  return socket.readableEnded && socket.writableFinished;
}
