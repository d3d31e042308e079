import type { CheckpointKeeper } from '../../core/audit/log.ts';

/** Bounds of what waits to be written. */
export const auditQueueBounds = {
  appendsMax: 10_000,
  observationsMax: 100_000,
  /** Characters of JSON, appends and observations together. */
  charactersMax: 64 * 1024 * 1024,
  /** Characters of one event before it is cleaned and cut. */
  eventCharactersMax: 8 * 1024 * 1024,
  batchEvents: 1024,
  batchCharacters: 4 * 1024 * 1024,
  /** How long an observation waits for others at most. */
  observationDelayMs: 50,
  /** How long after a failure the log is opened again. */
  reopenDelayMs: 500,
} as const;

/** Where the log is and what the outside world provides. */
export interface AuditLogOptions {
  /** The database file, in an existing folder that only the user can enter. */
  readonly path: string;
  /** The audit worker: `audit-worker.js` of the build, or the source file itself. */
  readonly workerPath: string | URL;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Random bytes for salts. */
  readonly random?: (bytes: number) => Uint8Array;
  /** Signs checkpoints from the first entry on; `signWith` does it later. */
  readonly keeper?: CheckpointKeeper;
  /** How long an entry waits for a checkpoint; a second unless a test decides when there is one. */
  readonly checkpointDelayMs?: number;
  /** Most pages (4 KiB) the database may have: behaves as a full disk beyond. For tests. */
  readonly pagesMax?: number;
}
