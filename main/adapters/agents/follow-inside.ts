import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { isInside } from '../../core/agents/system-folders.ts';

/** A folder as an agent sees it, and where it is on the host. */
export interface SeenFolder {
  readonly inside: string;
  readonly host: string;
}

/**
 * Where a path leads that an agent opens. `seen`: something in one of the folders, by a host path without any link.
 * `elsewhere`: a link leads out of them, or to nothing in them. `missing`: nothing is there, and no link.
 */
export type FollowedInside =
  | {
      readonly kind: 'seen';
      readonly inside: string;
      readonly host: string;
      readonly linked: boolean;
      readonly facts: Stats;
    }
  | { readonly kind: 'elsewhere'; readonly inside: string }
  | { readonly kind: 'missing' };

/** As many symbolic links as the kernel follows (path_resolution(7)). */
const hopsMax = 40;

/**
 * Follows an absolute path as the agent would, component by component: its home is another folder on the host, so that the host's
 * own resolution would lead elsewhere. Throws when a folder on the way may not be searched. At once, since each start asks for dozens of
 * names that are mostly missing: a system call or two each, and no thread to wait for.
 */
export function followInside(path: string, folders: readonly SeenFolder[]): FollowedInside {
  const pending = path.split('/').filter((part) => part !== '');
  let current = '/';
  let hops = 0;
  let facts: Stats | undefined;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '.') continue;
    if (part === '..') {
      current = posix.dirname(current);
      continue;
    }
    current = posix.join(current, part);
    // Above the folders nothing is a link: they are canonical. Of the home, what leads to the workspace is not in its store.
    const above = current;
    if (folders.some(({ inside }) => isInside(inside, above))) continue;
    const host = hostPath(current, folders);
    // Beside them nothing is looked at.
    if (host === undefined) return { kind: 'elsewhere', inside: posix.join(current, ...pending) };
    facts = lookAt(host);
    if (facts === undefined) return nothingAt(posix.join(current, ...pending), hops);
    if (!facts.isSymbolicLink()) continue;
    hops += 1;
    if (hops > hopsMax) return nothingAt(current, hops);
    const target = readlinkSync(host);
    pending.unshift(...target.split('/').filter((piece) => piece !== ''));
    current = target.startsWith('/') ? '/' : posix.dirname(current);
  }
  const host = hostPath(current, folders);
  if (host === undefined) return { kind: 'elsewhere', inside: current };
  facts = lookAt(host);
  if (facts === undefined) return nothingAt(current, hops);
  return { kind: 'seen', inside: current, host, linked: hops > 0, facts };
}

function nothingAt(inside: string, hops: number): FollowedInside {
  return hops === 0 ? { kind: 'missing' } : { kind: 'elsewhere', inside };
}

/** The nearest folder counts: a workspace usually lies in the home. */
function hostPath(path: string, folders: readonly SeenFolder[]): string | undefined {
  const holding = folders.filter(({ inside }) => isInside(path, inside));
  const nearest = holding.sort((a, b) => b.inside.length - a.inside.length)[0];
  return nearest === undefined ? undefined : posix.join(nearest.host, path.slice(nearest.inside.length));
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    // A file in the place of a folder.
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOTDIR') return undefined;
    throw cause;
  }
}
