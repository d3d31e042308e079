/**
 * Guarantee: `append` resolves only when the entry is on disk; when it cannot be written it rejects, and so does every
 * later one until writing works again. Nothing that could not be recorded is lost in silence.
 *
 * Threat: a full or failing disk, a crash between an effect and its record, an agent that produces events faster than
 * they can be written so that the one that matters is dropped.
 *
 * Limits: observations (`observe`) may be lost at a crash within 100 ms, or over the bound; over the bound they are
 * counted, and the count is recorded.
 */
import { Worker } from 'node:worker_threads';
import { type AuditEvent, auditEventSchema, type NewEvent } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import type { Damage } from '../../core/audit/chain.ts';
import { verifierKey } from '../../core/audit/checkpoint.ts';
import { compactionKind, saltCharacters, timestamp } from '../../core/audit/entry.ts';
import type { AuditLog, CheckpointKeeper } from '../../core/audit/log.ts';
import { assertRegistrable, secretsMax } from '../../core/audit/redact.ts';
import { type AuditLogOptions, auditQueueBounds } from './audit-log-options.ts';
import { type AuditWorkerData, linesOf, type WriterAnswer, type WriterRequest } from './audit-messages.ts';
import { CheckpointWriter, checkpointDelayMs } from './checkpoint-writer.ts';
import { Erasure } from './erasure.ts';
import { pooledRandom } from './pooled-random.ts';
import { tell } from './tell-listener.ts';
import { type Waiting, WaitingEvents } from './waiting-events.ts';

/** The writer of an opened log. */
export interface OpenedAuditLog extends AuditLog {
  /** What was found wrong among the newest entries when the log was opened; `log.damaged` is on record too. */
  readonly damage: Damage | undefined;
}

/**
 * Opens the log (creating it), as its one writer, and records `log.opened`. Rejects with `audit_unavailable` when
 * another process writes it or it cannot be written, and with `audit_damaged` when it is no longer a database that can
 * be read; single damaged entries do not stop recording but are recorded as `log.damaged`.
 */
export async function openAuditLog(options: AuditLogOptions): Promise<OpenedAuditLog> {
  const log = new SqliteAuditLog(options);
  try {
    await log.open();
    if (options.keeper !== undefined) await log.signWith(options.keeper);
  } catch (error) {
    await log.close();
    throw error;
  }
  return log;
}

class SqliteAuditLog implements OpenedAuditLog {
  readonly #options: AuditLogOptions;
  readonly #now: () => number;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #secrets = new Map<string, string>();
  readonly #listeners = new Set<(event: AuditEvent) => void>();
  #worker: Worker | undefined;
  #answered: ((answer: WriterAnswer) => void) | undefined;
  #state: 'opening' | 'open' | 'failed' | 'closed' = 'opening';
  #failure: ErrorData | undefined;
  readonly #waiting = new WaitingEvents();
  #lostObservations = 0;
  #pump: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reopenTimer: NodeJS.Timeout | undefined;
  readonly #checkpoints: CheckpointWriter;
  readonly #erasure = new Erasure(() => this.#startPump());
  damage: Damage | undefined;

  constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? pooledRandom();
    this.#checkpoints = new CheckpointWriter({
      ask: (request) => this.#ask(request),
      wake: () => this.#startPump(),
      failed: (why) =>
        this.observe({
          kind: 'log.unsigned',
          summary: `A checkpoint could not be signed or kept: ${why}`,
          detail: { why },
        }),
      now: () => timestamp(this.#now()),
      delayMs: options.checkpointDelayMs ?? checkpointDelayMs,
    });
  }

  append(event: NewEvent): Promise<AuditEvent> {
    if (this.#state !== 'open') return Promise.reject(this.#unavailable());
    const item = this.#itemOf(event);
    if (item === undefined || this.#waiting.appends >= auditQueueBounds.appendsMax || !this.#waiting.hasRoom(item)) {
      return Promise.reject(
        operatingError('audit_unavailable', 'The event was not recorded.', {
          why: item === undefined ? 'It is too large.' : 'Too many events wait to be recorded.',
        }),
      );
    }
    return this.#enqueueAppend(item, event.kind === 'session.ended');
  }

  observe(event: NewEvent): void {
    const item = this.#state === 'open' ? this.#itemOf(event) : undefined;
    const { observations } = this.#waiting;
    if (item === undefined || observations >= auditQueueBounds.observationsMax || !this.#waiting.hasRoom(item)) {
      this.#lostObservations += 1;
      return;
    }
    this.#waiting.add({ item, endsSession: event.kind === 'session.ended' });
    if (this.#waiting.length >= auditQueueBounds.batchEvents) this.#startPump();
    else this.#timer ??= setTimeout(() => this.#startPump(), auditQueueBounds.observationDelayMs);
  }

  async flush(): Promise<void> {
    this.#startPump();
    await this.#pump;
    if (this.#state !== 'open') throw this.#unavailable();
  }

  addSecret(value: string, label: string): void {
    assertRegistrable(value);
    if (!this.#secrets.has(value) && this.#secrets.size >= secretsMax) {
      throw operatingError('too_many', `More than ${secretsMax} secrets cannot be kept out of the log.`);
    }
    this.#secrets.set(value, label);
    this.#post({ type: 'secret', value, label });
  }

  subscribe(listener: (event: AuditEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async signWith(keeper: CheckpointKeeper): Promise<void> {
    const damage = await this.#checkpoints.attach(keeper);
    // The key is on record, so that a copy of the log says whose signatures to look for.
    await this.append({
      kind: 'log.signed',
      summary: 'Checkpoints of the audit log are signed.',
      detail: { key: verifierKey(keeper.key) },
    });
    if (damage === undefined) return;
    this.damage ??= damage;
    await this.append({ kind: 'log.damaged', summary: damage.what, detail: { seq: damage.seq, damage: damage.kind } });
  }

  async compact(through: number, why: string): Promise<number> {
    // On record first: an entry erased without one is damage.
    const { seq } = await this.append({
      kind: compactionKind,
      summary: `The content of entries up to ${through} is erased: ${why}.`,
      detail: { through, why },
    });
    return this.#erasure.run(Math.min(through, seq - 1));
  }

  async reindex(): Promise<number> {
    await this.append({ kind: 'log.reindexed', summary: 'The search index is made anew.', detail: {} });
    return this.#erasure.reindex();
  }

  async checkpoint(): Promise<void> {
    await this.flush();
    this.#checkpoints.finish();
    await this.flush();
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') await this.checkpoint().catch(() => undefined);
    this.#state = 'closed';
    this.#erasure.end();
    await this.#checkpoints.settled();
    clearTimeout(this.#timer);
    clearTimeout(this.#reopenTimer);
    await this.#pump;
    this.#rejectWaiting();
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ type: 'close' } satisfies WriterRequest);
    await gone;
  }

  /** Opens or reopens the database and records that. */
  async open(): Promise<void> {
    this.#worker ??= this.#startWorker();
    const answer = await this.#ask({ type: 'open' });
    if (answer.type === 'failed') throw new GatehouseError(answer.error);
    if (answer.type !== 'opened' || this.#state === 'closed') throw this.#unavailable();
    const recovered = this.#failure;
    this.#failure = undefined;
    this.#state = 'open';
    this.damage = answer.damage;
    const opened = this.append({
      kind: 'log.opened',
      summary: recovered === undefined ? 'The audit log was opened.' : 'The audit log can be written again.',
      detail: {
        entries: answer.entries,
        pid: process.pid,
        ...(recovered === undefined ? {} : { failure: recovered.why ?? recovered.what }),
      },
    });
    const { damage } = answer;
    const damaged =
      damage === undefined
        ? undefined
        : this.append({ kind: 'log.damaged', summary: damage.what, detail: { seq: damage.seq, damage: damage.kind } });
    await Promise.all([opened, damaged]);
  }

  #startWorker(): Worker {
    const { path, workerPath, pagesMax } = this.#options;
    const workerData: AuditWorkerData = { role: 'writer', path, pagesMax };
    const worker = new Worker(workerPath, { workerData });
    worker.on('message', (answer: WriterAnswer) => this.#answered?.(answer));
    const lost = (why: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#answered?.({ type: 'failed', error: { code: 'audit_unavailable', what: 'The audit worker ended.', why } });
    };
    worker.on('error', (error) => lost(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (status) => lost(`Its status was ${status}.`));
    for (const [value, label] of this.#secrets)
      worker.postMessage({ type: 'secret', value, label } satisfies WriterRequest);
    return worker;
  }

  #post(request: WriterRequest): void {
    this.#worker?.postMessage(request);
  }

  /** Asks the worker and waits for its one answer. Never more than one question at a time. */
  #ask(request: WriterRequest): Promise<WriterAnswer> {
    return new Promise((resolve) => {
      this.#answered = (answer) => {
        this.#answered = undefined;
        resolve(answer);
      };
      if (this.#worker === undefined) {
        this.#answered({
          type: 'failed',
          error: { code: 'audit_unavailable', what: 'The audit worker is not running.' },
        });
      } else this.#worker.postMessage(request);
    });
  }

  #itemOf(event: NewEvent): Waiting['item'] | undefined {
    const text = JSON.stringify(event);
    if (text.length > auditQueueBounds.eventCharactersMax) return undefined;
    const salt = Buffer.from(this.#random(saltCharacters / 2)).toString('hex');
    return { text, at: timestamp(this.#now()), salt };
  }

  #enqueueAppend(item: Waiting['item'], endsSession: boolean): Promise<AuditEvent> {
    return new Promise((resolve, reject) => {
      this.#waiting.add({ item, endsSession, settle: { resolve, reject } });
      this.#startPump();
    });
  }

  #startPump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pump ??= this.#writeWaiting();
  }

  /** Writes what waits, batch after batch; what comes meanwhile goes into the next one (group commit). */
  async #writeWaiting(): Promise<void> {
    // Appends of the same turn of the event loop share one sync.
    await Promise.resolve();
    while (this.#state === 'open') {
      if (this.#waiting.length === 0 && this.#lostObservations === 0) {
        if (!this.#erasure.due && !this.#checkpoints.due) break;
        await this.#doOtherWork();
        continue;
      }
      const batch = this.#takeBatch();
      const wanted = this.#listeners.size > 0;
      const answer = await this.#ask({
        type: 'append',
        lines: linesOf(batch.map(({ item, settle }) => ({ ...item, wanted: wanted || settle !== undefined }))),
      });
      if (answer.type === 'appended') {
        this.#settle(wanted ? batch : batch.filter(({ settle }) => settle !== undefined), answer.texts);
        this.#checkpoints.appended(batch.some(({ endsSession }) => endsSession === true));
        // Not only when nothing waits: under load there is always something.
        await this.#doOtherWork();
      } else this.#fail(batch, answer.type === 'failed' ? answer.error : undefined);
    }
    // In the same turn as the last look at what waits: nothing can be left behind without a pump.
    this.#pump = undefined;
  }

  async #doOtherWork(): Promise<void> {
    if (this.#checkpoints.due) await this.#checkpoints.step();
    if (this.#erasure.due) await this.#erasure.step((request) => this.#ask(request));
  }

  /** The next events in order, the loss of earlier ones first. */
  #takeBatch(): Waiting[] {
    const batch = this.#waiting.takeBatch();
    const loss = this.#lossItem();
    return loss === undefined ? batch : [loss, ...batch];
  }

  #lossItem(): Waiting | undefined {
    const lost = this.#lostObservations;
    if (lost === 0) return undefined;
    this.#lostObservations = 0;
    const item = this.#itemOf({
      kind: 'limit.reached',
      summary: `${lost} observations could not be recorded.`,
      detail: { limit: 'audit.observations', lost },
    });
    return item === undefined ? undefined : { item, observations: lost };
  }

  /** `wanted` are those whose recorded events were asked for; `texts` holds them in the same order. */
  #settle(wanted: readonly Waiting[], texts: readonly string[]): void {
    for (const [index, { settle }] of wanted.entries()) {
      const text = texts[index];
      if (text === undefined) continue;
      const event = auditEventSchema.parse(JSON.parse(text));
      settle?.resolve(event);
      for (const listener of this.#listeners) tell(listener, event);
    }
  }

  /** Fail closed: nothing is acknowledged from here on until the log was opened again. */
  #fail(batch: readonly Waiting[], error: ErrorData | undefined): void {
    this.#failure = error ?? { code: 'audit_unavailable', what: 'The audit worker gave no answer.' };
    if (this.#state !== 'closed') this.#state = 'failed';
    this.#reject(batch);
    this.#rejectWaiting();
    this.#planReopening();
  }

  #rejectWaiting(): void {
    this.#reject(this.#waiting.takeAll());
  }

  #reject(waiting: readonly Waiting[]): void {
    for (const { settle, observations = 1 } of waiting) {
      if (settle === undefined) this.#lostObservations += observations;
      else settle.reject(this.#unavailable());
    }
  }

  #planReopening(): void {
    if (this.#state !== 'failed' || this.#reopenTimer !== undefined) return;
    this.#reopenTimer = setTimeout(() => {
      this.#reopenTimer = undefined;
      this.open().catch((error: unknown) => {
        if (error instanceof GatehouseError) this.#failure = error.data;
        if (this.#state === 'open') this.#state = 'failed';
        this.#planReopening();
      });
    }, auditQueueBounds.reopenDelayMs);
    this.#reopenTimer.unref();
  }

  #unavailable(): GatehouseError {
    if (this.#state === 'closed') return operatingError('audit_unavailable', 'The audit log is closed.');
    return operatingError('audit_unavailable', 'The event was not recorded.', {
      why: this.#failure?.why ?? this.#failure?.what ?? 'The audit log is not open.',
      remedy: this.#failure?.remedy,
    });
  }
}
