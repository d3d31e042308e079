import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { operatingError } from '#contract/operating-error.ts';
import { plainDenial } from '../../core/network/denial.ts';
import type { Egress, EgressHost } from '../../core/network/egress.ts';
import type { Exposure, ExposureReport } from '../../core/network/exposure.ts';
import { smallMemoryVariables, smallMemoryWords } from '../../core/processes/small-memory.ts';
import { type EgressBounds, egressBounds, readyMs, resolverThreads, socketPathBytesMax, stopMs } from './bounds.ts';
import { type MessageChannel, openMessageChannel } from './message-channel.ts';
import { type ToSupervisor, type ToWorker, toSupervisorSchema } from './messages.ts';

/** Where the worker's own words go. A pino logger fits. */
export interface EgressLog {
  info(message: string): void;
  warn(message: string): void;
}

/** What `startEgress` needs. */
export interface EgressOptions {
  /** The worker's entry file, run by this process's own Node. */
  readonly workerPath: string;
  readonly host: EgressHost;
  readonly log: EgressLog;
  /** Tighter bounds, for tests. */
  readonly bounds?: Partial<EgressBounds>;
}

/**
 * Starts the egress worker and resolves when it is ready. Throws `egress_unavailable` when it does not come up.
 *
 * Fail closed: the worker alone holds the sandboxes' sockets, so when it dies every way out is gone with it, and a decision
 * that was on its way reaches nobody. When the supervisor dies, the channel closes and the worker exits.
 */
