import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { posix } from 'node:path';
import { watchScope } from '../../core/agents/workspace-noise.ts';

export interface SweepOptions {
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly changedSinceMs: number;
  readonly entriesMax: number;
  readonly timeMs: number;
  /** Called for each file or link, and each new folder, whose inode changed since then; `path` is relative. */
  readonly onFound: (path: string, change: 'created' | 'changed') => void;
  /** Called with the facts of everything that is looked at. */
  readonly onEntry?: (path: string, facts: Stats) => void;
}

export interface SweepResult {
  readonly entries: number;
  /** Why not everything was looked at. */
  readonly incomplete: string | undefined;
}

/** Entries looked at together; between two batches everything else gets its turn. */
const batchEntries = 64;

/**
 * Walks the whole workspace once, without following links, and finds what changed by the inode's change time, which no
 * program can set. Never blocks: every step is asynchronous and small.
 */
export async function sweepWorkspace(options: SweepOptions): Promise<SweepResult> {
  const walk: Walk = { options, endsAtMs: performance.now() + options.timeMs, folders: [''], entries: 0 };
  let unreadable = 0;
  for (let folder = walk.folders.pop(); folder !== undefined; folder = walk.folders.pop()) {
    const outcome = await sweepFolder(folder, walk);
    if (outcome === 'unreadable') unreadable += 1;
    if (outcome === 'bound') return { entries: walk.entries, incomplete: `Only ${walk.entries} files were looked at.` };
  }
  return {
    entries: walk.entries,
    incomplete: unreadable === 0 ? undefined : `${unreadable} folders could not be read.`,
  };
}

interface Walk {
  readonly options: SweepOptions;
  readonly endsAtMs: number;
  /** Still to be looked at; bounded by `entriesMax`. */
  readonly folders: string[];
  entries: number;
}

async function sweepFolder(folder: string, walk: Walk): Promise<'done' | 'unreadable' | 'bound'> {
  const { options } = walk;
  let batch: string[] = [];
  try {
    for await (const entry of await opendir(posix.join(options.path, folder), { bufferSize: batchEntries })) {
      if (walk.entries >= options.entriesMax || performance.now() > walk.endsAtMs) return 'bound';
      walk.entries += 1;
      const path = posix.join(folder, entry.name);
      const scope = watchScope(path);
      if (scope === 'ignore') continue;
      if (isFolder(entry) && scope === 'follow') walk.folders.push(path);
      batch.push(path);
      if (batch.length < batchEntries) continue;
      await judgeAll(batch, options);
      batch = [];
    }
  } catch {
    // Removed meanwhile, or not readable for us; the result counts it.
    return 'unreadable';
  }
  await judgeAll(batch, options);
  return 'done';
}

function isFolder(entry: Dirent): boolean {
  return entry.isDirectory() && !entry.isSymbolicLink();
}

async function judgeAll(paths: readonly string[], options: SweepOptions): Promise<void> {
  const all = await Promise.all(paths.map((path) => lstat(posix.join(options.path, path)).catch(() => undefined)));
  paths.forEach((path, at) => {
    const facts = all[at];
    if (facts !== undefined) options.onEntry?.(path, facts);
    const change = facts === undefined ? undefined : judge(facts, options.changedSinceMs);
    if (change !== undefined) options.onFound(path, change);
  });
}

/** A folder changes with every name in it, which is reported itself; only a new folder says something of its own. */
function judge(facts: Stats, sinceMs: number): 'created' | 'changed' | undefined {
  if (facts.ctimeMs < sinceMs) return undefined;
  // File systems without birth times report zero or the change time; a replaced file has a new inode and counts as new.
  if (facts.birthtimeMs >= sinceMs) return 'created';
  return facts.isDirectory() ? undefined : 'changed';
}
