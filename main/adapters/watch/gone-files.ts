/**
 * Guarantee: tells which files that were there before the session are gone from the workspace, within a second or so: not those that
 * were moved within it, made again at once, or lay where a build makes them.
 *
 * Threat: an agent that deletes a project, under new names first or file by file, or that hides a deletion behind a new file that
 * got the inode of the old one.
 *
 * Limits: only files that are watched are missed (`WatchBounds`). What is emptied or overwritten is not gone. On a file system without
 * birth times a file that was moved counts as gone.
 */
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isGenerated } from '../../core/breakers/generated.ts';
import { sweepWorkspace } from './sweep-workspace.ts';

/** How long a missing file has to turn up again, under its name or another. */
const settleMs = 300;
/** So few are judged by where they were seen last; for more the workspace is looked through. */
const fewMax = 20;
/** Entries and time of one look through the workspace; what is not found by then is gone. */
const lookEntriesMax = 50_000;
const lookMs = 2_000;

/** How often a file that was moved is looked at where it is now, until it is watched there. */
const movedLooksMax = 20;

/** A file that was there before, by its inode and birth time, which no program can set. */
interface Known {
  path: string;
  readonly identity: string | undefined;
  movedLooks: number;
}

export interface GoneFilesOptions {
  /** Canonical path of the workspace. */
  readonly path: string;
  /** What was made later is not counted, in milliseconds since the epoch. */
  readonly madeBeforeMs: number;
  /** Files remembered at most. */
  readonly filesMax: number;
  readonly onGone: (paths: readonly string[]) => void;
}

/** The files of a workspace that were there before the session, and which of them are gone. */
export class GoneFiles {
  readonly #options: GoneFilesOptions;
  readonly #byPath = new Map<string, Known>();
  readonly #byIdentity = new Map<string, Known>();
  readonly #missing = new Map<string, Known>();
  #judging = false;
  #closed = false;

  constructor(options: GoneFilesOptions) {
    this.#options = options;
  }

  /** A file was seen at this path, relative to the workspace. */
  seen(path: string, facts: Stats): void {
    if (!facts.isFile() || bornAt(facts) >= this.#options.madeBeforeMs) return;
    const identity = identityOf(facts);
    const known = identity === undefined ? undefined : this.#byIdentity.get(identity);
    if (known !== undefined) known.path = path;
    else if (isGenerated(path) || this.#byPath.size >= this.#options.filesMax) return;
    // Whatever lies at a path by now, it is the person's file that goes when the path does.
    if (this.#byPath.has(path)) return;
    const remembered = known ?? { path, identity, movedLooks: 0 };
    this.#byPath.set(path, remembered);
    if (identity !== undefined) this.#byIdentity.set(identity, remembered);
  }

  /** Nothing is at this path any more. */
  missed(path: string): void {
    const known = this.#byPath.get(path);
    if (known === undefined || this.#closed) return;
    this.#byPath.delete(path);
    this.#missing.set(path, known);
    if (this.#judging) return;
    this.#judging = true;
    void this.#judgeAll();
  }

  close(): void {
    this.#closed = true;
  }

  async #judgeAll(): Promise<void> {
    while (this.#missing.size > 0 && !this.#closed) {
      await pause(settleMs, undefined, { ref: false });
      const missing = new Map(this.#missing);
      this.#missing.clear();
      const gone = await this.#judge(missing);
      if (gone.length > 0 && !this.#closed) this.#options.onGone(gone);
    }
    this.#judging = false;
  }

  async #judge(missing: ReadonlyMap<string, Known>): Promise<string[]> {
    const left = new Map<string, Known>();
    for (const [path, known] of missing) {
      if ((await this.#factsOf(path)) !== undefined) this.#isThere(path, known);
      else if (!(await this.#isAt(known.path, known))) left.set(path, known);
    }
    const elsewhere = left.size > fewMax ? await this.#lookFor(left) : new Map<string, string>();
    const gone: string[] = [];
    for (const [path, known] of left) {
      const place = known.identity === undefined ? undefined : elsewhere.get(known.identity);
      if (place === undefined) {
        gone.push(path);
        if (known.identity !== undefined) this.#byIdentity.delete(known.identity);
      } else if (!this.#byPath.has(place)) this.#isThere(place, known);
    }
    return gone;
  }

  /** It is there now; one that was moved may go again before anything tells, so it is looked at until it is watched. */
  #isThere(path: string, known: Known): void {
    const wasMoved = known.path !== path || known.movedLooks > 0;
    known.path = path;
    if (this.#byPath.has(path)) known.movedLooks = 0;
    else if (wasMoved && known.movedLooks < movedLooksMax) {
      known.movedLooks += 1;
      this.#missing.set(path, known);
    } else {
      known.movedLooks = 0;
      this.#byPath.set(path, known);
    }
  }

  async #isAt(path: string, { identity }: Known): Promise<boolean> {
    if (identity === undefined) return false;
    const facts = await this.#factsOf(path);
    return facts !== undefined && identityOf(facts) === identity;
  }

  /** Files that are still in the workspace, by identity, and where. */
  async #lookFor(files: ReadonlyMap<string, Known>): Promise<Map<string, string>> {
    const wanted = new Set([...files.values()].map(({ identity }) => identity));
    const found = new Map<string, string>();
    await sweepWorkspace({
      path: this.#options.path,
      changedSinceMs: Number.POSITIVE_INFINITY,
      entriesMax: lookEntriesMax,
      timeMs: lookMs,
      onFound: () => {},
      onEntry: (path, facts) => {
        const identity = identityOf(facts);
        if (identity !== undefined && wanted.has(identity)) found.set(identity, path);
      },
    });
    return found;
  }

  #factsOf(path: string): Promise<Stats | undefined> {
    return lstat(posix.join(this.#options.path, path)).catch(() => undefined);
  }
}

/** Inodes are given again at once, birth times are not. Undefined where there are none. */
function identityOf({ dev, ino, birthtimeMs }: Stats): string | undefined {
  return birthtimeMs === 0 ? undefined : `${dev}:${ino}:${birthtimeMs}`;
}

function bornAt({ birthtimeMs, ctimeMs }: Stats): number {
  return birthtimeMs === 0 ? ctimeMs : birthtimeMs;
}
