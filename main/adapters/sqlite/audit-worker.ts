/**
 * The thread that touches the audit database, so that a full sync never holds up the supervisor. An entry of its own:
 * bundled to `audit-worker.js`. One such thread writes, others read.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { VerifyResult } from '#contract/audit.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { eventTextOf } from '../../core/audit/entry.ts';
import type { VerifyTrust } from '../../core/audit/log.ts';
import { Redactor } from '../../core/audit/redact.ts';
import {
  type AuditWorkerData,
  itemsOf,
  type ReaderAnswer,
  type ReaderRequest,
  type WriterAnswer,
  type WriterRequest,
} from './audit-messages.ts';
import { databaseError, lockForWriting, type WriterLock } from './database.ts';
import { EntryReader } from './entry-reader.ts';
import { EntryWriter } from './entry-writer.ts';
import { IndexSchedule } from './index-schedule.ts';
import { LogVerifier } from './log-verifier.ts';
import { StretchChecker, type StretchRequest, StretchVerifier } from './verify-stretches.ts';

const port = parentPort;
if (port === null) throw new Error('The audit worker runs as a worker thread only.');
const data: AuditWorkerData = workerData;
if (data.role === 'writer') serveWriter(data.path, data.pagesMax);
else if (data.role === 'reader') serveReader(data.path);
else serveVerifier(data.path);

function serveWriter(path: string, pagesMax: number | undefined): void {
  const redactor = new Redactor();
  let lock: WriterLock | undefined;
  let writer: EntryWriter | undefined;
  let schedule: IndexSchedule | undefined;
  /** What stopped the index: told with the next append, which fails, so that the log is opened again. */
  let indexFailure: unknown;
  const opened = (): EntryWriter => {
    if (writer === undefined) throw new Error('The audit log is not open.');
    return writer;
  };

  const answer = (request: WriterRequest): WriterAnswer | undefined => {
    switch (request.type) {
      case 'secret':
        redactor.add(request.value, request.label);
        return undefined;
      case 'open':
        schedule?.end();
        writer?.close();
        writer = undefined;
        indexFailure = undefined;
        lock ??= lockForWriting(path);
        writer = new EntryWriter(path, pagesMax, redactor);
        schedule = new IndexSchedule(writer, (error) => {
          indexFailure = error;
        });
        return { type: 'opened', entries: writer.entriesAtStart, damage: writer.damage };
      case 'append': {
        if (indexFailure !== undefined) throw indexFailure;
        const items = itemsOf(request.lines);
        const entries = opened().write(items.map(({ text, at, salt }) => ({ event: JSON.parse(text), at, salt })));
        return { type: 'appended', texts: entries.filter((_, index) => items[index]?.wanted).map(eventTextOf) };
      }
      case 'head':
        return { type: 'head', head: opened().head(), newest: opened().newestCheckpoint()?.note };
      case 'checkpoint':
        opened().keepCheckpoint(request.size, request.at, request.note);
        return { type: 'kept' };
      case 'erase':
        return { type: 'erased', ...opened().erase(request.after, request.through) };
      case 'settle':
        return { type: 'settled', state: opened().settleErasure(request.first) };
      case 'reindex':
        return { type: 'reindexed', ...opened().reindex(request.through) };
      case 'compare':
        return { type: 'compared', damage: opened().compare(request.head), isNew: opened().entriesAtStart === 0 };
      case 'close':
        schedule?.finish();
        writer?.close();
        lock?.release();
        port?.close();
        return undefined;
    }
  };
  port?.on('message', (request: WriterRequest) => {
    let reply: WriterAnswer | undefined;
    try {
      reply = answer(request);
    } catch (error) {
      reply = { type: 'failed', error: errorDataOf(error, `The audit log ${path} cannot be written.`) };
    }
    if (reply !== undefined) port?.postMessage(reply);
    if (reply?.type === 'appended') schedule?.wrote();
  });
}

function serveReader(path: string): void {
  let reader: EntryReader | undefined;
  const stretches = new StretchVerifier(path, new URL(import.meta.url));
  const opened = (): EntryReader => {
    reader ??= new EntryReader(path);
    return reader;
  };

  const answer = async (request: Exclude<ReaderRequest, { type: 'close' }>): Promise<ReaderAnswer> => {
    const { id } = request;
    switch (request.type) {
      case 'query':
        return { type: 'events', id, ...opened().query(request.request, request.now) };
      case 'facets':
        return { type: 'facets', id, facets: opened().facets(request.request, request.now) };
      case 'activity':
        return { type: 'activity', id, activity: opened().activity(request.request, request.now) };
      case 'get':
        return { type: 'event', id, event: opened().get(request.seq) };
      case 'count':
        return { type: 'count', id, count: opened().count() };
      case 'last-before':
        return { type: 'count', id, count: opened().lastBefore(request.at) };
      case 'content':
        return { type: 'content', id, piece: opened().content(request.after, request.count) };
      case 'read':
        return { type: 'page', id, ...opened().read(request.page, request.now) };
      case 'prove-entry':
        return { type: 'proof', id, proof: opened().proofs.proveEntry(request.seq) };
      case 'prove-growth':
        return { type: 'proof', id, proof: opened().proofs.proveGrowth(request.from, request.to) };
      case 'checkpoint':
        return { type: 'checkpoint', id, note: opened().proofs.newest()?.note };
      case 'verify':
        return { type: 'verified', id, result: await verify(path, stretches, request.trust) };
    }
  };
  port?.on('message', async (request: ReaderRequest) => {
    if (request.type === 'close') {
      await stretches.stop();
      reader?.close();
      port?.close();
      return;
    }
    let reply: ReaderAnswer;
    try {
      reply = await answer(request);
    } catch (error) {
      reply = { type: 'failed', id: request.id, error: errorDataOf(error, `The audit log ${path} cannot be read.`) };
    }
    port?.postMessage(reply);
  });
}

/** Goes through the whole log, with other threads where it is long; other questions are answered between batches. */
async function verify(path: string, stretches: StretchVerifier, trust: VerifyTrust): Promise<VerifyResult> {
  const verifier = new LogVerifier(path, trust);
  try {
    await verifier.advance(stretches);
    for (;;) {
      const result = verifier.step();
      if (result !== undefined) return result;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    verifier.close();
  }
}

/** Checks stretches, one after another. */
function serveVerifier(path: string): void {
  const checker = new StretchChecker(path);
  port?.on('message', (request: StretchRequest) => port?.postMessage(checker.check(request)));
}

function errorDataOf(error: unknown, what: string): GatehouseError['data'] {
  return error instanceof GatehouseError ? error.data : databaseError(error, what).data;
}
