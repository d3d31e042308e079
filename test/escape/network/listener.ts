import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { placeProbe } from '../harness/probe.ts';
import type { Walls } from '../harness/walls.ts';

/** A service of the host that notes everything that reaches it. */
export interface Listener {
  readonly port: number;
  /** Connections so far, whether or not anything was sent. */
  connections(): number;
  /** Everything received so far, one text. */
  received(): string;
  close(): Promise<void>;
}

/** Starts a service that answers every request head, and anything that ends like one, with `served`. */
export async function startListener(address = '127.0.0.1'): Promise<Listener> {
  let connections = 0;
  let received = '';
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      for (const _head of text.matchAll(/\r\n\r\n/gu)) {
        socket.write('HTTP/1.1 200 served\r\nContent-Length: 6\r\n\r\nserved');
      }
    });
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the listener has no port');
  return {
    port: bound.port,
    connections: () => connections,
    received: () => received,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Places `./probe-network` in the workspace. */
export async function placeNetworkProbe(walls: Walls): Promise<void> {
  await placeProbe(path.join(import.meta.dirname, 'probe-network.c'), path.join(walls.workspace, 'probe-network'));
}

/** The command that sends these messages to the proxy, one after the other, on one connection. */
export function ask(...messages: readonly (string | Buffer)[]): string {
  const hex = messages.map((message) =>
    (typeof message === 'string' ? Buffer.from(message, 'utf8') : message).toString('hex'),
  );
  return `./probe-network ask ${hex.join(' ')}`;
}

/** A `CONNECT` to a target as written. */
export function connectTo(target: string, host = target): string {
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
}

/** A plain request with the target in absolute form. */
export function getFrom(authority: string, place = '/'): string {
  return `GET http://${authority}${place} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
}