export async function startEgress(options: EgressOptions): Promise<Egress> {
  // Buffers of finished connections go early instead of piling up to 60 MB more (measured).
  const child = spawn(process.execPath, [...smallMemoryWords(1), options.workerPath], {
    // Emptied: the worker must have nothing to leak, and no variable (proxy, resolver, NODE_OPTIONS) may steer it.
    env: { ...smallMemoryVariables, UV_THREADPOOL_SIZE: String(resolverThreads) },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const supervised = new WorkerProcess(child, options);
  await supervised.ready(options.bounds ?? {});
  return supervised;
}

type Done = Extract<ToSupervisor, { type: 'done' }>;

/** A request to the worker that waits for its `done`. */
interface Waiting {
  readonly resolve: (done: Done) => void;
  readonly reject: (error: Error) => void;
}

class WorkerProcess implements Egress {
  readonly failed: Promise<string>;
  readonly #child: ChildProcess;
  readonly #host: EgressHost;
  readonly #log: EgressLog;
  readonly #channel: MessageChannel<ToWorker>;
  readonly #sessions = new Map<string, string>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<string>();
  #failure: string | undefined;
  #undecided = 0;
  #undecidedMax = egressBounds.connections;
  #stopping = false;
  #nextId = 1;

  constructor(child: ChildProcess, options: EgressOptions) {
    this.#child = child;
    this.#host = options.host;
    this.#log = options.log;
    const socket = child.stdio[3];
    if (!(socket instanceof Socket)) throw operatingError('egress_unavailable', 'The egress worker has no channel.');
    this.#channel = openMessageChannel<ToSupervisor, ToWorker>(
      socket,
      toSupervisorSchema,
      (message) => this.#receive(message),
      (reason) => this.#fail(reason),
    );
    child.on('error', (error) => this.#fail(`the worker cannot run: ${error.message}`));
    child.on('exit', (code, signal) => {
      this.#fail(signal === null ? `the worker exited with status ${code}` : `the worker was ended by ${signal}`);
      this.#gone.resolve('exit');
    });
    if (child.stderr !== null) this.#logLines(child.stderr);
    this.failed = new Promise((resolve) => {
      this.#onFailure = resolve;
    });
    // Nobody may wait for `ready` any more when it fails late.
    this.#ready.promise.catch(() => undefined);
  }

  #onFailure: (reason: string) => void = () => undefined;

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ready(tighter: Partial<EgressBounds>): Promise<void> {
    const bounds = { ...egressBounds, ...tighter };
    this.#undecidedMax = bounds.connections;
    this.#channel.send({ type: 'start', bounds });
    const timer = setTimeout(() => this.#fail(`the worker was not ready within ${readyMs} ms`), readyMs);
    try {
      await this.#ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async openSession(sessionId: string, socketPath: string): Promise<void> {
    if (Buffer.byteLength(socketPath) > socketPathBytesMax) {
      throw operatingError('egress_unavailable', `The path of the session's proxy socket is too long: ${socketPath}`, {
        remedy: `Use a state folder with a shorter path (at most ${socketPathBytesMax} bytes in all).`,
      });
    }
    if (this.#sessions.has(sessionId)) {
      throw operatingError('egress_unavailable', `The session ${sessionId} has a way out already.`);
    }
    this.#sessions.set(sessionId, socketPath);
    try {
      await this.#request((id) => ({ type: 'open', id, sessionId, socketPath }));
    } catch (error) {
      this.#sessions.delete(sessionId);
      throw error;
    }
  }

  async expose(sessionId: string, exposure: Exposure): Promise<void> {
    if (!this.#sessions.has(sessionId)) {
      throw operatingError('egress_unavailable', `The session ${sessionId} has no way out, so nothing leads into it.`);
    }
    await this.#request((id) => ({ type: 'expose', id, sessionId, exposure }));
  }

  async closeSession(sessionId: string): Promise<readonly ExposureReport[]> {
    const socketPath = this.#sessions.get(sessionId);
    if (socketPath === undefined) return [];
    const done =
      this.#failure === undefined
        ? await this.#request((id) => ({ type: 'close', id, sessionId })).catch(this.#warn)
        : undefined;
    this.#sessions.delete(sessionId);
    // A worker that died left its socket behind.
    await rm(socketPath, { force: true });
    return done?.exposed ?? [];
  }

  async cut(sessionId: string, grants: readonly string[]): Promise<number> {
    if (!this.#sessions.has(sessionId) || grants.length === 0) return 0;
    const { count } = await this.#request((id) => ({ type: 'cut', id, sessionId, grants: [...grants] }));
    return count ?? 0;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined) {
      this.#channel.send({ type: 'stop' });
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopMs);
      await this.#gone.promise;
      clearTimeout(timer);
    }
    await Promise.all([...this.#sessions.values()].map((path) => rm(path, { force: true })));
    this.#sessions.clear();
  }

  #request(message: (id: number) => ToWorker): Promise<Done> {
    if (this.#failure !== undefined || this.#stopping) {
      return Promise.reject(
        operatingError('egress_unavailable', 'The egress worker is not running.', { why: this.#failure }),
      );
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#channel.send(message(id));
    });
  }

  #receive(message: ToSupervisor): void {
    if (message.type === 'ready') this.#ready.resolve();
    else if (message.type === 'done') this.#settle(message);
    else if (message.type === 'closed') {
      if (this.#sessions.has(message.report.sessionId)) this.#host.closed(message.report);
    } else if (message.type === 'sent') {
      if (this.#sessions.has(message.sessionId)) this.#host.sent?.(message.sessionId, message.bytes, message.hosts);
    } else if (this.#undecided >= this.#undecidedMax * 2) {
      this.#fail('the worker asked more than its connections allow');
    } else {
      this.#undecided += 1;
      const answer = message.type === 'decide' ? this.#decide(message) : this.#record(message);
      answer.catch(this.#warn).finally(() => {
        this.#undecided -= 1;
      });
    }
  }

  async #decide({ id, question }: Extract<ToSupervisor, { type: 'decide' }>): Promise<void> {
    let decision = plainDenial('session_invalid', `The session ${question.sessionId} has no way out.`);
    // An answer that never comes is a denial in the worker, after its own deadline; an error here is one at once.
    if (this.#sessions.has(question.sessionId)) {
      decision = await this.#host.decide(question).catch((error: unknown) => {
        this.#warn(error);
        return plainDenial('audit_unavailable', 'The decision could not be made or recorded.');
      });
    }
    if (this.#channel.send({ type: 'answer', id, decision })) return;
    this.#channel.send({
      type: 'answer',
      id,
      decision: plainDenial(
        decision.outcome === 'deny' ? decision.reason : 'limit',
        'The decision is too long to pass on.',
      ),
    });
  }

  async #record({ id, refusal }: Extract<ToSupervisor, { type: 'refused' }>): Promise<void> {
    if (this.#sessions.has(refusal.sessionId)) await this.#host.refused(refusal);
    this.#channel.send({ type: 'recorded', id });
  }

  #settle(done: Done): void {
    const { id, error } = done;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(done);
    else waiting?.reject(operatingError('egress_unavailable', 'The egress worker refused.', { why: error }));
  }

  /** Ends the worker, whatever state it is in; the first reason counts. */
  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#child.kill('SIGKILL');
    const error = operatingError('egress_unavailable', 'The egress worker is not running.', { why: reason });
    this.#ready.reject(error);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    if (this.#child.pid === undefined) this.#gone.resolve('never ran');
    if (this.#stopping) return;
    this.#log.warn(`egress worker failed: ${reason}`);
    this.#onFailure(reason);
  }

  readonly #warn = (error: unknown): undefined => {
    this.#log.warn(`egress: ${error instanceof Error ? error.message : String(error)}`);
  };

  #logLines(stderr: Readable): void {
    const lines = createInterface({ input: stderr, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => this.#log.warn(`egress worker: ${line.slice(0, 1000)}`));
  }
}
