/**
 * Guarantee: every client of a session gets all of its output in order, or is let go and told so; only a client of its own pipeline
 * may hold the agent up for long, and none holds up another; what waits for a slow one is bounded. Who only looks cannot type.
 *
 * Threat: a client that never reads, or reads a little now and then; one that attaches over and over; one that types though it may not.
 *
 * Limits: a client that stops reading holds up the agent once, for `stepMsMax`; two people may type at the same time, as at any terminal.
 */
import { frameType } from '#contract/stream.ts';
import type { SandboxedProcess } from '../core/sandbox/sandbox.ts';
import { Scrollback } from '../core/sessions/scrollback.ts';

/** Clients of one session at a time. */
export const viewersMax = 16;
/** How long a client may take for a piece of output before the agent goes on without it. */
const stepMsMax = 2_000;
/** What may wait for a client that the agent does not wait for. */
const waitingBytesMax = 2 * 1024 * 1024;
/** How long what waits for a client that was let go is still kept for it. */
const lingerMsMax = 60_000;
/** How long a terminal has another size, so that a full-screen program notices and draws itself anew. */
const nudgeMs = 100;

type StreamName = 'stdout' | 'stderr';
type ServerFrame = 'stdout' | 'stderr' | 'end' | 'detached' | 'notice';
interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The connection of a client. */
export interface StreamClient {
  /** Undefined when more may follow at once; otherwise resolves when it may, or when the client is gone. */
  send(type: (typeof frameType)[ServerFrame], bytes: Uint8Array): Promise<void> | undefined;
  /** Bytes that it has not taken yet. */
  readonly waitingBytes: number;
  /** Ends the connection after what was sent: however long that takes, or at most `lingerMs`. */
  end(lingerMs?: number): void;
  /** Its process, as the kernel says. */
  pid(): Promise<number | undefined>;
}

/** Who attaches, and what it may do. */
export interface ViewerRights {
  /** It started the session: in a pipeline, the agent waits for it. */
  readonly primary: boolean;
  readonly readOnly: boolean;
  /** Its process, when that is known already. */
  readonly pid?: number | undefined;
}

/** Why a client is no longer attached, while the session goes on. */
export type LeaveReason = 'asked' | 'gone' | 'behind';

/** For the record. */
export interface LeftViewer {
  readonly why: LeaveReason;
  readonly readOnly: boolean;
  readonly pid: number | undefined;
}

/** What a client does, as the stream server hands it on. Each throws when the client may not do it. */
export interface Viewer {
  write(bytes: Uint8Array): Promise<void>;
  endInput(): void;
  resize(size: Size): void;
  signal(name: 'INT' | 'TERM' | 'HUP' | 'QUIT'): void;
  /** It leaves; the session goes on. */
  detach(): Promise<void>;
  /** Its connection is closed. */
  gone(): void;
}

interface Attached extends ViewerRights {
  readonly client: StreamClient;
  size: Size | undefined;
  /** The agent does not wait for it. */
  lagging: boolean;
  /** It has asked to leave. */
  leaving: boolean;
}

/** The clients of one session, its newest output for those that come later, and whose size its terminal has. */
export class SessionViewers {
  readonly #process: Pick<SandboxedProcess, 'write' | 'end' | 'resize' | 'signal'>;
  readonly #terminal: boolean;
  readonly #scrollback: Scrollback;
  readonly #record: (left: LeftViewer) => Promise<void>;
  readonly #abandoned: () => void;
  readonly #released = Promise.withResolvers<void>();
  /** Whose size counts comes last. */
  readonly #attached: Attached[] = [];
  readonly #stepMs: number;
  #kept: boolean;
  #nudge: NodeJS.Timeout | undefined;
  #last: string | undefined;

  constructor(parts: {
    readonly process: Pick<SandboxedProcess, 'write' | 'end' | 'resize' | 'signal'>;
    readonly terminal: boolean;
    /** It goes on when nobody is attached. */
    readonly keep: boolean;
    /** Puts on record that a client left. */
    readonly record: (left: LeftViewer) => Promise<void>;
    /** The last client that held the session is gone without having left. */
    readonly abandoned: () => void;
    readonly stepMs?: number;
  }) {
    this.#process = parts.process;
    this.#terminal = parts.terminal;
    this.#kept = parts.keep;
    this.#record = parts.record;
    this.#abandoned = parts.abandoned;
    this.#stepMs = parts.stepMs ?? stepMsMax;
    this.#scrollback = new Scrollback({ terminal: parts.terminal });
  }

  get count(): number {
    return this.#attached.length;
  }

