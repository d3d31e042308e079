import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Mechanism } from '#contract/doctor.ts';
import type { SandboxRequest } from '../../../core/sandbox/sandbox.ts';
import { cgroupMechanism } from './cgroup-mechanism.ts';
import { type CgroupPlace, findCgroupPlace, processesOf, sessionsName, supervisorName } from './cgroup-place.ts';
import { errorCode } from './error-code.ts';
import { endCgroup, makeSessionCgroup, removeCgroup, type SessionCgroup } from './session-cgroup.ts';

/** Rounds of moving ourselves to our leaf: a child may be forked between two of them. */
const moveRoundsMax = 10;
/** Another supervisor may end its last session, and remove what both use, while this one makes its own. */
const makeTriesMax = 5;

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Lets a cgroup's children use a controller. */
function passOn(folder: string, controller: string): void {
  const file = path.join(folder, 'cgroup.subtree_control');
  if (readFileSync(file, 'utf8').trim().split(' ').includes(controller)) return;
  writeFileSync(file, `+${controller}`, { flag: 'r+' });
}

function moveOurselves(place: CgroupPlace): void {
  if (processesOf(place.folder).length === 0) return;
  const leaf = path.join(place.folder, supervisorName);
  makeFolder(leaf);
  for (let round = 0; round < moveRoundsMax; round += 1) {
    const left = processesOf(place.folder);
    if (left.length === 0) return;
    for (const pid of left) moveProcess(leaf, pid);
  }
}

function moveProcess(leaf: string, pid: number): void {
  try {
    writeFileSync(path.join(leaf, 'cgroup.procs'), String(pid), { flag: 'r+' });
  } catch (error) {
    // It has ended meanwhile.
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Makes the parent of the sessions' cgroups. Returns the place with the controllers that reach the sessions. */
function preparePlace(place: CgroupPlace, problem: (why: string) => void): CgroupPlace {
  if (place.kind === 'own') moveOurselves(place);
  const sessions = path.join(place.folder, sessionsName);
  makeFolder(sessions);
  const passed = place.controllers.filter((controller) => {
    try {
      passOn(place.folder, controller);
      passOn(sessions, controller);
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw error;
      problem(`the ${controller} controller could not be passed on to sessions (${errorCode(error)})`);
      return false;
    }
  });
  return { ...place, controllers: passed };
}

/** `PIDNAMESPACE.PID.STARTTIME`: a name that no other process of this boot ever has. */
function processName(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${readlinkSync('/proc/self/ns/pid').replace(/\D/gu, '')}.${pid}.${startTime}`;
  } catch {
    return undefined;
  }
}

/** Removes what supervisors of this pid namespace left that are gone. Those of others cannot be judged from here. */
async function removeLeftovers(place: CgroupPlace, problem: (why: string) => void): Promise<void> {
  const sessions = path.join(place.folder, sessionsName);
  const own = processName(process.pid)?.split('.')[0];
  const entries = await readdir(sessions, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') problem(`${sessions} could not be read (${errorCode(error)})`);
    return [];
  });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const [namespace, pid, startTime] = name.split('.');
    if (namespace !== own || processName(Number(pid)) === `${namespace}.${pid}.${startTime}`) continue;
    await endCgroup(path.join(sessions, name)).catch((error: unknown) =>
      problem(`${name} of a former supervisor could not be removed (${errorCode(error)})`),
    );
  }
  removeCgroup(sessions);
}

/** The cgroups of this supervisor's sessions. */
export class Cgroups {
  #made = 0;
  #swept: Promise<void> | undefined;
  #problem: string | undefined;
  readonly #note = (why: string) => {
    this.#problem = why;
  };

  /** What doctor says about the limits; looks, and changes nothing. */
  mechanism(): Mechanism {
    return cgroupMechanism(findCgroupPlace(), this.#problem);
  }

  /** Makes a session its cgroup; undefined where none is delegated, or none of its limits needs one. */
  async make({ sessionId, limits }: SandboxRequest): Promise<SessionCgroup | undefined> {
    const found = findCgroupPlace();
    if ('why' in found) return undefined;
    this.#swept ??= removeLeftovers(found, this.#note);
    await this.#swept;
    this.#made += 1;
    const name = `${processName(process.pid)}.${this.#made}.${sessionId}`;
    for (let tries = 1; ; tries += 1) {
      try {
        return makeSessionCgroup(preparePlace(found, this.#note), name, limits, this.#note);
      } catch (error) {
        if (errorCode(error) === 'ENOENT' && tries < makeTriesMax) continue;
        // Resource limits then hold what a cgroup would have held, and the record of the session says so.
        this.#note(`no cgroup could be made for a session (${errorCode(error)})`);
        return undefined;
      }
    }
  }
}
