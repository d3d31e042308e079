import { randomBytes } from 'node:crypto';
import type { Exit, Limits, Session } from '#contract/session.ts';
import type { LimitHit, SandboxedProcess } from '../core/sandbox/sandbox.ts';
import { atTime, bootClock } from './clock.ts';
import type { StreamEnd } from './stream-server.ts';

/** How long the agent has between SIGTERM and SIGKILL. */
export const stopGraceMs = 5_000;
/** How often a session with a limit of processor time is looked at: it may be over by what is taken in between. */
const cpuLookMs = 500;
/** How long a new session waits for the client that asked for it to open its stream. */
export const attachTimeoutMs = 10_000;

type EndReason = NonNullable<Session['endReason']>;
type Send = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void>;

/**
 * One running process tree and its stream: waits for its client, passes output with back-pressure, keeps the limits of
 * wall time and output, and knows why it ends. The first reason given is the one that stands.
 */
export class RunningSession implements StreamEnd {
  readonly process: SandboxedProcess;
  /** Presented once on the stream socket. */
  readonly streamToken = randomBytes(32).toString('hex');
  readonly finished: Promise<string>;
  readonly #attach: PromiseWithResolvers<Send> = Promise.withResolvers();
  readonly #finish: PromiseWithResolvers<string> = Promise.withResolvers();
  readonly #attachTimer: NodeJS.Timeout;
  readonly #cpuTimer: NodeJS.Timeout | undefined;
  readonly #cancelWallTime: (() => void) | undefined;
  readonly #limits: Limits;
  readonly #endsAt: number | undefined;
  #cpuTimeOfEndedMs = 0;
  /** The running sessions that this one started: their processor time is taken from its own. */
  children: () => readonly RunningSession[] = () => [];
  #outputBytes = 0;
  #cpuTimeMs = 0;
  #reason: EndReason | undefined;
  #stopping: (reason: EndReason) => void = () => {};

  constructor(process: SandboxedProcess, limits: Limits) {
    this.process = process;
    this.#limits = limits;
    this.finished = this.#finish.promise;
    const outputBytesMax = limits.outputBytes ?? Number.POSITIVE_INFINITY;
    process.onOutput(async (stream, bytes) => {
      const send = await this.#attach.promise;
      this.#outputBytes += bytes.length;
      if (this.#outputBytes > outputBytesMax) {
        this.kill('output_limit');
        return;
      }
      await send(stream, bytes);
    });
    this.#attachTimer = setTimeout(() => this.kill('client_gone'), attachTimeoutMs);
    if (limits.wallTimeMs !== undefined) {
      this.#endsAt = bootClock.now() + limits.wallTimeMs;
      this.#cancelWallTime = atTime(bootClock, this.#endsAt, () => void this.stop('wall_time'));
    }
    const { cpuTimeMs } = limits;
    if (cpuTimeMs !== undefined) this.#cpuTimer = setInterval(() => void this.#lookAtCpu(cpuTimeMs), cpuLookMs).unref();
    void process.ended.then(() => {
      clearTimeout(this.#attachTimer);
      clearInterval(this.#cpuTimer);
      this.#cancelWallTime?.();
      this.#discardOutput();
    });
  }

  /** Why it ended: what ended it, or that the command ended by itself. */
  get endReason(): EndReason {
    return this.#reason ?? 'exited';
  }

  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** Milliseconds until its limit of time; undefined without one. */
  get wallTimeLeftMs(): number | undefined {
    return this.#endsAt === undefined ? undefined : Math.max(0, this.#endsAt - bootClock.now());
  }

  /** Bytes until its limit of output; undefined without one. */
  get outputBytesLeft(): number | undefined {
    const { outputBytes } = this.#limits;
    return outputBytes === undefined ? undefined : Math.max(0, outputBytes - this.#outputBytes);
  }

  /** Milliseconds of processor time that it and what it started have not taken; undefined without a limit. */
  async cpuTimeLeftMs(): Promise<number | undefined> {
    const { cpuTimeMs } = this.#limits;
    return cpuTimeMs === undefined ? undefined : Math.max(0, cpuTimeMs - (await this.cpuTakenMs()));
  }

  /** Processor time of its processes and of every session below it, as far as it was seen. */
  async cpuTakenMs(): Promise<number> {
    // A process whose parent did not wait for it takes its time along: what was seen once stays counted.
    this.#cpuTimeMs = Math.max(this.#cpuTimeMs, (await this.process.cpuTimeMs()) ?? 0);
    const below = await Promise.all(this.children().map((child) => child.cpuTakenMs()));
    return below.reduce((sum, taken) => sum + taken, this.#cpuTimeMs + this.#cpuTimeOfEndedMs);
  }

  /** A session that it started is over; what nobody saw of its last moments counts as taken. */
  async childEnded(child: RunningSession): Promise<void> {
    this.#cpuTimeOfEndedMs += (await child.cpuTakenMs()) + cpuLookMs;
  }

  /** Called with the reason when somebody or something begins to end the session. */
  onStopping(listener: (reason: EndReason) => void): void {
    this.#stopping = listener;
  }

  /** Called when the kernel kept a limit. Of memory, it has ended the session with that. */
  onLimit(listener: (hit: LimitHit) => void): void {
    this.process.onLimit((hit) => {
      listener(hit);
      if (hit.limit === 'memory' && hit.what === 'reached') void this.kill('memory_limit');
    });
  }

  attached(send: Send): void {
    clearTimeout(this.#attachTimer);
    this.#attach.resolve(send);
  }

  detached(): void {
    this.#discardOutput();
    void this.stop('client_gone');
  }

  /** Terminates, and kills after the grace; resolves when every process is gone. */
  async stop(reason: EndReason): Promise<Exit> {
    this.#begin(reason);
    this.process.terminate();
    const timer = setTimeout(() => this.process.kill(), stopGraceMs);
    try {
      return await this.process.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Kills at once; resolves when every process is gone. */
  kill(reason: EndReason): Promise<Exit> {
    this.#begin(reason);
    this.process.kill();
    // Output that still waits for a client that will not come must not keep the end from coming.
    if (reason !== 'exited') this.#discardOutput();
    return this.process.ended;
  }

  /** Sends the last frame. Called once everything about the end is on record. */
  finish(exit: Exit, notices: readonly string[]): void {
    this.#finish.resolve(JSON.stringify({ exit, endReason: this.endReason, notices }));
  }

  async #lookAtCpu(limitMs: number): Promise<void> {
    if ((await this.cpuTakenMs()) >= limitMs) await this.stop('cpu_time');
  }

  #begin(reason: EndReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#stopping(reason);
  }

  #discardOutput(): void {
    this.#attach.resolve(async () => {});
  }
}
