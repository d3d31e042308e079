import { Worker } from 'node:worker_threads';
import type { Activity, ActivityRequest } from '#contract/activity.ts';
import type { AuditEvent, Facets, FacetsRequest, LogQuery, VerifyResult } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import type { AuditReader, ContentPiece, ProofParts, ReadPage, VerifyTrust } from '../../core/audit/log.ts';
import type { AuditWorkerData, ReaderAnswer, ReaderRequest } from './audit-messages.ts';

/** Where the log is and what the outside world provides. */
export interface AuditReaderOptions {
  readonly path: string;
  /** The audit worker: `audit-worker.js` of the build, or the source file itself. */
  readonly workerPath: string | URL;
  /** Milliseconds since the epoch; what `since:2d` counts from. */
  readonly now?: () => number;
}

/** Questions that wait for an answer at most. */
export const readerQuestionsMax = 1000;

/**
 * Starts the thread of a reader; the log is opened with the first question. For the supervisor, which wants the thread
 * to come up beside the writer's instead of after it.
 */
export function startAuditReader(options: AuditReaderOptions): AuditReader {
  return new SqliteAuditReader(options);
}

/** Opens the log for reading, in a thread of its own. Rejects when there is none or it is not one of ours. */
export async function openAuditReader(options: AuditReaderOptions): Promise<AuditReader> {
  const reader = startAuditReader(options);
  try {
    await reader.count();
  } catch (error) {
    await reader.close();
    throw error;
  }
  return reader;
}

type Question = ReaderRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;
interface Asked {
  resolve(answer: ReaderAnswer): void;
  reject(error: Error): void;
}

class SqliteAuditReader implements AuditReader {
  readonly #options: AuditReaderOptions;
  /** A thread for counts alone, once one is asked for: whoever types a query must not wait for them. */
  #counter: SqliteAuditReader | undefined;
  readonly #worker: Worker;
  readonly #now: () => number;
  readonly #asked = new Map<number, Asked>();
  #nextId = 1;
  #ended: ErrorData | undefined;
  readonly #gone: Promise<void>;

  constructor(options: AuditReaderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const workerData: AuditWorkerData = { role: 'reader', path: options.path };
    this.#worker = new Worker(options.workerPath, { workerData });
    this.#worker.on('message', (answer: ReaderAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error.message : String(error)));
    this.#gone = new Promise((resolve) => {
      this.#worker.once('exit', (status) => {
        this.#end(`The worker ended with status ${status}.`);
        resolve();
      });
    });
  }

  async query(query: LogQuery): Promise<{ events: AuditEvent[]; more: boolean }> {
    const answer = await this.#ask({ type: 'query', request: query, now: this.#now() });
    if (answer.type !== 'events') throw mismatched(answer);
    return { events: answer.events, more: answer.more };
  }

  async facets(request: FacetsRequest): Promise<Facets> {
    const answer = await this.#ask({ type: 'facets', request, now: this.#now() });
    if (answer.type !== 'facets') throw mismatched(answer);
    return answer.facets;
  }

  async activity(request: ActivityRequest): Promise<Activity> {
    if (this.#ended !== undefined) throw new GatehouseError(this.#ended);
    if (this.#counter === undefined || this.#counter.#ended !== undefined) {
      this.#counter = new SqliteAuditReader(this.#options);
    }
    const answer = await this.#counter.#ask({ type: 'activity', request, now: this.#now() });
    if (answer.type !== 'activity') throw mismatched(answer);
    return answer.activity;
  }

  async get(seq: number): Promise<AuditEvent | undefined> {
    const answer = await this.#ask({ type: 'get', seq });
    if (answer.type !== 'event') throw mismatched(answer);
    return answer.event;
  }

  async count(): Promise<number> {
    const answer = await this.#ask({ type: 'count' });
    if (answer.type !== 'count') throw mismatched(answer);
    return answer.count;
  }

  async verify(trust: VerifyTrust = { keys: [], elsewhere: [] }): Promise<VerifyResult> {
    const answer = await this.#ask({ type: 'verify', trust });
    if (answer.type !== 'verified') throw mismatched(answer);
    return answer.result;
  }

  async read(page: ReadPage): Promise<{ events: AuditEvent[]; through: number; done: boolean }> {
    const answer = await this.#ask({ type: 'read', page, now: this.#now() });
    if (answer.type !== 'page') throw mismatched(answer);
    return { events: answer.events, through: answer.through, done: answer.done };
  }

  async lastBefore(at: string): Promise<number> {
    const answer = await this.#ask({ type: 'last-before', at });
    if (answer.type !== 'count') throw mismatched(answer);
    return answer.count;
  }

  async content(after: number, count: number): Promise<ContentPiece> {
    const answer = await this.#ask({ type: 'content', after, count });
    if (answer.type !== 'content') throw mismatched(answer);
    return answer.piece;
  }

  async proveEntry(seq: number): Promise<ProofParts> {
    const answer = await this.#ask({ type: 'prove-entry', seq });
    if (answer.type !== 'proof') throw mismatched(answer);
    return answer.proof;
  }

  async proveGrowth(from: number, to?: number): Promise<ProofParts> {
    const answer = await this.#ask({ type: 'prove-growth', from, to });
    if (answer.type !== 'proof') throw mismatched(answer);
    return answer.proof;
  }

  async checkpoint(): Promise<string | undefined> {
    const answer = await this.#ask({ type: 'checkpoint' });
    if (answer.type !== 'checkpoint') throw mismatched(answer);
    return answer.note;
  }

  async close(): Promise<void> {
    await this.#counter?.close();
    if (this.#ended === undefined) this.#worker.postMessage({ type: 'close' } satisfies ReaderRequest);
    await this.#gone;
  }

  #ask(question: Question): Promise<ReaderAnswer> {
    if (this.#ended !== undefined) return Promise.reject(new GatehouseError(this.#ended));
    if (this.#asked.size >= readerQuestionsMax) {
      return Promise.reject(
        operatingError('too_many', `More than ${readerQuestionsMax} questions wait for the audit log.`),
      );
    }
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id } satisfies ReaderRequest);
    });
  }

  #settle(answer: ReaderAnswer): void {
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if (answer.type === 'failed') asked?.reject(new GatehouseError(answer.error));
    else asked?.resolve(answer);
  }

  #end(why: string): void {
    this.#ended ??= { code: 'audit_unavailable', what: 'The audit log is no longer open for reading.', why };
    for (const { reject } of this.#asked.values()) reject(new GatehouseError(this.#ended));
    this.#asked.clear();
  }
}

function mismatched(answer: ReaderAnswer): TypeError {
  return new TypeError(`The audit worker answered another question: ${answer.type}.`);
}
