import { accessSync, constants, readFileSync } from 'node:fs';
import type { Mechanism } from '#contract/doctor.ts';

function isDelegated(): boolean {
  try {
    const own = /^0::(\/.*)$/mu.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    if (own === undefined) return false;
    const folder = `/sys/fs/cgroup${own}`;
    const controllers = readFileSync(`${folder}/cgroup.controllers`, 'utf8').split(/\s+/u);
    accessSync(`${folder}/cgroup.procs`, constants.W_OK);
    accessSync(folder, constants.W_OK);
    return controllers.includes('memory') && controllers.includes('pids');
  } catch {
    return false;
  }
}

/** How the limits of a session are enforced on this machine, and what that leaves open. */
export function cgroupMechanism(): Mechanism {
  return {
    id: 'limits',
    title: 'Limits of memory and processes',
    state: 'limited',
    detail: `Set per process (memory) and per session (processes) with rlimits; memory is not bounded for a session as a whole. ${
      isDelegated() ? 'A delegated cgroup is present but not used yet.' : 'No cgroup is delegated to this user.'
    }`,
  };
}
