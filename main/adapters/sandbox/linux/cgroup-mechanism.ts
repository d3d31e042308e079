import { existsSync } from 'node:fs';
import type { Mechanism } from '#contract/doctor.ts';
import type { CgroupPlace, NoCgroupPlace } from './cgroup-place.ts';

/** Only systemd delegates on request; elsewhere the administrator sets it up, and nothing general can be said. */
function delegateRemedy(): string | undefined {
  if (!existsSync('/run/systemd/system')) return undefined;
  const scope = process.geteuid?.() === 0 ? '--scope' : '--user --scope';
  return `Start the supervisor in a cgroup of its own: systemd-run ${scope} -p Delegate=yes gatehouse supervisor start`;
}

/**
 * Which limit is held by what on this machine. `problem` is what last went wrong with a session's cgroup, which is then held by
 * resource limits; its `session.started` says so.
 */
export function cgroupMechanism(found: CgroupPlace | NoCgroupPlace, problem?: string): Mechanism {
  const holders = 'folder' in found ? found.controllers : [];
  const memory = holders.includes('memory');
  const pids = holders.includes('pids');
  const parts = [
    memory
      ? 'Memory: held for the session as a whole by a cgroup.'
      : 'Memory: held by resource limits, for each process and not for the session as a whole.',
    pids
      ? 'Processes: held for the session by a cgroup.'
      : 'Processes: held for the session by a resource limit of its user namespace.',
    'Open files: held by a resource limit, for each process.',
    'folder' in found ? `The cgroups of sessions are made below ${found.folder}.` : found.why,
    ...(problem === undefined ? [] : [`Lately ${problem}; resource limits held instead.`]),
  ];
  const remedy = 'folder' in found ? undefined : delegateRemedy();
  const held = memory && pids && problem === undefined;
  return {
    id: 'cgroup-limits',
    title: 'Limits of memory and processes',
    state: held ? 'ok' : 'limited',
    detail: parts.join(' '),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
