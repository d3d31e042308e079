import type { Activity, ActivityRequest } from '#contract/activity.ts';
import type { AuditEvent, Facets, FacetsRequest, LogQuery, VerifyResult } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import type { Damage } from '../../core/audit/chain.ts';
import type { ContentPiece, ProofParts, ReadPage, VerifyTrust } from '../../core/audit/log.ts';

/** What the thread is started with. */
export type AuditWorkerData =
  | { readonly role: 'writer'; readonly path: string; readonly pagesMax: number | undefined }
  | { readonly role: 'reader'; readonly path: string }
  /** Checks stretches of a log for a reader. */
  | { readonly role: 'verifier'; readonly path: string };

/** One event for the writer, as its JSON text. */
export interface AppendItem {
  readonly text: string;
  readonly at: string;
  readonly salt: string;
  /** Whether the recorded event is wanted back. */
  readonly wanted: boolean;
}

/**
 * A batch as one text, an event a line: copying one text between threads costs a fraction of copying a list of objects.
 * JSON, times and salts have no tabs and line breaks of their own.
 */
export function linesOf(items: readonly AppendItem[]): string {
  return items.map(({ text, at, salt, wanted }) => `${at}\t${salt}\t${wanted ? '+' : '-'}\t${text}`).join('\n');
}

/** The batch again. */
export function itemsOf(lines: string): AppendItem[] {
  return lines.split('\n').map((line) => {
    const [at = '', salt = '', wanted, text = ''] = line.split('\t');
    return { at, salt, wanted: wanted === '+', text };
  });
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
  | { readonly type: 'append'; readonly lines: string }
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
  /** The texts of the events that were wanted, in order. */
  | { readonly type: 'appended'; readonly texts: readonly string[] }
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
  | { readonly type: 'facets'; readonly id: number; readonly request: FacetsRequest; readonly now: number }
  | { readonly type: 'activity'; readonly id: number; readonly request: ActivityRequest; readonly now: number }
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
  | { readonly type: 'facets'; readonly id: number; readonly facets: Facets }
  | { readonly type: 'activity'; readonly id: number; readonly activity: Activity }
  | { readonly type: 'content'; readonly id: number; readonly piece: ContentPiece }
  | { readonly type: 'proof'; readonly id: number; readonly proof: ProofParts }
  | { readonly type: 'checkpoint'; readonly id: number; readonly note: string | undefined }
  | { readonly type: 'event'; readonly id: number; readonly event: AuditEvent | undefined }
  | { readonly type: 'count'; readonly id: number; readonly count: number }
  | { readonly type: 'verified'; readonly id: number; readonly result: VerifyResult }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData };
