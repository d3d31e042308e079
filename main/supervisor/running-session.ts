import { randomBytes } from 'node:crypto';
import type { Exit, Limits, Session } from '#contract/session.ts';
import type { GrantsSummary } from '#contract/session-end.ts';
import type { LimitHit, SandboxedProcess } from '../core/sandbox/sandbox.ts';
import { atTime, bootClock } from './clock.ts';
import { type LeftViewer, SessionViewers, type StreamClient, type Viewer } from './session-viewers.ts';
import type { StreamEnd } from './stream-server.ts';
import type { Transcript } from './transcript.ts';

/** How long the agent has between SIGTERM and SIGKILL. */
export const stopGraceMs = 5_000;
/** How often a session with a limit of processor time is looked at: it may be over by what is taken in between. */
const cpuLookMs = 500;
/** How long a new session waits for the client that asked for it to open its stream. */
export const attachTimeoutMs = 10_000;

type EndReason = NonNullable<Session['endReason']>;

/**
 * One running process tree and its stream: waits for its client, passes output with back-pressure, keeps the limits of
 * wall time and output, and knows why it ends. The first reason given is the one that stands.
 */
export class RunningSession implements StreamEnd {
  readonly process: SandboxedProcess;
  /** Presented once on the stream socket. */
  readonly streamToken = randomBytes(32).toString('hex');
  readonly viewers: SessionViewers;
  /** Somebody takes the output, or nobody has to. */
  readonly #begun: PromiseWithResolvers<void> = Promise.withResolvers();
  #discards = false;
  readonly #attachTimer: NodeJS.Timeout | undefined;
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
  #left: (left: LeftViewer) => Promise<void> = () => Promise.resolve();

  constructor(
    process: SandboxedProcess,
    limits: Limits,
    how: {
      readonly terminal: boolean;
      readonly keep: boolean;
      readonly detached: boolean;
      readonly transcript?: Transcript;
    },
  ) {
    this.process = process;
    this.#limits = limits;
    this.viewers = new SessionViewers({
      process: {
        write: (bytes) => process.write(bytes),
        end: () => process.end(),
        resize: (size) => {
          how.transcript?.resized(size);
          process.resize(size);
        },
        signal: (name) => process.signal(name),
      },
      terminal: how.terminal,
      keep: how.keep || how.detached,
      record: (left) => this.#left(left),
      abandoned: () => this.#abandoned(),
    });
    const outputBytesMax = limits.outputBytes ?? Number.POSITIVE_INFINITY;
    process.onOutput(async (stream, bytes) => {
      await this.#begun.promise;
      this.#outputBytes += bytes.length;
      if (this.#outputBytes > outputBytesMax) {
        this.kill('output_limit');
        return;
      }
      await how.transcript?.output(stream, bytes);
      if (!this.#discards) await this.viewers.deliver(stream, bytes);
    });
    if (how.detached) this.#beginDetached(how.terminal);
    else this.#attachTimer = setTimeout(() => this.kill('client_gone'), attachTimeoutMs);
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
      how.transcript?.close();
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

  /** Called when a client is no longer attached and the session goes on. */
  onLeft(record: (left: LeftViewer) => Promise<void>): void {
    this.#left = record;
  }

  /** The client that started it is there. */
  attach(client: StreamClient): Viewer {
    clearTimeout(this.#attachTimer);
    const viewer = this.viewers.add(client, { primary: true, readOnly: false });
    this.#begun.resolve();
    return viewer;
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
    if (reason !== 'exited') this.#begun.resolve();
    this.viewers.release();
    return this.process.ended;
  }

  /** Sends the last frame. Called once everything about the end is on record. */
  finish(exit: Exit, notices: readonly string[], grants: GrantsSummary): void {
    this.viewers.finish(JSON.stringify({ exit, endReason: this.endReason, notices, grants }));
  }

  async #lookAtCpu(limitMs: number): Promise<void> {
    if ((await this.cpuTakenMs()) >= limitMs) await this.stop('cpu_time');
  }

  #begin(reason: EndReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#stopping(reason);
  }

  #beginDetached(terminal: boolean): void {
    this.#begun.resolve();
    if (!terminal) this.process.end();
  }

  #abandoned(): void {
    this.#discardOutput();
    void this.stop('client_gone');
  }

  #discardOutput(): void {
    this.#discards = true;
    this.#begun.resolve();
    this.viewers.release();
  }
}
