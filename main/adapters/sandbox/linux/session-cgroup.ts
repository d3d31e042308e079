/**
 * Guarantee: a session that has a cgroup is in it from its first instruction, cannot leave, see or change it, and shares its
 * limits among all its processes. What holds each limit is told, never assumed.
 *
 * Threat: a fork bomb, memory taken by many processes at once, a process that survives its session.
 *
 * Limits: the hierarchy is the machine's. Whoever may write it outside the walls can take a controller away; that is noticed and
 * told, and the resource limits set inside go on holding.
 */
import { type FSWatcher, mkdirSync, readFileSync, rmdirSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Limits } from '#contract/session.ts';
import type { LimitHit } from '../../../core/sandbox/sandbox.ts';
import type { CgroupPlace, Controller } from './cgroup-place.ts';
import { sessionsName } from './cgroup-place.ts';
import { errorCode } from './error-code.ts';

/** How long the last processes of a session may take to leave its cgroup; what stays is removed at the next start. */
const removalMsMax = 2_000;
const removalPollMs = 5;

/** One value in one file of a cgroup. */
interface CgroupWrite {
  readonly file: string;
  readonly value: string;
  /** A kernel built without swap has no file for it, and no swap either. */
  readonly optional?: true;
}

/** What a controller is told, in this order; empty when the session has no limit that it holds. */
export function cgroupWrites(controller: Controller, limits: Limits): readonly CgroupWrite[] {
  if (controller === 'pids') {
    return limits.processes === undefined ? [] : [{ file: 'pids.max', value: String(limits.processes) }];
  }
  if (limits.memoryBytes === undefined) return [];
  return [
    { file: 'memory.max', value: String(limits.memoryBytes) },
    // Otherwise the limit would only push the session out to the machine's disk.
    { file: 'memory.swap.max', value: '0', optional: true },
    // All or nothing: an agent that lost one of its processes would go on in a state nobody has tested.
    { file: 'memory.oom.group', value: '1' },
  ];
}

/**
 * Where each controller counts what it refused, and which counts say so when all are above zero. `oom_kill` alone may also mean
 * that the whole machine was short of memory.
 */
const counts = {
  pids: { limit: 'processes', file: 'pids.events', telling: [/^max [1-9]/mu] },
  memory: { limit: 'memory', file: 'memory.events', telling: [/^oom [1-9]/mu, /^oom_kill [1-9]/mu] },
} as const;

/** True when the text of `pids.events` or `memory.events` says that the limit was reached. */
export function tellsLimit(controller: Controller, events: string): boolean {
  return counts[controller].telling.every((count) => count.test(events));
}

/** The cgroup of one session. */
export interface SessionCgroup {
  readonly folder: string;
  /** The controllers that were told their limit. */
  readonly held: readonly Controller[];
  /** Starts to follow the limits; earlier hits are told at once. */
  follow(handler: (hit: LimitHit) => void): void;
  /** Looks at the limits a last time, kills what is left, removes the cgroup. Resolves when it is gone, or stuck. */
  finish(): Promise<void>;
}

/** Writes the limits. A controller that does not take its own is not counted on; its error is told to `refused`. */
export function writeLimits(
  folder: string,
  offered: readonly Controller[],
  limits: Limits,
  refused: (why: string) => void,
): Controller[] {
  return offered.filter((controller) => {
    const writes = cgroupWrites(controller, limits);
    try {
      for (const { file, value, optional } of writes) writeLimit(path.join(folder, file), value, optional === true);
      return writes.length > 0;
    } catch (error) {
      refused(`the ${controller} controller did not take its limit (${errorCode(error)})`);
      return false;
    }
  });
}

function writeLimit(file: string, value: string, optional: boolean): void {
  try {
    // Never creates: in a cgroup a missing file means a missing controller.
    writeFileSync(file, value, { flag: 'r+' });
  } catch (error) {
    if (!optional || errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Follows `pids.events` and `memory.events`: each tells at most one hit and one loss, so a fork bomb costs nothing here. */
class LimitWatch {
  readonly #folder: string;
  readonly #told = new Set<string>();
  readonly #watchers = new Map<Controller, FSWatcher>();
  readonly #waiting: LimitHit[] = [];
  #handler: ((hit: LimitHit) => void) | undefined;

  constructor(folder: string, held: readonly Controller[]) {
    this.#folder = folder;
    for (const controller of held) this.#watch(controller);
  }

  follow(handler: (hit: LimitHit) => void): void {
    this.#handler = handler;
    for (const hit of this.#waiting.splice(0)) handler(hit);
  }

  #watch(controller: Controller): void {
    try {
      const watcher = watch(path.join(this.#folder, counts[controller].file), { persistent: false }, () =>
        this.look(controller),
      );
      watcher.on('error', () => watcher.close());
      this.#watchers.set(controller, watcher);
    } catch {
      // No inotify watch to be had: then the look at the session's end tells, only later.
    }
  }

  look(controller: Controller): void {
    const { limit, file } = counts[controller];
    try {
      if (tellsLimit(controller, readFileSync(path.join(this.#folder, file), 'utf8'))) this.#tell(limit, 'reached');
    } catch {
      // The file goes with its controller and otherwise only with the cgroup, which is not removed while this looks.
      this.#tell(limit, 'lost');
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #tell(limit: LimitHit['limit'], what: LimitHit['what']): void {
    const key = `${limit} ${what}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    if (this.#handler === undefined) this.#waiting.push({ limit, what });
    else this.#handler({ limit, what });
  }
}

function killAll(folder: string): void {
  try {
    writeFileSync(path.join(folder, 'cgroup.kill'), '1', { flag: 'r+' });
  } catch (error) {
    // Kernels before 5.14 have no such file; the end of the pid namespace has killed everything already.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Removes a cgroup. False: processes or cgroups are still in it. */
export function removeCgroup(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    if (errorCode(error) === 'EBUSY' || errorCode(error) === 'ENOTEMPTY') return false;
    throw error;
  }
}

/** Kills what is in a cgroup and removes it, within `removalMsMax`. False when it could not be removed in that time. */
export async function endCgroup(folder: string): Promise<boolean> {
  killAll(folder);
  const end = performance.now() + removalMsMax;
  for (;;) {
    if (removeCgroup(folder)) return true;
    if (performance.now() > end) return false;
    await pause(removalPollMs);
  }
}

/**
 * Makes the cgroup of one session, with its limits, below a prepared place; undefined when no controller holds any limit.
 * `name` is not taken yet. `problem` hears what did not work as it should.
 */
export function makeSessionCgroup(
  place: CgroupPlace,
  name: string,
  limits: Limits,
  problem: (why: string) => void,
): SessionCgroup | undefined {
  const folder = path.join(place.folder, sessionsName, name);
  mkdirSync(folder);
  const held = writeLimits(folder, place.controllers, limits, problem);
  if (held.length === 0) {
    removeCgroup(folder);
    return undefined;
  }
  const limitWatch = new LimitWatch(folder, held);
  return {
    folder,
    held,
    follow: (handler) => limitWatch.follow(handler),
    finish: async () => {
      for (const controller of held) limitWatch.look(controller);
      limitWatch.close();
      try {
        if (!(await endCgroup(folder))) problem(`${folder} could not be removed; the next start tries again`);
        // Only the last session's end succeeds: nothing is left of Gatehouse where nothing runs.
        removeCgroup(path.dirname(folder));
      } catch (error) {
        problem(`${folder} could not be removed (${errorCode(error)})`);
      }
    },
  };
}