  /** Shows the client what came before, and from now on what comes. */
  add(client: StreamClient, rights: ViewerRights): Viewer {
    const viewer: Attached = { ...rights, client, size: undefined, lagging: false, leaving: false };
    for (const { stream, bytes } of this.#scrollback.replay()) client.send(frameType[stream], bytes);
    this.#attached.unshift(viewer);
    if (this.#last !== undefined) this.#sayEnd(viewer, this.#last);
    return {
      write: (bytes) => this.#mayType(viewer, () => this.#process.write(bytes)),
      endInput: () => this.#mayType(viewer, () => this.#endInput(viewer)),
      resize: (size) => this.#mayType(viewer, () => this.#resize(viewer, size)),
      signal: (name) => this.#mayType(viewer, () => this.#process.signal(name)),
      detach: () => this.#detach(viewer),
      gone: () => this.#gone(viewer),
    };
  }

  /** Hands output to every client and keeps it for later ones. Resolves when more may come. */
  async deliver(stream: StreamName, bytes: Uint8Array): Promise<void> {
    this.#scrollback.push(stream, bytes);
    // A copy: who falls behind is taken out.
    const waits = [...this.#attached].flatMap((viewer) => this.#send(viewer, stream, bytes) ?? []);
    if (waits.length > 0) await Promise.all(waits);
  }

  /** The agent waits for no client any more. */
  release(): void {
    this.#released.resolve();
  }

  /** Tells every client how it ended, and keeps nothing. */
  finish(payload: string): void {
    this.#last = payload;
    clearTimeout(this.#nudge);
    this.#scrollback.erase();
    for (const viewer of [...this.#attached]) this.#sayEnd(viewer, payload);
  }

  #send(viewer: Attached, stream: StreamName, bytes: Uint8Array): Promise<unknown> | undefined {
    const { client } = viewer;
    const taken = client.send(frameType[stream], bytes);
    if (taken === undefined) return undefined;
    if (viewer.primary && (!this.#terminal || this.#attached.length === 1)) {
      return Promise.race([taken, this.#released.promise]);
    }
    if (viewer.lagging) {
      if (client.waitingBytes > waitingBytesMax) this.#drop(viewer);
      return undefined;
    }
    return this.#inStep(viewer, taken);
  }

  async #inStep(viewer: Attached, taken: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), this.#stepMs);
    const outcome = await Promise.race([taken, this.#released.promise, late.promise]);
    clearTimeout(timer);
    if (outcome !== 'late') return;
    viewer.lagging = true;
    void taken.then(() => {
      viewer.lagging = false;
    });
  }

  #mayType<T>(viewer: Attached, act: () => T): T {
    if (viewer.readOnly) throw new Error('a client that may only look may not type');
    return act();
  }

  #endInput(viewer: Attached): void {
    // With a terminal this types Ctrl-D, which is not what somebody means who only closes one of several windows.
    if (!this.#terminal || (viewer.primary && !this.#kept && this.#attached.length === 1)) this.#process.end();
  }

  /** The terminal has the size of the client that attached or changed its size last. */
  #resize(viewer: Attached, size: Size): void {
    const isNew = viewer.size === undefined && !viewer.primary;
    viewer.size = size;
    const at = this.#attached.indexOf(viewer);
    if (at === -1) return;
    this.#attached.splice(at, 1);
    this.#attached.push(viewer);
    if (!isNew) {
      if (this.#nudge === undefined) this.#process.resize(size);
      return;
    }
    clearTimeout(this.#nudge);
    this.#process.resize({ columns: size.columns, rows: size.rows > 1 ? size.rows - 1 : 2 });
    this.#nudge = setTimeout(() => {
      this.#nudge = undefined;
      this.#applySize();
    }, nudgeMs);
  }

  #applySize(): void {
    const size = this.#attached.findLast((viewer) => viewer.size !== undefined)?.size;
    if (size !== undefined) this.#process.resize(size);
  }

  async #detach(viewer: Attached): Promise<void> {
    if (!this.#attached.includes(viewer) || viewer.leaving) return;
    viewer.leaving = true;
    try {
      const pid = viewer.pid ?? (await viewer.client.pid());
      // On record first: from here on the session goes on without whoever started it.
      await this.#record({ why: 'asked', readOnly: viewer.readOnly, pid });
    } catch {
      viewer.leaving = false;
      const text = 'leaving could not be put on record, so you are still attached; `gatehouse doctor` may say why.';
      viewer.client.send(frameType.notice, Buffer.from(JSON.stringify(text), 'utf8'));
      return;
    }
    if (!viewer.readOnly) this.#kept = true;
    this.#leave(viewer, 'asked');
  }

  #drop(viewer: Attached): void {
    // It did not choose to go, so what it held goes on without it.
    if (!viewer.readOnly) this.#kept = true;
    this.#leave(viewer, 'behind');
    this.#observe(viewer, 'behind');
  }

  #leave(viewer: Attached, why: LeaveReason): void {
    if (!this.#remove(viewer)) return;
    viewer.client.send(frameType.detached, Buffer.from(JSON.stringify({ why }), 'utf8'));
    viewer.client.end(lingerMsMax);
  }

  #gone(viewer: Attached): void {
    if (!this.#remove(viewer) || this.#last !== undefined) return;
    const isHeld = this.#kept || this.#attached.some(({ readOnly }) => !readOnly);
    if (viewer.readOnly || isHeld) this.#observe(viewer, 'gone');
    else this.#abandoned();
  }

  #observe(viewer: Attached, why: LeaveReason): void {
    // It has left already, whether or not that can be recorded.
    this.#record({ why, readOnly: viewer.readOnly, pid: viewer.pid }).catch(() => undefined);
  }

  #remove(viewer: Attached): boolean {
    const at = this.#attached.indexOf(viewer);
    if (at === -1) return false;
    this.#attached.splice(at, 1);
    // Nobody writes into the pipe any more.
    if (!this.#terminal && viewer.primary && this.#last === undefined) this.#process.end();
    if (at === this.#attached.length && this.#last === undefined && this.#nudge === undefined) this.#applySize();
    return true;
  }

  #sayEnd(viewer: Attached, payload: string): void {
    if (!this.#remove(viewer)) return;
    viewer.client.send(frameType.end, Buffer.from(payload, 'utf8'));
    viewer.client.end();
  }
}
