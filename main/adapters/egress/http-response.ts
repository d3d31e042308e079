import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** How the client spoke and what it wants. */
export interface ResponseManner {
  readonly keep: boolean;
  readonly version: '1.0' | '1.1';
  readonly method: string;
}

/** Passes a response back, framed anew. Returns whether the client's connection is still in step. */
export async function writeResponse(
  client: Socket,
  response: IncomingMessage,
  manner: ResponseManner,
): Promise<boolean> {
  const status = response.statusCode ?? 502;
  const empty = manner.method === 'HEAD' || status === 204 || status === 304;
  const headers = endToEnd(response);
  const chunkedByServer = response.headers['transfer-encoding'] !== undefined;
  const length = chunkedByServer ? undefined : response.headers['content-length'];
  const chunked = !empty && length === undefined && manner.version === '1.1';
  const kept = manner.keep && (empty || length !== undefined || chunked);
  if (length !== undefined) headers.push(`content-length: ${length}`);
  if (chunked) headers.push('transfer-encoding: chunked');
  headers.push(`connection: ${kept ? 'keep-alive' : 'close'}`);
  // The head waits for a body that came with it, so that a short answer is one write.
  client.cork();
  setImmediate(() => client.uncork());
  client.write(headText(response, headers), 'latin1');
  try {
    for await (const piece of response) {
      if (!(piece instanceof Uint8Array) || piece.length === 0) continue;
      if (!writePiece(client, piece, chunked)) await drained(client);
      if (client.destroyed) break;
    }
  } catch {
    // The server broke off within the body: so do we, or the client would take the half for the whole.
    client.destroy();
    return false;
  }
  if (!response.complete) client.destroy();
  else if (chunked) client.write('0\r\n\r\n');
  return kept && !client.destroyed;
}

/** Passes back the head of a 101, with the headers that make the switch. */
export function writeSwitch(client: Socket, response: IncomingMessage): void {
  const headers = [...endToEnd(response), 'connection: Upgrade', `upgrade: ${response.headers.upgrade ?? 'websocket'}`];
  client.write(headText(response, headers), 'latin1');
}

function headText(response: IncomingMessage, headers: readonly string[]): string {
  return `HTTP/1.1 ${response.statusCode} ${response.statusMessage ?? ''}\r\n${headers.join('\r\n')}\r\n\r\n`;
}

function endToEnd(response: IncomingMessage): string[] {
  const listed = (response.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const headers: string[] = [];
  for (let at = 0; at + 1 < response.rawHeaders.length; at += 2) {
    const name = response.rawHeaders[at] ?? '';
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || lower === 'content-length' || listed.includes(lower)) continue;
    headers.push(`${name}: ${response.rawHeaders[at + 1] ?? ''}`);
  }
  return headers;
}

function writePiece(client: Socket, piece: Uint8Array, chunked: boolean): boolean {
  if (!chunked) return client.write(piece);
  client.cork();
  client.write(`${piece.length.toString(16)}\r\n`);
  client.write(piece);
  const room = client.write('\r\n');
  client.uncork();
  return room;
}

function drained(client: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      client.off('drain', done);
      client.off('close', done);
      resolve();
    };
    if (client.destroyed) resolve();
    client.once('drain', done);
    client.once('close', done);
  });
}
