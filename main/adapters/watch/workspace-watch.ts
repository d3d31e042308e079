import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { posix } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { watchScope } from '../../core/agents/workspace-noise.ts';
import { GoneFiles } from './gone-files.ts';
import { sweepWorkspace } from './sweep-workspace.ts';

/**
 * Guarantee: a file of the workspace that was created or changed during a session, and exists at its end, is reported
 * within the stated bounds, however short the session was. When a bound is reached, that is reported instead.
 *
 * Threat: an agent that changes files so fast, so deep or so many that the record is silent about it, or that the
 * supervisor is busy with nothing else.
 *
 * Limits: this is an observation after the fact. Who made a change is unknown: the person edits the same files. What
 * was created and removed between two looks may leave no trace, and a deletion before the watch stands is not seen.
 */
export interface WorkspaceChange {
  /** Relative to the workspace. */
  readonly path: string;
  readonly change: 'created' | 'changed' | 'deleted';
  readonly author: 'unknown';
}

/** A bound that was reached, so that the record says what it does not know. */
export interface WatchBound {
  readonly kind: 'paths' | 'events' | 'sweep' | 'watcher';
  readonly what: string;
}

export interface WatchOptions {
  /** Canonical path of the workspace. */
  readonly path: string;
  /** When the session started, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly onChange: (change: WorkspaceChange) => void;
  readonly onBound: (bound: WatchBound) => void;
  /** Files that were there before the session are gone: all of them, however many at once. */
  readonly onGone?: (paths: readonly string[]) => void;
  readonly bounds?: Partial<WatchBounds>;
}

export interface WatchBounds {
  /** Files and folders watched while the session runs; inotify has a limit per user that editors share. */
  readonly watchedPathsMax: number;
  readonly eventsPerSecondMax: number;
  /** Notifications of the kernel; more than that ends the live watch. Unpacking a large archive stays below. */
  readonly rawEventsPerSecondMax: number;
  readonly sweptEntriesMax: number;
  readonly sweepMs: number;
  /** Changes the final sweep reports one by one. */
  readonly sweptChangesMax: number;
}

export const defaultWatchBounds: WatchBounds = {
  watchedPathsMax: 8000,
  eventsPerSecondMax: 200,
  rawEventsPerSecondMax: 20_000,
  sweptEntriesMax: 200_000,
  sweepMs: 10_000,
  sweptChangesMax: 5000,
};

export interface WorkspaceWatch {
  /** Resolves when the live watch stands, or has failed and said so. The final sweep covers what came before. */
  readonly ready: Promise<void>;
  /** Ends the watch and sweeps. Resolves when the last change was reported; safe to call again. */
  finish(): Promise<void>;
}

/** Events for one path within this time become one. */
const coalesceMs = 200;
/** The kernel stamps files with the time of its last tick, at most this long ago (HZ=100). */
export const clockTickMs = 10;

/** Starts watching. Returns at once; nothing of the session waits for it. */
export function watchWorkspace(options: WatchOptions): WorkspaceWatch {
  return new LiveWatch(options);
}

type Pending = 'created' | 'changed' | 'deleted';

