import { lstat, readlink } from 'node:fs/promises';
import { posix } from 'node:path';

/** One symbolic link met on the way: its own canonical place and its target exactly as stored. */
export interface LinkHop {
  readonly at: string;
  readonly target: string;
}

export interface FollowedPath {
  /** Without any symbolic link. */
  readonly real: string;
  readonly hops: readonly LinkHop[];
}

/** As many symbolic links as the kernel follows (path_resolution(7)). */
const hopsMax = 40;

/**
 * Resolves an absolute path one component at a time, as the kernel would, and keeps every symbolic link it met, so
 * that the same path can be made to work where only its links and its end are shown. Undefined when nothing is there,
 * when links turn in a circle, or when a folder on the way may not be searched.
 */
export async function followPath(path: string): Promise<FollowedPath | undefined> {
  const hops: LinkHop[] = [];
  const pending = path.split('/').filter((part) => part !== '');
  let current = '/';
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '.') continue;
    if (part === '..') {
      current = posix.dirname(current);
      continue;
    }
    const next = posix.join(current, part);
    const target = await linkTarget(next);
    if (target === undefined) return undefined;
    if (target === notALink) {
      current = next;
      continue;
    }
    hops.push({ at: next, target });
    if (hops.length > hopsMax) return undefined;
    pending.unshift(...target.split('/').filter((piece) => piece !== ''));
    if (target.startsWith('/')) current = '/';
  }
  return { real: current, hops };
}

/** No stored target is empty, so the empty string can stand for "not a link". */
const notALink = '';

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : notALink;
  } catch {
    // Missing, unsearchable or gone meanwhile: for the caller, nothing is there.
    return undefined;
  }
}
