import { operatingError } from '#contract/operating-error.ts';
import type { Limits } from '#contract/session.ts';

/** A session that a person started has depth 0; one at this depth can start no other. */
export const nestingDepthMax = 3;
/** Sessions that one session has started and that run. */
export const childrenMax = 8;
/** Running sessions below one that a person started: a tree must leave room for the person's own sessions. */
export const descendantsMax = 16;
/** Starts below one that a person started, within a minute: each costs the supervisor work and the record entries. */
export const nestedStartsPerMinuteMax = 60;
/** Folders of the workspace that are workspaces of sessions below one: each has a private home and pins that stay. */
export const nestedWorkspacesMax = 8;

/** The least that a program can be expected to start with; as in the contract. */
const processesMin = 8;
const memoryBytesMin = 64 * 1024 * 1024;

/** What a session still has of each limit that a person set for it. */
export interface LimitsLeft {
  /** Those that were set for it, which its children share; the built-in ones bound each of them alone. */
  readonly set: Limits;
  /** All that hold for it, built-in ones included. */
  readonly all: Limits;
  /** What the running children were given. */
  readonly given: readonly Limits[];
  /** Milliseconds until its end, when its time is limited. */
  readonly wallTimeMs: number | undefined;
  /** Milliseconds of processor time that it and its children have not taken. */
  readonly cpuTimeMs: number | undefined;
  /** Bytes of output it has not written. */
  readonly outputBytes: number | undefined;
}

/**
 * The limits of a child: what it asks for, within what its parent has left. Memory and processes of all running children together are
 * at most the parent's own limit; one that asks for nothing gets half of what is left. Throws `too_many` when too little is left.
 */
export function childLimits(wanted: Limits, left: LimitsLeft): Limits {
  const memoryBytes = share('memoryBytes', wanted, left, memoryBytesMin);
  const processes = share('processes', wanted, left, processesMin);
  const openFiles = least(wanted.openFiles, left.all.openFiles);
  const wallTimeMs = least(wanted.wallTimeMs, remaining('time', left.wallTimeMs, 1));
  const cpuTimeMs = least(wanted.cpuTimeMs, remaining('processor time', left.cpuTimeMs, 1));
  const outputBytes = least(wanted.outputBytes, remaining('output', left.outputBytes, 1));
  return {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(processes === undefined ? {} : { processes }),
    ...(openFiles === undefined ? {} : { openFiles }),
    ...(wallTimeMs === undefined ? {} : { wallTimeMs }),
    ...(cpuTimeMs === undefined ? {} : { cpuTimeMs }),
    ...(outputBytes === undefined ? {} : { outputBytes }),
  };
}

function share(name: 'memoryBytes' | 'processes', wanted: Limits, left: LimitsLeft, min: number): number | undefined {
  const whole = left.set[name];
  if (whole === undefined) return wanted[name] === undefined ? undefined : least(wanted[name], left.all[name]);
  const rest = whole - left.given.reduce((sum, limits) => sum + (limits[name] ?? 0), 0);
  const given = wanted[name] ?? Math.floor(rest / 2);
  if (given <= rest && given >= min) return given;
  throw usedUp(name === 'memoryBytes' ? 'memory' : 'processes', `${Math.max(rest, 0)} are left, ${min} are the least`);
}

function remaining(what: string, rest: number | undefined, min: number): number | undefined {
  if (rest === undefined || rest >= min) return rest === undefined ? undefined : Math.floor(rest);
  throw usedUp(what, 'nothing is left');
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

function usedUp(what: string, why: string): Error {
  return operatingError('too_many', `This session has too little ${what} left for another one.`, {
    why: `A session that it starts shares its limits; ${why}.`,
    remedy: 'Wait until one that it started has ended, or ask for less with --limit.',
  });
}