class LiveWatch implements WorkspaceWatch {
  readonly ready: Promise<void>;
  readonly #options: WatchOptions;
  readonly #bounds: WatchBounds;
  readonly #watcher: FSWatcher;
  readonly #gone: GoneFiles | undefined;
  /** Paths that cost a watch; never more than `watchedPathsMax`. */
  readonly #watched = new Set<string>();
  readonly #pending = new Map<string, Pending>();
  /** What was reported, so that the sweep does not repeat it. Bounded by the rate of events. */
  readonly #reported = new Map<string, Pending>();
  readonly #reachedBounds = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #second = { startedAtMs: 0, events: 0 };
  #rawSecond = { startedAtMs: 0, events: 0 };
  #dropped = 0;
  #finished: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#bounds = { ...defaultWatchBounds, ...options.bounds };
    const { path, startedAtMs, onGone } = options;
    if (onGone !== undefined) {
      const filesMax = this.#bounds.watchedPathsMax * 2;
      this.#gone = new GoneFiles({ path, madeBeforeMs: startedAtMs - clockTickMs, filesMax, onGone });
    }
    this.#watcher = watch(options.path, {
      ignored: (found, facts) => this.#isIgnored(found, facts),
      ignoreInitial: true,
      followSymlinks: false,
      ignorePermissionErrors: true,
      atomic: false,
    });
    this.#watcher.on('all', (event, path) => this.#note(event, path));
    this.#watcher.on('raw', () => this.#countRaw());
    this.ready = new Promise((resolve) => {
      this.#watcher.once('ready', () => resolve());
      this.#watcher.on('error', (error) => {
        this.#boundReached(
          'watcher',
          `The live watch failed: ${error instanceof Error ? error.message : String(error)}`,
        );
        resolve();
      });
    });
  }

  finish(): Promise<void> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  async #finish(): Promise<void> {
    this.#gone?.close();
    await this.#watcher.close();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#flush());
    await this.#flushing;
    if (this.#dropped > 0) {
      this.#options.onBound({ kind: 'events', what: `${this.#dropped} changes were too many to report as they came.` });
    }
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    const { path, startedAtMs, onChange, onBound } = this.#options;
    let reports = 0;
    const swept = await sweepWorkspace({
      path,
      changedSinceMs: startedAtMs - clockTickMs,
      entriesMax: this.#bounds.sweptEntriesMax,
      timeMs: this.#bounds.sweepMs,
      onFound: (found, change) => {
        const known = this.#reported.get(found);
        if (known !== undefined && known !== 'deleted') return;
        reports += 1;
        if (reports <= this.#bounds.sweptChangesMax) onChange({ path: found, change, author: 'unknown' });
      },
    });
    if (swept.incomplete !== undefined) onBound({ kind: 'sweep', what: swept.incomplete });
    const unreported = reports - this.#bounds.sweptChangesMax;
    if (unreported > 0) onBound({ kind: 'sweep', what: `${unreported} more files were created or changed.` });
  }

  /** Also counts: chokidar asks here before it puts a watch on anything. */
  #isIgnored(path: string, facts: Stats | undefined): boolean {
    const relative = posix.relative(this.#options.path, path);
    if (relative === '') return false;
    if (watchScope(relative) !== 'follow') return true;
    if (facts !== undefined) this.#gone?.seen(relative, facts);
    if (this.#watched.has(relative)) return false;
    if (this.#watched.size >= this.#bounds.watchedPathsMax) {
      const what = `Only ${this.#bounds.watchedPathsMax} files and folders are watched; the rest is looked at when the session ends.`;
      this.#boundReached('paths', what);
      return true;
    }
    this.#watched.add(relative);
    return false;
  }

  /**
   * libuv reads notifications until there are none, so an agent that renames in a loop keeps the whole supervisor in one
   * callback, and nobody could stop it any more: a watch that is flooded is given up there and then.
   */
  #countRaw(): void {
    const now = performance.now();
    if (now - this.#rawSecond.startedAtMs >= 1000) this.#rawSecond = { startedAtMs: now, events: 0 };
    this.#rawSecond.events += 1;
    if (this.#rawSecond.events <= this.#bounds.rawEventsPerSecondMax || this.#reachedBounds.has('watcher')) return;
    this.#boundReached('watcher', 'Files change too fast to be watched; they are looked at when the session ends.');
    // Closing cannot fail in a way that matters: `finish` closes again and waits for it.
    void this.#watcher.close();
  }

  #boundReached(kind: WatchBound['kind'], what: string): void {
    if (this.#reachedBounds.has(kind)) return;
    this.#reachedBounds.add(kind);
    this.#options.onBound({ kind, what });
  }

  #note(event: string, path: string): void {
    const relative = posix.relative(this.#options.path, path);
    if (relative === '' || relative.startsWith('../')) return;
    const isRemoval = event === 'unlink' || event === 'unlinkDir';
    if (isRemoval) this.#watched.delete(relative);
    const before = this.#pending.get(relative);
    if (before === undefined && this.#pending.size >= this.#bounds.watchedPathsMax) {
      this.#dropped += 1;
      return;
    }
    this.#pending.set(relative, combine(before, isRemoval ? 'deleted' : event === 'change' ? 'changed' : 'created'));
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flushing = this.#flushing.then(() => this.#flush());
    }, coalesceMs);
  }

  async #flush(): Promise<void> {
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [path, change] of pending) {
      const facts = await lstat(posix.join(this.#options.path, path)).catch(() => undefined);
      const isOld = facts !== undefined && facts.ctimeMs < this.#options.startedAtMs - clockTickMs;
      // Reading changes a file's access time only, and links are announced although they were there before.
      if (isOld) continue;
      if (facts === undefined) this.#gone?.missed(path);
      this.#report(path, facts === undefined ? 'deleted' : change === 'deleted' ? 'changed' : change);
    }
  }

  #report(path: string, change: Pending): void {
    const now = performance.now();
    if (now - this.#second.startedAtMs >= 1000) this.#second = { startedAtMs: now, events: 0 };
    this.#second.events += 1;
    if (this.#second.events > this.#bounds.eventsPerSecondMax) {
      this.#dropped += 1;
      return;
    }
    if (this.#reported.size < this.#bounds.sweptEntriesMax) this.#reported.set(path, change);
    this.#options.onChange({ path, change, author: 'unknown' });
  }
}

/** What two events for one path amount to: removed and made again is a change, as editors save. */
function combine(before: Pending | undefined, now: Pending): Pending {
  if (before === undefined) return now;
  if (before === 'deleted') return now === 'deleted' ? 'deleted' : 'changed';
  return now === 'deleted' ? 'deleted' : before;
}
