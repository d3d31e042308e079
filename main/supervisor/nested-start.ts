/**
 * Guarantee: what an agent starts gets at most what its own session has: its workspace or a folder in it, variables a person let in,
 * grants its task holds, files it sees, limits it has left. Who it acts as is found from the program, and a person must have
 * accepted that before.
 *
 * Threat: an agent that starts a second one to get more: another folder, another name, a variable, a program of the host that its
 * walls do not show, or the answer to whether a file outside exists.
 *
 * Limits: the second agent acts with its own login at its own model. What the first one has it write into the workspace, both can read.
 */
import { realpath } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Agent } from '#contract/agent.ts';
import type { DelegationStart } from '#contract/delegation.ts';
import type { ErrorCode } from '#contract/errors.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import type { SessionStart } from '#contract/session.ts';
import { admit } from '../core/agents/identity.ts';
import { isSystemVisible } from '../core/agents/system-folders.ts';
import { covers } from '../core/grants/covers.ts';
import { patternOf } from '../core/grants/lifting.ts';
import { formatGrantSpec } from '../core/grants/spec.ts';
import { covering } from '../core/sandbox/narrow-binds.ts';
import { isWithin } from '../core/sandbox/path-components.ts';
import {
  childLimits,
  childrenMax,
  descendantsMax,
  nestedStartsPerMinuteMax,
  nestedWorkspacesMax,
  nestingDepthMax,
} from '../core/sessions/nesting.ts';
import { boundAttestation } from './agent-handlers.ts';
import type { Actor } from './agents.ts';
import { ancestorsOf, childrenOf, descendantsOf } from './ancestry.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionGround } from './session-plan.ts';

const minuteMs = 60_000;

/** Throws when a session cannot start another one now: it ends, or there are too many. Counts the start when it can. */
export function assertMayStart(parent: SessionEntry, entries: Iterable<SessionEntry>, at: number): void {
  const all = [...entries];
  assertRuns(parent);
  const root = ancestorsOf(parent).at(-1) ?? parent;
  if (ancestorsOf(parent).length >= nestingDepthMax) throw tooMany(`Sessions nest ${nestingDepthMax} deep at most.`);
  if (childrenOf(parent, all).length >= childrenMax) throw tooMany(`It has started ${childrenMax} that run.`);
  if (descendantsOf(root, all).length >= descendantsMax) {
    throw tooMany(`${descendantsMax} run below ${root.session.id}, which a person started.`);
  }
  const recent = root.below.startedAt.filter((started) => at - started < minuteMs);
  if (recent.length >= nestedStartsPerMinuteMax) {
    throw tooMany(`${nestedStartsPerMinuteMax} were started below ${root.session.id} within a minute.`);
  }
  root.below.startedAt = [...recent, at];
}

/** Throws when the session is over or about to be. */
export function assertRuns(parent: SessionEntry): void {
  const { id, state } = parent.session;
  if ((state === 'running' || state === 'paused') && parent.endWanted === undefined) return;
  throw operatingError('session_not_running', `The session ${id} ends, so it starts no other.`);
}

function tooMany(why: string): Error {
  return operatingError('too_many', 'This session cannot start another one now.', {
    why,
    remedy: 'Wait until one of them has ended, or a moment.',
  });
}

/** What an agent asks for, as a start: everything else comes from the session that asks. */
export async function nestedStart(
  parent: SessionEntry,
  wanted: DelegationStart,
  entries: Iterable<SessionEntry>,
): Promise<SessionStart> {
  const { start, session } = parent;
  const cwd = await folderInside(session.workspace, wanted.cwd);
  const workspace =
    wanted.workspace === undefined
      ? session.workspace
      : await folderInside(session.workspace, posix.resolve(cwd, wanted.workspace));
  await assertVisible(parent, wanted.command[0] ?? '', cwd);
  return {
    command: wanted.command,
    cwd,
    taskId: session.taskId,
    workspace,
    grants: wanted.grants,
    // The person's own, never the agent's: it says where programs are looked for on the host.
    callerEnvironment: start.callerEnvironment,
    environment: Object.fromEntries(wanted.variables.map((name) => [name, handedOn(parent, name)])),
    limits: childLimits(wanted.limits, {
      set: start.limits,
      all: parent.ground.limits,
      given: childrenOf(parent, entries).map((child) => child.start.limits),
      wallTimeMs: parent.running?.wallTimeLeftMs,
      cpuTimeMs: await parent.running?.cpuTimeLeftMs(),
      outputBytes: parent.running?.outputBytesLeft,
    }),
    ...(start.ask === undefined ? {} : { ask: start.ask }),
    ...(start.breakers === undefined ? {} : { breakers: start.breakers }),
    ...(wanted.terminal === undefined ? {} : { terminal: wanted.terminal }),
  };
}

