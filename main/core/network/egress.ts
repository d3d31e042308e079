import type { Decision } from '#contract/decision.ts';
import type { Exposure, ExposureReport } from './exposure.ts';

/** Characters of what a program says of itself that are passed on. */
export const claimCharactersMax = 200;

/** What the egress worker asks before a connection or request leaves. Hosts are canonical (`parseHost`). */
export interface EgressQuestion {
  readonly sessionId: string;
  readonly protocol: 'connect' | 'http' | 'socks5';
  readonly action: 'net.connect' | 'http.request';
  readonly host: string;
  readonly port: number;
  /** For `http.request`. */
  readonly method?: string;
  /** Path and query as sent. */
  readonly path?: string;
  /** What the program calls itself (User-Agent): its own words, never a fact. Latin-1, at most `claimCharactersMax`. */
  readonly claim?: string;
  /**
   * Absent on the first question, which is answered before any name leaves the machine. On the second it holds every
   * address the name resolved to; only then may a connection be dialled, to one of exactly these.
   */
  readonly addresses?: readonly string[];
}

/** Facts about one connection, for the record. */
export interface ConnectionReport {
  readonly connectionId: string;
  readonly sessionId: string;
  readonly protocol: 'connect' | 'http' | 'socks5';
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly durationMs: number;
  /**
   * How it ended: `closed`, `reset`, `timeout`, `session_ended`, `refused` (its first bytes named another host, or its
   * body was malformed), `revoked` (the grant that let it through ended), or an error code of the system.
   */
  readonly end: string;
}

/** The supervisor's side of the egress worker. */
export interface EgressHost {
  /** Decides, records, and only then answers. Called for every connection and request. */
  decide(question: EgressQuestion): Promise<Decision>;
  /** A connection ended. */
  closed(report: ConnectionReport): void;
  /**
   * What a session has sent since its way out opened, told while it flows: `bytes` in all, and to whom some of it went last. Half a
   * second may lie between two reports.
   */
  sent?(sessionId: string, bytes: number, hosts: readonly string[]): void;
  /** Denied without (or beyond) a decision: not well-formed, over a bound, or unresolvable; for the record. */
  refused(refusal: { sessionId: string; protocol: string; what: string; decision: Decision }): Promise<void>;
}

/** The egress worker as the supervisor sees it: a process apart. */
export interface Egress {
  readonly pid: number;
  /** Starts listening on `socketPath` (0600) for one session. */
  openSession(sessionId: string, socketPath: string): Promise<void>;
  /** Listens on a port of the host's loopback for one session with a way out, and passes on what comes. */
  expose(sessionId: string, exposure: Exposure): Promise<void>;
  /**
   * Closes the session's socket, its exposed ports and every connection of it; resolves when the last report was delivered, with
   * what went through exposed ports.
   */
  closeSession(sessionId: string): Promise<readonly ExposureReport[]>;
  /** Closes every connection that one of these grants let through, those under way included; resolves with their number. */
  cut(sessionId: string, grants: readonly string[]): Promise<number>;
  stop(): Promise<void>;
  /** Resolves with the reason when the worker ends without `stop`. Every session's way out is closed from then on. */
  readonly failed: Promise<string>;
}
