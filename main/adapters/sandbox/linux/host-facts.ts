import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import type { HostFacts, PathKind, SystemPath } from '../../../core/sandbox/plan.ts';
import type { SandboxRequest } from '../../../core/sandbox/sandbox.ts';
import { etcNames, etcPrefixes, systemFolders } from '../../../core/sandbox/system-paths.ts';

/** What does not change while the supervisor runs. */
export type StableHostFacts = Omit<HostFacts, 'kinds'>;

function kindOfStats(stats: Stats | undefined): PathKind {
  if (stats === undefined) return 'missing';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isDirectory()) return 'directory';
  return stats.isFile() ? 'file' : 'other';
}

/** Unreachable counts as missing: what the caller cannot reach, the session cannot get. */
function kindOf(path: string): PathKind {
  try {
    return kindOfStats(lstatSync(path, { throwIfNoEntry: false }));
  } catch {
    return 'missing';
  }
}

function systemPath(path: string): SystemPath[] {
  const kind = kindOf(path);
  if (kind === 'missing' || kind === 'other') return [];
  return [kind === 'symlink' ? { path, kind, target: readlinkSync(path) } : { path, kind }];
}

/** Only what everybody may read: a session of root must not be shown a file that is root's alone. */
function isForEverybody(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.mode & 0o004) !== 0;
}

function etcPaths(): SystemPath[] {
  const prefixed = readdirSync('/etc').filter((name) => etcPrefixes.some((prefix) => name.startsWith(prefix)));
  return [...new Set([...etcNames, ...prefixed])]
    .flatMap((name) => systemPath(`/etc/${name}`))
    .filter(({ path }) => isForEverybody(path));
}

/** Reads the host once. Nothing of it depends on a session. */
export function gatherStableFacts(bubblewrapVersion: readonly [number, number]): StableHostFacts {
  const [major, minor] = bubblewrapVersion;
  return {
    system: [...systemFolders.flatMap(systemPath), ...etcPaths()],
    shell: kindOf('/usr/bin/bash') === 'missing' ? '/bin/sh' : '/bin/bash',
    tmpfsSize: major > 0 || minor >= 7,
    tellingFiles: ['/proc/keys', '/proc/key-users'].filter((path) => kindOf(path) === 'file'),
  };
}

/** Adds what one request names. Links are not followed: a canonical path has none, so one that appears is an attack. */
export function gatherRequestFacts(stable: StableHostFacts, request: SandboxRequest): HostFacts {
  return { ...stable, kinds: new Map(request.binds.map(({ path }) => [path, kindOf(path)])) };
}