/** A folder's real path, when that lies in the workspace. All other answers are one, so that none tells what exists outside. */
async function folderInside(workspace: string, path: string): Promise<string> {
  const real = posix.isAbsolute(path) && !path.includes('\0') ? await realpath(path).catch(() => undefined) : undefined;
  if (real !== undefined && isWithin(posix.resolve(path), workspace) && isWithin(real, workspace)) return real;
  throw operatingError(
    'workspace_refused',
    `${JSON.stringify(path.slice(0, 1000))} is no folder of this session’s workspace.`,
    {
      why: 'A session that another one starts works in its workspace, or in a folder of it.',
      remedy: `Start it from ${workspace}.`,
    },
  );
}

/** A program that is named by its path must be one that the session sees itself. */
async function assertVisible(parent: SessionEntry, command: string, cwd: string): Promise<void> {
  if (!command.includes('/')) return;
  const path = posix.resolve(cwd, command);
  const real = command.includes('\0') ? undefined : await realpath(path).catch(() => undefined);
  if (real !== undefined && isSeen(parent, path) && isSeen(parent, real)) return;
  throw commandUnseen(command);
}

function isSeen(parent: SessionEntry, path: string): boolean {
  const bind = covering(parent.mounts.binds, path);
  return bind === undefined ? isSystemVisible(path, parent.principal.home) : bind.mode !== 'hidden';
}

function commandUnseen(command: string): Error {
  const name = JSON.stringify(command.slice(0, 1000));
  return operatingError('command_not_found', `${name} cannot be started from inside a session.`, {
    why: 'It is none of the programs that this session sees, nor an agent that somebody brought in.',
    remedy: 'A person can start it outside, or bring it in: `gatehouse agents add`.',
  });
}

/** The value of a variable that a person let into the session. */
function handedOn(parent: SessionEntry, name: string): string {
  const value = Object.hasOwn(parent.start.environment, name) ? parent.start.environment[name] : undefined;
  if (value !== undefined) return value;
  throw operatingError('invalid_request', `--env ${name} is refused: nobody let that variable into this session.`, {
    why: 'A session hands on what a person let in by name, and nothing else.',
    remedy: 'Leave it out; to set a variable for one command, use: -- env NAME=VALUE COMMAND',
  });
}

/** What only a person can set right. */
const personsCodes: readonly ErrorCode[] = [
  'agent_unknown',
  'agent_changed',
  'agent_refused',
  'memory_changed',
  'memory_refused',
];

/** The same for a grant of something else and for one of something that is not there. */
function unheld(): Error {
  return operatingError('grant_refused', 'This session does not hold every grant that is named.', {
    why: 'It can hand on what it holds, and nothing else.',
    remedy: 'Leave --grant out: where a person can be asked, they are when it is needed.',
  });
}

