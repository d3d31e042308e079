import type { ExposedPort } from '#contract/exposed-port.ts';

/** Where an exposed port is reached: from the host's loopback, through the session's own socket. */
export interface Exposure extends ExposedPort {
  /** Host path of the Unix socket behind which the session's relay connects to `port`. */
  readonly socketPath: string;
}

/** What went through an exposed port, told when it is closed. */
export interface ExposureReport extends ExposedPort {
  /** Connections that reached the session. */
  readonly connections: number;
  /** Connections that were turned away: of another user, or over the bound. */
  readonly refused: number;
  /** Bytes from the host into the session, and back. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The host's addresses an exposed port is served on, and no others. */
export const exposedAddresses = ['127.0.0.1', '::1'] as const;
