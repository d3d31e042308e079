import type { AuditEvent, LogQuery, NewEvent, VerifyResult } from '#contract/audit.ts';

/** The one writer of the audit log, in the supervisor. */
export interface AuditLog {
  /**
   * Records one event with full sync and resolves when it is on disk. Callers await it before the effect.
   * Rejects with `audit_unavailable`; then the effect must not happen.
   */
  append(event: NewEvent): Promise<AuditEvent>;
  /** Records what was observed inside the walls, group-committed within 100 ms. Never throws; a failure shows in `append`. */
  observe(event: NewEvent): void;
  /** Resolves when everything observed so far is on disk. */
  flush(): Promise<void>;
  /** Values that are replaced wherever they occur, before hashing, from now on. Values under 6 characters are refused. */
  addSecret(value: string, label: string): void;
  /** Called after commit for each event, in order. Returns the unsubscriber. */
  subscribe(listener: (event: AuditEvent) => void): () => void;
  close(): Promise<void>;
}

/** Reading side; any process may have one. */
export interface AuditReader {
  query(query: LogQuery): Promise<{ events: AuditEvent[]; more: boolean }>;
  get(seq: number): Promise<AuditEvent | undefined>;
  /** Number of entries (the newest seq). */
  count(): Promise<number>;
  /** Recomputes every hash and the chain. */
  verify(): Promise<VerifyResult>;
  close(): Promise<void>;
}
