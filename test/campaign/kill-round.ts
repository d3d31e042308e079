import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findInhabitants } from '../escape/harness/survivors.ts';
import { eventually } from '../helpers/poll.ts';
import { findProcess, isRunning, processesWithArgument } from '../helpers/processes.ts';
import { findEndless, findLost } from './acknowledged.ts';
import { findLitter, type KillGround } from './kill-ground.ts';
import { type LoadSession, loadKinds, startDirect, startThroughClient } from './kill-load.ts';
import { findCast, type Role, roles } from './kill-victims.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What was struck, and what was seen. */
export interface RoundResult {
  readonly role: Role;
  readonly sessions: number;
  /** What somebody knew of: requests, lines, files, answers, told entries. */
  readonly acknowledged: number;
  readonly events: number;
}

/** Sessions at once, besides the one that the command line holds. */
const sessionsMax = 3;
/** The kill falls somewhere in this time after the first start. */
const killWithinMs = 500;
/** What is looked at besides of the record: more than the last round wrote at its end. */
const earlierEvents = 500;
/** Only ends what hangs. */
const deadlineMs = 90_000;

/** Strikes one process under load, of `part` when that is given, and checks everything that must hold afterwards. Throws with what does not. */
export async function runKillRound(
  ground: KillGround,
  random: SeededRandom,
  name: string,
  part?: Role,
): Promise<RoundResult> {
  const from = (await ground.control.call('supervisor.status', {})).events;
  const drawn = random.pick(roles);
  const wanted = part ?? drawn;
  const sessions: LoadSession[] = [];
  const count = 1 + random.below(sessionsMax);
  const waitMs = random.below(killWithinMs);
  const viaClient = wanted === 'client' || random.below(2) === 0;
  const kinds = Array.from({ length: count + 1 }, () => random.pick(loadKinds));
  const startedAt = performance.now();
  for (const [index, kind] of kinds.entries()) {
    const mark = `${name}-${index}`;
    if (index > 0) sessions.push(startDirect(ground, ground.control, kind, mark));
    else if (viaClient) sessions.push(startThroughClient(ground, kind === 'short' ? 'writer' : kind, mark));
  }
  await pause(Math.max(0, waitMs - (performance.now() - startedAt)));
  const choice = random.below(1_000);
  const role = await strike(ground, sessions, wanted, choice);
  try {
    return await judge(ground, { sessions, role, from, name });
  } catch (error) {
    const load = sessions.map(
      ({ kind, id, client }) => `${kind} ${id ?? (client === undefined ? 'not answered' : 'of a client')}`,
    );
    throw new Error(
      `the ${role} was struck beside ${load.join(', ')}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** Ends the load and looks at everything that must hold. */
async function judge(
  ground: KillGround,
  struck: {
    readonly sessions: readonly LoadSession[];
    readonly role: Role;
    readonly from: number;
    readonly name: string;
  },
): Promise<RoundResult> {
  const { sessions, role, from, name } = struck;
  const killed = await endLoad(ground, sessions, role);
  await expectNobody(ground, name);
  const written = await takeWritten(ground);
  await serveAgain(ground);
  const acknowledged = { sessions, killed, written, requests: ground.service.takePaths(), told: ground.takeTold() };
  // A follower may be told of the last round's end in this one, and a session whose client was killed while it asked may come late.
  const events = await ground.eventsAfter(Math.max(0, from - earlierEvents));
  const problems = [
    ...findLost(acknowledged, events),
    ...findEndless(events).map((id) => `session ${id} has no end on record`),
    ...(await findLitter(ground)).map((file) => `litter: ${file}`),
  ];
  const verified = await ground.control.call('log.verify', {});
  if (!verified.ok) problems.push(`log verify: ${JSON.stringify(verified.damage)}`);
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('; '));
  const { requests, told } = acknowledged;
  return {
    role,
    sessions: sessions.length,
    acknowledged:
      sessions.filter(({ spoke }) => spoke).length + killed.length + written.length + requests.length + told.length,
    events: events.length,
  };
}

/** Kills one process that plays the part; another part when nobody plays it and nobody will. */
async function strike(
  ground: KillGround,
  sessions: readonly LoadSession[],
  wanted: Role,
  choice: number,
): Promise<Role> {
  let role = wanted;
  for (let looks = 0; ; looks += 1) {
    const cast = await findCast(ground.pid, sessions);
    const candidates = cast[role];
    const pid = candidates[choice % Math.max(1, candidates.length)];
    if (pid !== undefined && kill(pid)) return role;
    // All short ones are over, or that part is not played in this build.
    if (role === 'keychain worker' || looks > 20) role = choice % 2 === 0 ? 'egress worker' : 'supervisor';
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    // It ended in between.
    return false;
  }
}

/** Ends what still runs; returns the sessions whose end was answered. */
async function endLoad(ground: KillGround, sessions: readonly LoadSession[], role: Role): Promise<string[]> {
  if (role === 'supervisor') {
    const direct = sessions.filter(({ client }) => client === undefined);
    await within(Promise.all(direct.map(({ over }) => over)), 'every client to see that the supervisor is gone');
    // A command line that came late has started the next supervisor and runs in it.
    await ground.connect();
    await within(Promise.all(sessions.map(({ started }) => started)), 'every command line to start or to give up');
  } else await within(Promise.all(sessions.map(({ started }) => started)), 'every start to be answered');
  const answered = await within(ground.control.call('session.kill', { all: true }), 'the answer to kill');
  await within(Promise.all(sessions.map(({ over }) => over)), 'every client to see the end of its session');
  return answered.sessions.map(({ id }) => id);
}

/** Nobody lives who belongs to a session: neither in its namespaces, nor by an argument of its own. */
async function expectNobody(ground: KillGround, name: string): Promise<void> {
  let left: string[] = [];
  await eventually(
    async () => {
      const pids = [
        ...(await findInhabitants(ground.home.folder)),
        ...(await processesWithArgument(`${name}-`)).map(({ pid }) => pid),
      ];
      const facts = await Promise.all(pids.map(findProcess));
      left = facts.flatMap((one) =>
        one === undefined || one.state === 'Z' ? [] : [`${one.pid} ${one.argv.join(' ').slice(0, 80)}`],
      );
      return left.length === 0;
    },
    { what: 'every process of the sessions to end', deadlineMs },
  ).catch((error: unknown) => {
    throw new Error(`processes survived: ${left.join('; ')}`, { cause: error });
  });
}

async function takeWritten({ home }: KillGround): Promise<string[]> {
  const names = await readdir(home.workspace);
  for (const each of names) await rm(path.join(home.workspace, each));
  return names.flatMap((each) => (each.startsWith('written-') ? [each.slice('written-'.length)] : []));
}

/** The supervisor serves a session with its way out. */
async function serveAgain(ground: KillGround): Promise<void> {
  // An egress worker that was struck is followed by another; until the supervisor has seen its end, its name still stands there.
  await eventually(
    async () => {
      const { egressPid } = await ground.control.call('supervisor.status', {});
      return egressPid !== undefined && (await isRunning(egressPid));
    },
    { what: 'an egress worker', deadlineMs },
  );
  const after = startDirect(ground, ground.control, 'short', `after-${ground.pid}`);
  await within(after.over, 'a session after the kill');
  if (!after.spoke || after.end?.exit.status !== 0)
    throw new Error(`no session runs any more: ${JSON.stringify(after.end)}`);
  await eventually(async () => (await ground.control.call('supervisor.status', {})).sessions === 0, {
    what: 'the last session to be forgotten',
    deadlineMs,
  });
  // A session's own task, and with it what was granted, is over soon after it.
  await eventually(async () => (await ground.control.call('task.list', { all: false })).tasks.length === 0, {
    what: "the sessions' tasks to end",
    deadlineMs,
  });
  const { grants } = await ground.control.call('grant.list', { all: false });
  if (grants.length > 0)
    throw new Error(`grants outlived their sessions: ${grants.map(({ spec }) => spec).join(', ')}`);
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms in vain: ${what}`)), deadlineMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
