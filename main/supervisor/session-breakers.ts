import type { BreakerName, BreakerSettings, Trip } from '#contract/breaker.ts';
import type { ReasonCode } from '#contract/decision.ts';
import { BreakerSet } from '../core/breakers/breaker-set.ts';
import type { SandboxedProcess } from '../core/sandbox/sandbox.ts';
import { bootClock } from './clock.ts';

/** How often the processes of a session are counted. */
const processesLookMs = 1_000;

/** Denials that say nothing about what the agent wants: ours, or of a session that may do nothing at all. */
const notCounted: readonly ReasonCode[] = [
  'breaker_tripped',
  'audit_unavailable',
  'session_invalid',
  'task_ended',
  'timeout',
];

/** The breakers of one running session, and what they are told. Nothing is counted before its command runs. */
export class SessionBreakers {
  readonly #set: BreakerSet;
  readonly #onTrip: (trip: Trip) => void;
  readonly #above: SessionBreakers | undefined;
  /** How often it was asked whether the session may go on. */
  asks = 0;
  #follows = false;
  #sent = 0;
  #started: number | undefined;
  /** Processes at the last look. */
  #alive = 0;
  /** Of the sessions that this one started and that run. */
  readonly #below = new Set<SessionBreakers>();

  constructor(given: {
    readonly settings: BreakerSettings;
    /** What a person switched off while it runs. */
    readonly isOff: (name: BreakerName) => boolean;
    /** Called at once, before whoever counted goes on. */
    readonly onTrip: (trip: Trip) => void;
    /** Of the session that started this one: what a session has others do counts for it as well. */
    readonly above?: SessionBreakers | undefined;
  }) {
    this.#set = new BreakerSet(given.settings, given.isOff);
    this.#onTrip = given.onTrip;
    this.#above = given.above;
  }

  /** The breaker that stopped the session, until a person lets it go on. */
  get tripped(): Trip | undefined {
    return this.#set.tripped;
  }

  /** Bytes that the session has sent out, by the newest count. */
  get sentBytes(): number {
    return this.#sent;
  }

  /** Whether anything is counted under this name. */
  counts(name: BreakerName): boolean {
    return this.#set.counts(name);
  }

  /** The command runs: from here on everything counts, until it ends. */
  follow(process: SandboxedProcess): void {
    this.#follows = true;
    if (this.#above !== undefined) this.#above.#below.add(this);
    const timer = this.counts('processes') || this.counts('starts') ? this.#lookAtProcesses(process) : undefined;
    void process.ended.then(() => {
      this.#follows = false;
      if (this.#above !== undefined) this.#above.#below.delete(this);
      clearInterval(timer);
    });
  }

  /** A person lets the session go on. */
  goOn(): void {
    this.#set.goOn();
  }

  deleted(paths: readonly string[]): void {
    this.#count('deletions', paths.length, paths);
  }

  denied(reason: ReasonCode, what: string): void {
    if (!notCounted.includes(reason)) this.#count('denials', 1, [what]);
  }

  requested(what: string): void {
    this.#count('requests', 1, [what]);
  }

  /** `bytes` since the session began. */
  sent(bytes: number, hosts: readonly string[]): void {
    const more = bytes - this.#sent;
    this.#sent = Math.max(this.#sent, bytes);
    this.#count('bytes-out', more, hosts);
  }

  #lookAtProcesses(process: SandboxedProcess): NodeJS.Timeout {
    let looking = false;
    return setInterval(() => {
      if (looking) return;
      looking = true;
      process
        .processes()
        .then((count) => {
          if (count === undefined) return;
          const { alive, started } = count;
          // Numbers that begin anew are lower than before: nothing is counted of that look.
          const more = started - (this.#started ?? started);
          this.#started = started;
          this.#count('starts', more, []);
          this.#alive = alive;
          if (this.#follows) this.#tell(this.#set.level('processes', this.#aliveInAll()));
        })
        // A look that fails is followed by the next; the session ends with its processes whatever is known of them.
        .catch(() => undefined)
        .finally(() => {
          looking = false;
        });
    }, processesLookMs).unref();
  }

  /** With those of the sessions below, as they were at their last look. */
  #aliveInAll(): number {
    return [...this.#below].reduce((sum, child) => sum + child.#aliveInAll(), this.#alive);
  }

  #count(name: BreakerName, amount: number, objects: readonly string[]): void {
    if (this.#follows) this.#tell(this.#set.count(name, amount, objects, bootClock.now()));
    // Files are seen by each session of a workspace itself.
    if (name !== 'deletions' && this.#above !== undefined) this.#above.#count(name, amount, objects);
  }

  #tell(trip: Trip | undefined): void {
    if (trip !== undefined) this.#onTrip(trip);
  }
}