/** Errors about places outside, in words that do not tell what is there; those about agents, with what a person can do. */
export function retold(error: unknown, wanted: DelegationStart, workspace: string): unknown {
  if (!(error instanceof GatehouseError)) return error;
  const { code, what, why } = error.data;
  if (code === 'command_not_found') return commandUnseen(wanted.command[0] ?? '');
  if (code === 'workspace_refused') {
    return operatingError(code, 'A session cannot be started in that folder.', {
      why: 'It is no workspace by itself, or changed meanwhile.',
      remedy: `Start it from ${workspace}.`,
    });
  }
  if (code === 'grant_refused') return unheld();
  if (!personsCodes.includes(code)) return error;
  // Without the question: nobody can answer one in here, and what the other agent is told is none of this one's business.
  return operatingError(code, what, {
    why:
      why === undefined ? 'Only a person decides on that, outside.' : `${why} Only a person decides on that, outside.`,
    remedy: `Ask the person to do this in a terminal of their own: ${error.data.remedy ?? '`gatehouse agents list`.'}`,
  });
}

/** A private home and pins stay for each workspace: an agent must not make them without end. */
function assertFewWorkspaces(parent: SessionEntry, workspace: string): void {
  const root = ancestorsOf(parent).at(-1) ?? parent;
  const { workspaces } = root.below;
  if (workspace === root.session.workspace || workspaces.has(workspace)) return;
  if (workspaces.size >= nestedWorkspacesMax) {
    throw operatingError(
      'too_many',
      `Sessions below ${root.session.id} worked in ${nestedWorkspacesMax} folders of their own already.`,
      {
        remedy: 'Leave --workspace out, or name one of those.',
      },
    );
  }
  workspaces.add(workspace);
}

/**
 * Throws when a program that the session could have written bears the name of an agent and is not the accepted one. It is nobody to ask a
 * person about, and gets no agent's login or private home by its name, which is all there is to know agents by without a keystore.
 */
export function assertNotItsOwn(
  parent: SessionEntry,
  { agent, command }: SessionGround,
  known: Agent | undefined,
): void {
  const { executable, interpreters } = command.attestation;
  if (agent === genericPresetId || admit(known, boundAttestation(command.attestation)).kind === 'admitted') return;
  const places = [command.path, executable.path, ...interpreters.map(({ path }) => path)];
  const chain = [parent, ...ancestorsOf(parent)];
  if (!chain.some(({ mounts }) => places.some((path) => covering(mounts.binds, path)?.mode === 'read-write'))) return;
  throw operatingError('agent_refused', `${agent} is not started out of a folder that this session can write.`, {
    why: 'That program is not one that somebody accepted under this name, and the session could have written it.',
    remedy: `\`gatehouse agents add ${agent} --command PROGRAM\`, for one that lies elsewhere.`,
  });
}

/** What was gathered, cut down to what the parent has. Throws `grant_refused` for a grant that was named and is not there. */
export function narrowGround(
  parent: SessionEntry,
  ground: SessionGround,
  actor: Actor,
  grants: SessionParts['grants'],
): SessionGround {
  const { workspace, command } = ground;
  if (!isWithin(workspace.path, parent.session.workspace) || !isWithin(workspace.cwd, workspace.path)) {
    throw operatingError('workspace_refused', 'The folder changed while the session was started.');
  }
  assertFewWorkspaces(parent, workspace.path);
  // An accepted agent comes with what it cannot run without, as a person has seen it; anything else must be in sight already.
  const places = [command.path, ...command.binds.map(({ path }) => path)];
  if (actor.agent === undefined && !places.every((path) => isSeen(parent, path))) throw commandUnseen(command.argv0);
  const held = grants.list({ all: false, taskId: parent.session.taskId }).map(patternOf);
  const usable =
    parent.parent === undefined
      ? held
      : held.filter((pattern) => parent.ground.grants.some((own) => covers(own.pattern, pattern)));
  const isHeld = ({ pattern }: SessionGround['grants'][number]) => usable.some((outer) => covers(outer, pattern));
  if (ground.grants.some((planned) => planned.giver === 'person' && !isHeld(planned))) throw unheld();
  const missing = ground.grants.filter((planned) => !isHeld(planned)).map(({ pattern }) => formatGrantSpec(pattern));
  const notice = `${ground.agent} begins without ${missing.join(', ')}, which the session that starts it does not hold.`;
  return {
    ...ground,
    grants: ground.grants.filter(isHeld),
    notices: [...ground.notices, ...(missing.length === 0 ? [] : [notice])],
  };
}
