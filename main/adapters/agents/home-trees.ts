import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, opendir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Entries of a private home that are counted; a home with more is told as `at least`. */
const entriesMax = 50_000;
/** How long removing a home may take before it is left for the next start. */
const removeTimeoutMs = 120_000;
/** What was taken out of the way, and is being removed. */
const gonePrefix = '.gone-';

/** How much is in a folder. */
export interface TreeSize {
  readonly bytes: number;
  readonly files: number;
  /** Everything was counted. */
  readonly complete: boolean;
}

/** Counts files and their bytes; links are not followed. */
export async function measureTree(root: string): Promise<TreeSize> {
  let [bytes, files, entries, complete] = [0, 0, 0, true];
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    try {
      for await (const entry of await opendir(folder)) {
        entries += 1;
        if (entries > entriesMax) return { bytes, files, complete: false };
        const path = join(folder, entry.name);
        if (entry.isDirectory()) pending.push(path);
        else {
          files += 1;
          bytes += (await lstat(path)).size;
        }
      }
    } catch {
      // Shut by its mode, gone meanwhile, or deeper than a path may be long.
      complete = false;
    }
  }
  return { bytes, files, complete };
}

/** Takes a folder out of its place at once, and returns where it is now, for `removeTree`. */
export async function setAside(parent: string, name: string): Promise<string> {
  const gone = join(parent, `${gonePrefix}${randomBytes(8).toString('hex')}`);
  await rename(join(parent, name), gone);
  return gone;
}

/**
 * Removes a tree that an agent made. The system's own tools do it: they go by descriptors, follow no link, and stop at no depth; folders
 * that were shut are opened first.
 */
export async function removeTree(path: string): Promise<void> {
  const run = promisify(execFile);
  const options = { timeout: removeTimeoutMs, env: { PATH: '/usr/bin:/bin' }, cwd: '/' };
  await run('chmod', ['-R', 'u+rwX', '--', path], options).catch(() => undefined);
  await run('rm', ['-rf', '--one-file-system', '--', path], options);
}

/** Removes what an earlier removal could not finish. */
export async function removeSetAside(homes: string): Promise<void> {
  for (const agent of await readdir(homes).catch(() => [])) {
    const names = await readdir(join(homes, agent)).catch(() => []);
    for (const name of names.filter((each) => each.startsWith(gonePrefix))) await removeTree(join(homes, agent, name));
  }
}
