import type { Activity, ActivityRequest } from '#contract/activity.ts';
import type { AuditEvent, Facets, FacetsRequest, LogQuery, NewEvent, Proof, VerifyResult } from '#contract/audit.ts';
import type { CheckpointKey } from './checkpoint.ts';

/** Where checkpoints are signed, and where the newest one is kept apart from the log. */
export interface CheckpointKeeper {
  readonly key: CheckpointKey;
  /** The newest checkpoint kept before. */
  readonly newest: string | undefined;
  /** Keeps this one in its place. Rejects when it could not; within a bound of its own. */
  keep(note: string): Promise<void>;
}

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
  /**
   * Signs checkpoints from now on, and holds the log against the keeper's newest one. A contradiction is recorded as
   * `log.damaged`; then the keeper's checkpoint stays where it is.
   */
  signWith(keeper: CheckpointKeeper): Promise<void>;
  /**
   * Erases the payloads of every entry up to `through`, after recording that it may. Others are recorded in between.
   * Resolves with how many were erased.
   */
  compact(through: number, why: string): Promise<number>;
  /** Makes the search index anew from what is recorded. Others are recorded in between. Resolves with the number of entries. */
  reindex(): Promise<number>;
  /** Makes a checkpoint over everything recorded so far; does nothing while none are signed. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}

/** What a log is held against: keys in the form of `verifierKey`, and notes kept elsewhere. */
export interface VerifyTrust {
  readonly keys: readonly string[];
  readonly elsewhere: readonly string[];
}

/** A page of the whole log, for exports. */
export interface ReadPage {
  readonly query: string;
  /** Only events with a larger seq. */
  readonly after: number;
  /** Numbers looked at, at most. */
  readonly count: number;
}

/** Content that has not been erased, in a stretch of the log. */
export interface ContentPiece {
  /** Up to which number was looked. */
  readonly through: number;
  /** Entries whose content could be erased, and its bytes. */
  readonly entries: number;
  readonly bytes: number;
  /** When the first of them was recorded. */
  readonly oldestAt: string | undefined;
  /** The log ends here. */
  readonly done: boolean;
}

/** What it takes to show somebody that an entry is in the log, or that one checkpoint continues another. */
export type ProofParts = Omit<Proof, 'v'>;

/** Reading side; any process may have one. */
export interface AuditReader {
  query(query: LogQuery): Promise<{ events: AuditEvent[]; more: boolean }>;
  /** How often which values occur: exact over the whole log, and over as many of the newest matches as are looked at. */
  facets(request: FacetsRequest): Promise<Facets>;
  /** How much matches when, allowed and denied apart: all of it, also where that takes a while; it holds up no other question. */
  activity(request: ActivityRequest): Promise<Activity>;
  get(seq: number): Promise<AuditEvent | undefined>;
  /** Number of entries (the newest seq). */
  count(): Promise<number>;
  /** Recomputes every hash, the chain and the tree, and holds them against checkpoints. Without keys, signatures are not checked. */
  verify(trust?: VerifyTrust): Promise<VerifyResult>;
  /** Events that match, oldest first, and up to which number was looked. `done` when there are no more. */
  read(page: ReadPage): Promise<{ events: AuditEvent[]; through: number; done: boolean }>;
  /** Proof that entry `seq` is under the newest checkpoint. Rejects with `not_found` when none covers it. */
  proveEntry(seq: number): Promise<ProofParts>;
  /** Proof that the checkpoint over `from` entries is the beginning of the newest one, or of that over `to`. */
  proveGrowth(from: number, to?: number): Promise<ProofParts>;
  /** The number before the first entry that is not older than `at` (RFC 3339): everything up to it may go by age. */
  lastBefore(at: string): Promise<number>;
  /** What content is left among the `count` entries after `after`. For going through the log in pieces. */
  content(after: number, count: number): Promise<ContentPiece>;
  /** The newest checkpoint's note. */
  checkpoint(): Promise<string | undefined>;
  close(): Promise<void>;
}
