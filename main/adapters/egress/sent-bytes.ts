import type { Socket } from 'node:net';

/** Hosts that one report names. */
const hostsMax = 4;

/** What one session sends, over all its connections: counted while it flows, not when they end. */
export class SentBytes {
  /** Open connections, whom each goes to, and what of it was told. */
  readonly #open = new Map<Socket, { readonly host: string; told: number }>();
  #ended = 0;
  #told = 0;

  /** Counts what a connection sends from now on. */
  follow(socket: Socket, host: string): void {
    if (socket.destroyed) {
      this.#ended += socket.bytesWritten;
      return;
    }
    this.#open.set(socket, { host, told: 0 });
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#ended += socket.bytesWritten;
    });
  }

  /** All that was sent and to whom since the last call; undefined when nothing was. */
  take(): { readonly bytes: number; readonly hosts: string[] } | undefined {
    let bytes = this.#ended;
    const hosts = new Set<string>();
    for (const [socket, connection] of this.#open) {
      bytes += socket.bytesWritten;
      if (socket.bytesWritten > connection.told) hosts.add(connection.host);
      connection.told = socket.bytesWritten;
    }
    if (bytes <= this.#told) return undefined;
    this.#told = bytes;
    return { bytes, hosts: [...hosts].slice(0, hostsMax) };
  }
}
