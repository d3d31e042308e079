import type { AuditEvent, LogQuery, VerifyResult } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import type { Damage } from '../../core/audit/chain.ts';
import type { ContentPiece, ProofParts, ReadPage, VerifyTrust } from '../../core/audit/log.ts';

/** What the thread is started with. */
export type AuditWorkerData =
  | { readonly role: 'writer'; readonly path: string; readonly pagesMax: number | undefined }
  | { readonly role: 'reader'; readonly path: string };

/** One event for the writer: its JSON text, because copying texts between threads is cheaper than copying objects. */
export interface AppendItem {
  readonly text: string;
  readonly at: string;
  readonly salt: string;
  /** Whether the recorded event is wanted back. */
  readonly wanted: boolean;
}

/** A root and the number of entries under it, in hex. */
export interface TreeHead {
  readonly size: number;
  readonly root: string;
}

/** How far erased content is out of the file: there is more to merge, a reader stands in the way, or nothing is left. */
export type SettleState = 'more' | 'waits' | 'done';

/** To the writer. It answers everything but `secret` and `close` once, in order. */
export type WriterRequest =
  | { readonly type: 'secret'; readonly value: string; readonly label: string }
  | { readonly type: 'open' }
  | { readonly type: 'append'; readonly items: readonly AppendItem[] }
  | { readonly type: 'head' }
  | { readonly type: 'checkpoint'; readonly size: number; readonly at: string; readonly note: string }
  | { readonly type: 'compare'; readonly head: TreeHead }
  | { readonly type: 'erase'; readonly after: number; readonly through: number }
  /** A step of bringing erased content out of the file. `first` begins it. */
  | { readonly type: 'settle'; readonly first: boolean }
  /** The next entries into the search index; without `through` it is emptied first. */
  | { readonly type: 'reindex'; readonly after: number; readonly through: number | undefined }
  | { readonly type: 'close' };

/** From the writer. */
export type WriterAnswer =
  | { readonly type: 'opened'; readonly entries: number; readonly damage: Damage | undefined }
  | { readonly type: 'appended'; readonly texts: readonly (string | undefined)[] }
  | { readonly type: 'head'; readonly head: TreeHead; readonly newest: string | undefined }
  | { readonly type: 'kept' }
  | { readonly type: 'erased'; readonly last: number; readonly erased: number }
  | { readonly type: 'settled'; readonly state: SettleState }
  | { readonly type: 'reindexed'; readonly last: number; readonly through: number }
  | {
      readonly type: 'compared';
      readonly damage: Damage | undefined;
      /** Whether the log was begun when it was opened this time. */
      readonly isNew: boolean;
    }
  | { readonly type: 'failed'; readonly error: ErrorData };

/** To the reader. */
export type ReaderRequest =
  | { readonly type: 'query'; readonly id: number; readonly request: LogQuery; readonly now: number }
  | { readonly type: 'get'; readonly id: number; readonly seq: number }
  | { readonly type: 'count'; readonly id: number }
  | { readonly type: 'last-before'; readonly id: number; readonly at: string }
  | { readonly type: 'content'; readonly id: number; readonly after: number; readonly count: number }
  | { readonly type: 'read'; readonly id: number; readonly page: ReadPage; readonly now: number }
  | { readonly type: 'prove-entry'; readonly id: number; readonly seq: number }
  | { readonly type: 'prove-growth'; readonly id: number; readonly from: number; readonly to: number | undefined }
  | { readonly type: 'checkpoint'; readonly id: number }
  | { readonly type: 'verify'; readonly id: number; readonly trust: VerifyTrust }
  | { readonly type: 'close' };

/** From the reader. */
export type ReaderAnswer =
  | { readonly type: 'events'; readonly id: number; readonly events: AuditEvent[]; readonly more: boolean }
  | {
      readonly type: 'page';
      readonly id: number;
      readonly events: AuditEvent[];
      readonly through: number;
      readonly done: boolean;
    }
  | { readonly type: 'content'; readonly id: number; readonly piece: ContentPiece }
  | { readonly type: 'proof'; readonly id: number; readonly proof: ProofParts }
  | { readonly type: 'checkpoint'; readonly id: number; readonly note: string | undefined }
  | { readonly type: 'event'; readonly id: number; readonly event: AuditEvent | undefined }
  | { readonly type: 'count'; readonly id: number; readonly count: number }
  | { readonly type: 'verified'; readonly id: number; readonly result: VerifyResult }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData };
