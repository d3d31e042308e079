import { accessSync, constants, readdirSync } from 'node:fs';
import type { Mechanism } from '#contract/doctor.ts';
import { findCgroupPlace } from './cgroup-place.ts';
import { kernelIsAtLeast, readSetting, softLimit } from './kernel-settings.ts';

/** Files and folders that one session may watch (`workspace-watch.ts`); two sessions in large workspaces beside an editor. */
const watchesWanted = 65_536;
/** Descriptors a session takes in the supervisor while it starts, with room for its connections. */
const descriptorsWanted = 256;

/** What the kernel is set to, read and not tried: nothing of it refuses a session. */
export function kernelMechanisms(): readonly Mechanism[] {
  return [coreDumps(), terminals(), cpuTime(), openFiles(), fileWatches(), seccompNotify(), fuse()];
}

function coreDumps(): Mechanism {
  const about = { id: 'core-dumps', title: 'Core dumps' };
  const pattern = readSetting('/proc/sys/kernel/core_pattern') ?? 'unknown';
  const inside = 'Switched off inside sessions';
  // One byte, which keeps even a program that takes cores from being started.
  if ((softLimit('Max core file size') ?? 0) <= 1) {
    return {
      ...about,
      state: 'ok',
      detail: `${inside} and for Gatehouse itself (the system’s pattern is ${pattern}).`,
    };
  }
  return {
    ...about,
    state: 'limited',
    detail: `${inside}. A crash of Gatehouse itself would leave its memory where the system’s pattern says: ${pattern}.`,
    remedy: '`ulimit -c 0`, then `gatehouse supervisor stop` and start it again.',
  };
}

function terminals(): Mechanism {
  const about = { id: 'terminals', title: 'Terminals' };
  const most = Number(readSetting('/proc/sys/kernel/pty/max') ?? Number.NaN);
  const used = Number(readSetting('/proc/sys/kernel/pty/nr') ?? Number.NaN);
  try {
    accessSync('/dev/ptmx', constants.R_OK | constants.W_OK);
  } catch {
    return {
      ...about,
      state: 'limited',
      detail: '/dev/ptmx cannot be opened: agents run with pipes only.',
      remedy: 'Mount devpts; inside a container, start it with a terminal.',
    };
  }
  const detail = Number.isNaN(most) ? 'They can be opened.' : `${used} of ${most} are open on this machine.`;
  if (!(most - used < 8)) return { ...about, state: 'ok', detail };
  return { ...about, state: 'limited', detail, remedy: 'Close some, or run sudo sysctl kernel.pty.max=4096.' };
}

function cpuTime(): Mechanism {
  const found = findCgroupPlace();
  const offered = 'folder' in found ? (readSetting(`${found.folder}/cgroup.controllers`) ?? '') : '';
  const delegated = offered.split(' ').includes('cpu') ? 'is' : 'is not';
  return {
    id: 'cpu-time',
    title: 'CPU time',
    state: 'unused',
    detail: `Shared as among any programs; no session is limited. The cgroup controller for it ${delegated} delegated here.`,
  };
}

function openFiles(): Mechanism {
  const about = { id: 'open-files', title: 'Open files of Gatehouse' };
  const most = softLimit('Max open files') ?? 0;
  const used = readdirSync('/proc/self/fd').length;
  const detail = `${used} of ${most === Number.POSITIVE_INFINITY ? 'any number' : most}.`;
  if (most - used >= descriptorsWanted) return { ...about, state: 'ok', detail };
  return {
    ...about,
    state: 'limited',
    detail: `${detail} New sessions may be refused; running ones go on.`,
    remedy: 'Stop sessions, or `ulimit -n 4096` before the supervisor starts.',
  };
}

function fileWatches(): Mechanism {
  const about = { id: 'file-watches', title: 'File watches (inotify)' };
  const watches = Number(readSetting('/proc/sys/fs/inotify/max_user_watches') ?? 0);
  const instances = Number(readSetting('/proc/sys/fs/inotify/max_user_instances') ?? 0);
  const detail = `You may have ${watches} watches, in ${instances} instances, editors included.`;
  if (watches >= watchesWanted && instances >= 64) return { ...about, state: 'ok', detail };
  return {
    ...about,
    state: 'limited',
    detail: `${detail} What is not watched is compared at the session’s end.`,
    remedy: 'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
  };
}

function seccompNotify(): Mechanism {
  const about = { id: 'seccomp-notify', title: 'System calls that wait for an answer', state: 'unused' } as const;
  const actions = readSetting('/proc/sys/kernel/seccomp/actions_avail')?.split(' ') ?? [];
  if (!actions.includes('user_notif')) return { ...about, detail: 'This kernel has none. Nothing uses them yet.' };
  const killable = kernelIsAtLeast([5, 19]);
  const quick = kernelIsAtLeast([6, 6]);
  const missing = killable ? (quick ? '' : ', without the quick way of 6.6') : ', without the safe way of 5.19';
  return { ...about, detail: `This kernel has them${missing}. Nothing uses them yet.` };
}

function fuse(): Mechanism {
  const about = { id: 'fuse', title: 'File systems of a session’s own (FUSE)', state: 'unused' } as const;
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return { ...about, detail: '/dev/fuse can be opened. Nothing uses it yet.' };
  } catch {
    return { ...about, detail: '/dev/fuse cannot be opened. Nothing uses it yet.' };
  }
}
