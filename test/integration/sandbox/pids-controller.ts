import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findCgroupPlace, parseCgroup2Mounts } from '../../../main/adapters/sandbox/linux/cgroup-place.ts';
import { eventually } from '../../helpers/poll.ts';

/** The pids controller of cgroup v2, had for a while. */
export interface PidsController {
  /** Below it sessions get their cgroups. */
  readonly folder: string;
  /** Gives the machine back what was taken. */
  restore(): Promise<void>;
}

/** How long the kernel may take to move a controller from one hierarchy to another; then somebody uses it. */
const moveMsMax = 3_000;
/** A session that ends meanwhile lets go of its copy of the mount, so it is tried again. */
const moveTriesMax = 5;

/** How long giving it back may take: other supervisors of the machine may use the controller meanwhile. */
const restoreMsMax = 120_000;

const hasPids = (folder: string) => readFileSync(path.join(folder, 'cgroup.controllers'), 'utf8').includes('pids');

function mountsOf(kind: RegExp): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => kind.test(line))
    .map((line) => line.split(' ')[4] ?? '');
}

/** Bottom up, since a controller that a child passes on cannot be taken from its parent. */
function takeBack(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name.startsWith('gatehouse')) takeBack(path.join(folder, entry.name));
  }
  writeFileSync(path.join(folder, 'cgroup.subtree_control'), '-pids');
}

/**
 * Finds the controller where it is delegated; as root, moves it over from a version 1 hierarchy that nobody uses. Otherwise
 * answers why there is none. Whatever happens, the hierarchy that was there is mounted again.
 */
export async function openPidsController(): Promise<PidsController | { readonly why: string }> {
  const found = findCgroupPlace();
  if ('folder' in found && found.controllers.includes('pids')) {
    return { folder: found.folder, restore: async () => undefined };
  }
  const why = 'why' in found ? found.why : `${found.folder} has no pids controller.`;
  const [old, ...more] = mountsOf(/ - cgroup \S+ (?:\S+,)?pids(?:,|$)/u);
  const root = parseCgroup2Mounts(readFileSync('/proc/self/mountinfo', 'utf8')).find((mount) => mount.root === '/');
  if (process.geteuid?.() !== 0 || old === undefined || more.length > 0 || root === undefined) return { why };
  const used = readdirSync(old, { withFileTypes: true }).some((entry) => entry.isDirectory());
  if (used) return { why: `${why} The version 1 hierarchy of pids is in use.` };
  const mountOld = () => execFileSync('mount', ['-t', 'cgroup', '-o', 'pids', 'cgroup', old], { stdio: 'pipe' });
  const restore = async () => {
    await eventually(
      () => {
        takeBack(root.mountPoint);
        mountOld();
        return true;
      },
      { what: `the pids hierarchy to be mounted at ${old} again`, deadlineMs: restoreMsMax },
    );
  };
  for (let tries = 0; tries < moveTriesMax; tries += 1) {
    execFileSync('umount', [old]);
    try {
      await eventually(() => hasPids(root.mountPoint), { what: 'the controller to move', deadlineMs: moveMsMax });
      return { folder: root.mountPoint, restore };
    } catch {
      mountOld();
    }
  }
  return { why: `${why} The version 1 hierarchy of pids is held by another mount namespace.` };
}

/** Removes a cgroup of a test, and those in it, once nothing runs there. */
export async function removeCgroups(folder: string): Promise<void> {
  await eventually(
    () => {
      if (!existsSync(folder)) return true;
      for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }).reverse()) {
        if (entry.isDirectory()) rmdirSync(path.join(entry.parentPath, entry.name));
      }
      rmdirSync(folder);
      return true;
    },
    { what: `${folder} to be removed` },
  );
}
