import type { Socket } from 'node:net';
import { hostText } from '../../core/network/host.ts';
import type { EgressSession } from './egress-session.ts';
import type { Route, Wish } from './route.ts';

/** Watches a connected socket, so that its end can be told with all facts. */
export class ConnectionRecord {
  readonly #session: EgressSession;
  readonly #wish: Wish;
  readonly #route: Extract<Route, { kind: 'open' }>;
  readonly #connectionId: string;
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>;
  #end: string | undefined;
  #reported = false;

  constructor(session: EgressSession, wish: Wish, route: Extract<Route, { kind: 'open' }>) {
    this.#session = session;
    this.#wish = wish;
    this.#route = route;
    this.#connectionId = session.nextConnectionId();
    const { socket } = route;
    this.gone = new Promise((resolve) => {
      if (socket.destroyed) resolve();
      else socket.once('close', () => resolve());
    });
    session.sent.follow(socket, `${hostText(wish.host)}:${wish.port}`);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.ended(error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : (error.code ?? 'failed'));
    });
    socket.setTimeout(session.bounds.idleMs, () => {
      this.ended('timeout');
      socket.destroy();
    });
  }

  get socket(): Socket {
    return this.#route.socket;
  }

  /** Lets the server's bytes flow to the client, until either ends. */
  startDownload(client: Socket): void {
    const { download, socket } = this.#route;
    if (download === undefined) socket.pipe(client);
    else download.start(socket, client);
  }

  /** Names the end; the first name counts. */
  ended(end: string): void {
    if (this.#session.closed) this.#end ??= 'session_ended';
    this.#end ??= this.#session.wasCut(this.socket) ? 'revoked' : end;
  }

  /** Destroys the socket, waits for it to be gone, and reports once. */
  async report(status?: number): Promise<void> {
    if (this.#reported) return;
    this.#reported = true;
    const { socket, address, startedAt } = this.#route;
    this.ended('closed');
    socket.destroy();
    await this.gone;
    const { protocol, host, port, method, path } = this.#wish;
    this.#session.supervisor.closed({
      connectionId: this.#connectionId,
      sessionId: this.#session.sessionId,
      protocol,
      host: hostText(host),
      port,
      address,
      ...(method === undefined ? {} : { method }),
      ...(path === undefined ? {} : { path }),
      ...(status === undefined ? {} : { status }),
      bytesSent: socket.bytesWritten,
      bytesReceived: socket.bytesRead,
      durationMs: performance.now() - startedAt,
      end: this.#end ?? 'closed',
    });
  }
}
