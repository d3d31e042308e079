/**
 * Guarantee: an exposed port is served on the host's loopback addresses alone, to processes of the supervisor's own user, and leads
 * to the one port of the session that the person named.
 *
 * Threat: other users of the machine and other machines that find the port; a session that answers without end, or never; a crowd of
 * connections.
 *
 * Limits: bytes are passed on and not looked at. What the session answers is the session's: a browser that shows it runs its
 * scripts.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { plainDenial } from '../../core/network/denial.ts';
import { type Exposure, type ExposureReport, exposedAddresses } from '../../core/network/exposure.ts';
import { DownloadPump } from './download-pump.ts';
import type { Supervisor } from './egress-session.ts';
import type { LoopbackOwners } from './loopback-owner.ts';

/** Connections of one exposed port at a time; a browser opens six. */
export const exposedConnectionsMax = 256;
/** What was turned away is reported at once, and then no more often than this. */
const refusalReportMs = 1000;
/** At the session's end, its last bytes may take this long to reach a client. */
const drainMs = 2000;

const explanations = {
  other_user: 'An exposed port is there for the user who started the session alone.',
  limit: `More than ${exposedConnectionsMax} connections to an exposed port at a time are closed.`,
} as const;
type Refusal = keyof typeof explanations;

/** One exposed port while it is open. */
export class ExposedPort {
  readonly #sessionId: string;
  readonly #exposure: Exposure;
  readonly #owners: LoopbackOwners;
  readonly #supervisor: Pick<Supervisor, 'refused'>;
  readonly #servers: Server[] = [];
  /** Clients, and the session's end of each once it may reach it. */
  readonly #clients = new Map<Socket, Socket | undefined>();
  readonly #unreported = new Map<Refusal, number>();
  readonly #totals = { connections: 0, refused: 0, bytesIn: 0, bytesOut: 0 };
  #reporting = false;
  #closing = false;

  constructor(sessionId: string, exposure: Exposure, owners: LoopbackOwners, supervisor: Pick<Supervisor, 'refused'>) {
    this.#sessionId = sessionId;
    this.#exposure = exposure;
    this.#owners = owners;
    this.#supervisor = supervisor;
  }

  /** Listens; rejects when the port cannot be had. On IPv6 loopback too, where the same port is free. */
  async open(): Promise<void> {
    for (const address of exposedAddresses) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
        this.#serve(client).catch((error: unknown) => {
          console.error(`exposed port of ${this.#sessionId}: ${String(error)}`);
          client.destroy();
        });
      });
      server.maxConnections = exposedConnectionsMax;
      server.on('drop', () => this.#refuse('limit'));
      server.listen({ host: address, port: this.#exposure.hostPort, ipv6Only: true, exclusive: true });
      try {
        await once(server, 'listening');
      } catch (error) {
        if (this.#servers.length > 0) break;
        throw error;
      }
      server.on('error', (error) => console.error(`exposed port of ${this.#sessionId}: ${error.message}`));
      this.#servers.push(server);
    }
  }

  /** Takes no more clients, lets what the session said last arrive, and says what there was. */
  async close(): Promise<ExposureReport> {
    this.#closing = true;
    for (const server of this.#servers) server.close();
    const gone = [...this.#clients].map(([client, inside]) => {
      const closed = client.destroyed ? undefined : once(client, 'close').catch(() => undefined);
      if (inside === undefined) client.destroy();
      else if (inside.readableEnded || inside.destroyed) client.destroySoon();
      else inside.once('end', () => client.destroySoon());
      return closed;
    });
    const late = new AbortController();
    await Promise.race([
      Promise.all(gone),
      wait(drainMs, undefined, { signal: late.signal, ref: false }).catch(() => undefined),
    ]);
    late.abort();
    const left = [...this.#clients.keys()];
    for (const client of left) client.destroy();
    await Promise.all(left.map((client) => once(client, 'close').catch(() => undefined)));
    const { hostPort, port } = this.#exposure;
    return { hostPort, port, ...this.#totals };
  }

  async #serve(client: Socket): Promise<void> {
    this.#clients.set(client, undefined);
    client.on('error', () => undefined);
    client.once('close', () => {
      this.#clients.delete(client);
      this.#totals.bytesIn += client.bytesRead;
      this.#totals.bytesOut += client.bytesWritten;
    });
    const { remoteAddress, remotePort, localAddress, localPort } = client;
    const owner =
      remoteAddress === undefined || remotePort === undefined || localAddress === undefined || localPort === undefined
        ? undefined
        : await this.#owners.find(
            { address: remoteAddress, port: remotePort },
            { address: localAddress, port: localPort },
          );
    if (client.destroyed || this.#closing) {
      client.destroy();
    } else if (owner === undefined || owner !== process.getuid?.()) {
      client.resetAndDestroy();
      this.#refuse('other_user');
    } else {
      this.#totals.connections += 1;
      this.#join(client);
    }
  }

  /** Passes bytes on both ways, at the speed of the slower end; each direction ends on its own. */
  #join(client: Socket): void {
    const download = new DownloadPump();
    const inside = connect({ path: this.#exposure.socketPath, allowHalfOpen: true, onread: download.onread });
    this.#clients.set(client, inside);
    inside.on('error', () => {
      // A session that has said everything and is gone must not take back what it said.
      if (inside.readableEnded) client.destroySoon();
      else client.resetAndDestroy();
    });
    client.once('close', () => inside.destroy());
    client.pipe(inside);
    download.start(inside, client);
  }

  #refuse(why: Refusal): void {
    this.#totals.refused += 1;
    this.#unreported.set(why, (this.#unreported.get(why) ?? 0) + 1);
    void this.#reportRefusals();
  }

  /** One report for all that were turned away meanwhile: a flood must not become a flood of records. */
  async #reportRefusals(): Promise<void> {
    if (this.#reporting) return;
    this.#reporting = true;
    while (this.#unreported.size > 0) {
      for (const [why, count] of this.#unreported) {
        this.#unreported.delete(why);
        await this.#supervisor.refused({
          sessionId: this.#sessionId,
          protocol: 'exposed',
          what: `${count} connection(s) to the exposed port ${this.#exposure.hostPort}`,
          decision: plainDenial(why, explanations[why]),
        });
      }
      await wait(refusalReportMs, undefined, { ref: false });
    }
    this.#reporting = false;
  }
}
