import { createServer, type Server, type Socket } from 'node:net';
import type { Decision } from '#contract/decision.ts';
import { plainDenial } from '../../core/network/denial.ts';
import type { ConnectionReport, EgressQuestion } from '../../core/network/egress.ts';
import type { EgressBounds } from './bounds.ts';
import { SentBytes } from './sent-bytes.ts';

/** The worker's line to the supervisor. */
export interface Supervisor {
  /** Never throws: no answer, or none in time, is a denial. */
  decide(question: EgressQuestion): Promise<Decision>;
  /** Resolves when it is on record, or when waiting for that took too long. */
  refused(refusal: { sessionId: string; protocol: string; what: string; decision: Decision }): Promise<void>;
  closed(report: ConnectionReport): void;
  /** Answers everything that a session still waits for with a denial. */
  forget(sessionId: string): void;
}

/** Connections over all sessions, counted together. */
export interface ConnectionCount {
  now: number;
}

/** One session's way out: its socket, the connections that came through it, and what they lead to. */
export class EgressSession {
  readonly sessionId: string;
  readonly bounds: EgressBounds;
  readonly supervisor: Supervisor;
  readonly sent = new SentBytes();
  readonly #server: Server;
  readonly #count: ConnectionCount;
  readonly #sockets = new Set<Socket>();
  readonly #served = new Set<Promise<void>>();
  /** Grant → sockets it let through. */
  readonly #letThrough = new Map<string, Set<Socket>>();
  /** Grants that ended: what they still let through is on its way to being closed. */
  readonly #ended = new Set<string>();
  readonly #cut = new WeakSet<Socket>();
  readonly #hooks = new Set<() => void>();
  #clients = 0;
  #lookups = 0;
  #connectionNumber = 0;
  #turnedAway = 0;
  #reportingTurnedAway = false;
  #closed = false;

  constructor(
    sessionId: string,
    bounds: EgressBounds,
    supervisor: Supervisor,
    count: ConnectionCount,
    serve: (session: EgressSession, client: Socket) => Promise<void>,
  ) {
    this.sessionId = sessionId;
    this.bounds = bounds;
    this.supervisor = supervisor;
    this.#count = count;
    // Half-open: a client that has said everything still wants the answer.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => this.#accept(client, serve));
  }

  /** True once the session is closed: whatever was allowed before may not begin any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Listens; the process's umask makes the socket 0600 from its first moment. */
  listen(socketPath: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socketPath, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => console.error(`session ${this.sessionId}: ${error.message}`));
        resolve();
      });
    });
  }

  /** Ends every connection and resolves when the last one has reported. */
  async close(): Promise<void> {
    this.#closed = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    for (const hook of this.#hooks) hook();
    this.supervisor.forget(this.sessionId);
    await closed;
    while (this.#served.size > 0) await Promise.allSettled(this.#served);
  }

  /** Makes a socket end with the session. One that comes after the end is destroyed at once. */
  own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // Every reader and writer of the socket sees its end; without a listener an error would end the worker.
    socket.on('error', () => undefined);
    if (this.#closed) socket.destroy();
  }

  /** Makes a socket end with the grants that let it through; at once when one of them has ended meanwhile. */
  holdBy(grants: readonly string[], socket: Socket): void {
    for (const grant of grants) {
      const sockets = this.#letThrough.get(grant) ?? new Set();
      this.#letThrough.set(grant, sockets.add(socket));
      socket.once('close', () => {
        sockets.delete(socket);
        if (sockets.size === 0) this.#letThrough.delete(grant);
      });
      if (this.#ended.has(grant)) this.#cutOff(socket);
    }
  }

  /** Closes what these grants let through, now and later. Returns how many connections that were. */
  cut(grants: readonly string[]): number {
    for (const grant of grants) this.#ended.add(grant);
    const sockets = new Set(grants.flatMap((grant) => [...(this.#letThrough.get(grant) ?? [])]));
    for (const socket of sockets) this.#cutOff(socket);
    return sockets.size;
  }

  /** Whether a socket was closed because its grant ended. */
  wasCut(socket: Socket): boolean {
    return this.#cut.has(socket);
  }

  #cutOff(socket: Socket): void {
    this.#cut.add(socket);
    socket.resetAndDestroy();
  }

  /** A new id for a connection, unique among all sessions. */
  nextConnectionId(): string {
    this.#connectionNumber += 1;
    return `${this.sessionId}-${this.#connectionNumber}`;
  }

  /** Runs something when the session closes; returns how to take that back. */
  onClose(hook: () => void): () => void {
    this.#hooks.add(hook);
    return () => this.#hooks.delete(hook);
  }

  /** Takes a place among the session's look-ups, or says that there is none. */
  beginLookup(): boolean {
    if (this.#lookups >= this.bounds.lookupsPerSession) return false;
    this.#lookups += 1;
    return true;
  }

  endLookup(): void {
    this.#lookups -= 1;
  }

  /** Has a refusal put on record before the client is told. */
  async refuse(protocol: string, what: string, decision: Decision): Promise<void> {
    await this.supervisor.refused({ sessionId: this.sessionId, protocol, what: what.slice(0, 1024), decision });
  }

  #accept(client: Socket, serve: (session: EgressSession, client: Socket) => Promise<void>): void {
    this.own(client);
    const { connectionsPerSession, connections } = this.bounds;
    if (this.#clients >= connectionsPerSession || this.#count.now >= connections) {
      client.destroy();
      this.#turnedAway += 1;
      void this.#reportTurnedAway();
      return;
    }
    this.#clients += 1;
    this.#count.now += 1;
    client.once('close', () => {
      this.#clients -= 1;
      this.#count.now -= 1;
    });
    const served = serve(this, client)
      .catch((error: unknown) => {
        console.error(`session ${this.sessionId}: ${error instanceof Error ? error.stack : String(error)}`);
        client.destroy();
      })
      .finally(() => this.#served.delete(served));
    this.#served.add(served);
  }

  /** One report at a time, for all that were turned away meanwhile: a flood must not become a flood of records. */
  async #reportTurnedAway(): Promise<void> {
    if (this.#reportingTurnedAway) return;
    this.#reportingTurnedAway = true;
    while (this.#turnedAway > 0) {
      const number = this.#turnedAway;
      this.#turnedAway = 0;
      const explanation = `${number} connection(s) over the bound of ${this.bounds.connectionsPerSession} for a session or ${this.bounds.connections} in all were closed.`;
      await this.refuse('any', 'too many connections', plainDenial('limit', explanation));
    }
    this.#reportingTurnedAway = false;
  }
}
