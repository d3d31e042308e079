import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isWithin, relativeTo } from '../../../core/sandbox/path-components.ts';
import { errorCode } from './error-code.ts';

/** The controllers that hold a limit of a session. */
export const controllers = ['memory', 'pids'] as const;
export type Controller = (typeof controllers)[number];

/** Below a place: the parent of every session's cgroup, and the leaf that the supervisor moves itself into. */
export const sessionsName = 'gatehouse';
export const supervisorName = 'gatehouse.supervisor';

/** A cgroup below which sessions may have their own. */
export interface CgroupPlace {
  readonly folder: string;
  /**
   * `root`: the root of the hierarchy, which alone may have processes and controllers at once. `own`: a delegated one with no
   * process but the supervisor's, which move to a leaf first (cgroup-v2.rst, "No Internal Process Constraint").
   */
  readonly kind: 'root' | 'own';
  readonly controllers: readonly Controller[];
}

/** Why there is no place. */
export interface NoCgroupPlace {
  readonly why: string;
}

interface Cgroup2Mount {
  /** The cgroup that is mounted there. */
  readonly root: string;
  readonly mountPoint: string;
}

function unescapeMountField(field: string): string {
  return field.replace(/\\([0-7]{3})/gu, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The cgroup v2 mounts in `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
export function parseCgroup2Mounts(mountinfo: string): Cgroup2Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ', 2);
    const [, , , root = '', mountPoint = ''] = before.split(' ');
    if (!after.startsWith('cgroup2 ') || root === '' || mountPoint === '') return [];
    return [{ root: unescapeMountField(root), mountPoint: unescapeMountField(mountPoint) }];
  });
}

/** Own cgroup of the unified hierarchy in `/proc/self/cgroup`; undefined when there is none, or it lies out of sight. */
export function parseOwnCgroup(text: string): string | undefined {
  const own = /^0::(\/.*)$/mu.exec(text)?.[1];
  return own === undefined || own.endsWith(' (deleted)') || own.split('/').includes('..') ? undefined : own;
}

/** Folder of a cgroup under the mount that shows it. */
export function locateCgroup(mounts: readonly Cgroup2Mount[], own: string): string | undefined {
  const mount = mounts.find(({ root }) => isWithin(own, root));
  if (mount === undefined) return undefined;
  return path.join(mount.mountPoint, own === mount.root ? '' : relativeTo(own, mount.root));
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold anything.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function isOurs(pid: number): boolean {
  try {
    let at = pid;
    while (at > 1 && at !== process.pid) at = parentOf(at);
    return at === process.pid;
  } catch {
    // It has ended, so it is nobody's; should it have been replaced, the next look finds that one.
    return true;
  }
}

/** Processes of one cgroup. `0` stands for one outside our pid namespace. */
export function processesOf(folder: string): number[] {
  return readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
}

/** Only the root of the hierarchy has no type. */
function isHierarchyRoot(folder: string): boolean {
  return existsSync(path.join(folder, 'cgroup.procs')) && !existsSync(path.join(folder, 'cgroup.type'));
}

function judge(folder: string): CgroupPlace | NoCgroupPlace {
  try {
    const offered = readFileSync(path.join(folder, 'cgroup.controllers'), 'utf8').split(/\s+/u);
    const usable = controllers.filter((name) => offered.includes(name));
    if (usable.length === 0) return { why: `${folder} has neither the memory nor the pids controller.` };
    for (const name of ['', 'cgroup.procs', 'cgroup.subtree_control']) {
      accessSync(path.join(folder, name), constants.W_OK);
    }
    if (isHierarchyRoot(folder)) return { folder, kind: 'root', controllers: usable };
    if (readFileSync(path.join(folder, 'cgroup.type'), 'utf8').trim() !== 'domain') {
      return { why: `${folder} is threaded and cannot hold whole processes.` };
    }
    const others = processesOf(folder).filter((pid) => !isOurs(pid));
    if (others.length === 0) return { folder, kind: 'own', controllers: usable };
    return { why: `${folder} holds processes that are not Gatehouse’s (${others.length}), and those are not moved.` };
  } catch (error) {
    return { why: `${folder} is not delegated to this user (${errorCode(error)}).` };
  }
}

/**
 * Looks where the cgroups of sessions can be made; changes nothing. Looked at in this order: the supervisor's own cgroup (or the
 * one above, when it has moved to its leaf already), then, for root, the root of the hierarchy. The first with both controllers wins.
 */
export function findCgroupPlace(): CgroupPlace | NoCgroupPlace {
  const mounts = parseCgroup2Mounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  const own = parseOwnCgroup(readFileSync('/proc/self/cgroup', 'utf8'));
  const folder = own === undefined ? undefined : locateCgroup(mounts, own);
  if (folder === undefined) return { why: 'No cgroup v2 hierarchy shows the cgroup of the supervisor.' };
  const folders = [path.basename(folder) === supervisorName ? path.dirname(folder) : folder];
  const top = mounts.find(({ root, mountPoint }) => root === '/' && isHierarchyRoot(mountPoint));
  if (process.geteuid?.() === 0 && top !== undefined && !folders.includes(top.mountPoint)) folders.push(top.mountPoint);
  const judged = folders.map(judge);
  const places = judged.filter((each): each is CgroupPlace => 'folder' in each);
  const [first] = places;
  if (first !== undefined) return places.find((place) => place.controllers.length === controllers.length) ?? first;
  return judged.find((each): each is NoCgroupPlace => 'why' in each) ?? { why: 'There is no cgroup.' };
}
