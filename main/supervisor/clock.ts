/**
 * Guarantee: what was over once stays over, and nothing lasts longer than it was given. Time never goes back here, and goes on at the
 * rate of the time since boot, which nobody sets and which counts while the machine is suspended.
 *
 * Threat: a grant or a task that lives on because the wall clock was set back, by hand, by a wrong time server or by a clock without
 * battery; a timer that did not run while the machine slept.
 *
 * Limits: a clock that is set forward ends things early, which is the safe side. Between two supervisors only the wall clock counts;
 * a task whose beginning lies in the future is then over.
 */
import { randomBytes } from 'node:crypto';
import { uptime } from 'node:os';

/** The two things core must be given: time and randomness. Real ones here; tests of core pass their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  random(bytes: number): Uint8Array;
}

/** What a clock is read from, both in milliseconds. */
export interface TimeSources {
  /** The wall clock: since the epoch, and anybody with the right to may set it. */
  wall(): number;
  /** Since the machine was booted, suspended times included. */
  boot(): number;
}

/** The time since boot is told in hundredths of a second. */
const bootResolutionMs = 20;
/** Smaller corrections are what time servers do all day. */
export const clockStepMs = 2_000;

/** A clock that is set neither back nor, for as long as somebody asks it, to an older time than it told before. */
export class SteadyClock implements Clock {
  readonly #sources: TimeSources;
  /** Both times at one moment. */
  #anchor: { readonly wall: number; readonly boot: number };
  #latest: number;
  #behindMs = 0;
  #onSetBack: (byMs: number) => void = () => {};

  constructor(sources: TimeSources) {
    this.#sources = sources;
    this.#anchor = { wall: sources.wall(), boot: sources.boot() };
    this.#latest = this.#anchor.wall;
  }

  now(): number {
    const wall = this.#sources.wall();
    const boot = this.#sources.boot();
    const expected = this.#anchor.wall + boot - this.#anchor.boot;
    if (wall > expected) this.#anchor = { wall, boot };
    this.#latest = Math.max(this.#latest, wall, expected - bootResolutionMs);
    const behindMs = Math.max(0, expected - wall);
    const moreMs = behindMs - this.#behindMs;
    this.#behindMs = behindMs;
    if (moreMs >= clockStepMs) this.#onSetBack(moreMs);
    return this.#latest;
  }

  random(bytes: number): Uint8Array {
    return randomBytes(bytes);
  }

  /** How far the wall clock lies behind what it would show had nobody set it back. */
  behindMs(): number {
    this.now();
    return this.#behindMs;
  }

  /** Called with how far the wall clock was set back, when that is noticed. One listener. */
  onSetBack(listener: (byMs: number) => void): void {
    this.#onSetBack = listener;
  }
}

/** This machine's clock. One for the whole process: what one part saw pass is past for the others. */
export const systemClock = new SteadyClock({ wall: () => Date.now(), boot: () => uptime() * 1000 });

/** Since boot, suspended times included: for limits that no setting of the clock may shorten or lengthen. */
export const bootClock: Pick<Clock, 'now'> = { now: () => uptime() * 1000 };

/** How long a deadline sleeps at most. Timers stand still while the machine does, so a deadline looks at its clock this often. */
const lookAgainMs = 5_000;

/** Calls `action` once `clock` shows `at`, and soon after the machine wakes when that came meanwhile. Returns what cancels it. */
export function atTime(clock: Pick<Clock, 'now'>, at: number, action: () => void): () => void {
  let timer: NodeJS.Timeout;
  const sleep = (): void => {
    timer = setTimeout(look, Math.min(Math.max(at - clock.now(), 0), lookAgainMs)).unref();
  };
  const look = (): void => {
    if (clock.now() >= at) action();
    else sleep();
  };
  sleep();
  return () => clearTimeout(timer);
}

/** RFC 3339, UTC, milliseconds. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
