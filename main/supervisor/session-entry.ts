import { join } from 'node:path';
import type { AskMode } from '#contract/ask-mode.ts';
import type { Session, SessionStart, Task } from '#contract/session.ts';
import type { WorkspaceWatch } from '../adapters/watch/workspace-watch.ts';
import { GrantUses } from '../core/grants/grant-uses.ts';
import type { CompiledMounts } from '../core/policy/compile-mounts.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import type { Principal } from '../core/policy/request.ts';
import { actorsFrom } from './ancestry.ts';
import { missingProtected } from './appeared-files.ts';
import { timestamp } from './clock.ts';
import type { DelegationSocket } from './delegation-server.ts';
import type { HomeLease } from './homes.ts';
import type { RunningSession } from './running-session.ts';
import { SessionBreakers } from './session-breakers.ts';
import type { SessionIdentity } from './session-identity.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionGround } from './session-plan.ts';

/** Everything the supervisor holds of a session from its start until its end is on record. */
export interface SessionEntry {
  session: Session;
  readonly principal: Principal;
  readonly policySet: PolicySet;
  readonly ground: SessionGround;
  /** Undefined for a session of nobody. */
  readonly identity: SessionIdentity | undefined;
  readonly runtimeFolder: string;
  /** How it was asked for; what it may hand on to sessions that it starts comes from here. */
  readonly start: SessionStart;
  /** What it sees of the host's files. */
  readonly mounts: CompiledMounts;
  /** The session that started it. */
  readonly parent: SessionEntry | undefined;
  /** Where it can start others. */
  delegation: DelegationSocket | undefined;
  /** Of one that a person started: what was started below it. */
  readonly below: NestedBounds;
  /** It was paused because this one was, and goes on with it. */
  pausedWith: SessionEntry | undefined;
  /** How often it was to be paused, also while it stood still: going on that is not in force yet is overtaken by that. */
  pauses: number;
  /** Whom it asks. */
  readonly ask: AskMode;
  /** Somebody may come back to it, although nobody is there: it has a terminal, or is kept. */
  readonly waits: boolean;
  readonly breakers: SessionBreakers;
  readonly task: Task;
  /** The task was made for this session alone and ends with it. */
  readonly ownTask: boolean;
  running: RunningSession | undefined;
  /** Resolves when its command runs, or never will. */
  readonly begun: PromiseWithResolvers<void>;
  watch: WorkspaceWatch | undefined;
  home: HomeLease | undefined;
  /** Protected paths that no mount holds, because they are missing. */
  readonly missing: CompiledMounts['unheld'];
  /** Somebody ended it before it ran. */
  endWanted: NonNullable<Session['endReason']> | undefined;
  /** What its grants were used for. */
  readonly uses: GrantUses;
  readonly gone: PromiseWithResolvers<void>;
}

/** What is bounded over all sessions below one. */
export interface NestedBounds {
  /** When the newest were started, by the clock since boot. */
  startedAt: number[];
  /** Their workspaces, where these are not its own. */
  readonly workspaces: Set<string>;
}

/** What makes a session a nested one. */
export interface Nesting {
  readonly parent: SessionEntry;
  /** What the agent that starts it says it is to do. */
  readonly claim: string | undefined;
}

/** The entry of a session that is about to be made. */
export function newEntry(given: {
  readonly id: string;
  readonly start: SessionStart;
  readonly ground: SessionGround;
  readonly policySet: PolicySet;
  readonly mounts: CompiledMounts;
  readonly task: Task;
  readonly parts: Pick<SessionParts, 'breakers' | 'caller' | 'clock' | 'paths'>;
  readonly ownTask: boolean;
  readonly identity: SessionIdentity | undefined;
  readonly nesting: Nesting | undefined;
}): SessionEntry {
  const { id, start, ground, policySet, mounts, task, parts, ownTask, identity, nesting } = given;
  const { agent, workspace } = ground;
  return {
    session: {
      id,
      agent,
      taskId: task.id,
      task: task.text,
      workspace: workspace.path,
      command: [...start.command],
      state: 'starting',
      tty: start.terminal !== undefined,
      ...(start.transcript === true ? { transcript: true } : {}),
      ...(ground.exposed.length === 0 ? {} : { exposed: [...ground.exposed] }),
      startedAt: timestamp(parts.clock.now()),
      ...(nesting === undefined ? {} : { actors: actorsFrom(nesting.parent) }),
      ...(nesting?.claim === undefined ? {} : { claimedTask: nesting.claim }),
    },
    principal: { sessionId: id, agent, taskId: task.id, workspace: workspace.path, home: parts.caller.home },
    policySet,
    ground,
    identity,
    runtimeFolder: join(parts.paths.sessions, id),
    start,
    mounts,
    parent: nesting?.parent,
    delegation: undefined,
    below: { startedAt: [], workspaces: new Set() },
    pausedWith: undefined,
    pauses: 0,
    ask: start.ask ?? 'app',
    waits: nesting?.parent.waits ?? (start.terminal !== undefined || start.keep === true || start.detached === true),
    breakers: new SessionBreakers({
      settings: start.breakers ?? {},
      isOff: (name) => parts.breakers.isOff(task.id, name),
      onTrip: (trip) => parts.breakers.tripped(id, trip),
      above: nesting?.parent.breakers,
    }),
    task,
    ownTask,
    running: undefined,
    begun: Promise.withResolvers(),
    watch: undefined,
    home: undefined,
    missing: missingProtected(mounts),
    endWanted: undefined,
    uses: new GrantUses(),
    gone: Promise.withResolvers(),
  };
}

/** Whole, however long: what keeps it redacts secrets first and cuts after, so that no beginning of one stays. */
export function taskText(start: SessionStart): string {
  return start.task ?? start.command.join(' ');
}
