import { join } from 'node:path';
import type { NewEvent } from '#contract/audit.ts';
import type { BreakerSettings } from '#contract/breaker.ts';
import type { ErrorCode } from '#contract/errors.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import type { Exit, Session } from '#contract/session.ts';
import type { GrantsSummary } from '#contract/session-end.ts';
import type { GitHead } from '../adapters/agents/git-head.ts';
import { type WorkspaceWatch, watchWorkspace } from '../adapters/watch/workspace-watch.ts';
import { delegationEnvironment } from '../core/agents/environment.ts';
import type { CredentialClaims } from '../core/agents/session-credential.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { settingsInForce } from '../core/breakers/trip-words.ts';
import type { CompiledMounts } from '../core/policy/compile-mounts.ts';
import type { LimitHit, SandboxedProcess } from '../core/sandbox/sandbox.ts';
import { attested } from './agent-events.ts';
import { timestamp } from './clock.ts';
import type { SessionBreakers } from './session-breakers.ts';
import type { SessionGround } from './session-plan.ts';

/** The words and fields of a session's events; `docs/audit-format.md` describes them. */

type EndReason = NonNullable<Session['endReason']>;

function about(session: Session) {
  return { session: session.id, task: session.taskId, agent: session.agent };
}

/** Everything a session is about to get, before it gets any of it. */
export function startingEvent(
  session: Session,
  ground: SessionGround,
  mounts: CompiledMounts,
  more: {
    readonly policyDigest: string;
    readonly passed: readonly string[];
    /** It can start other sessions. */
    readonly nests: boolean;
    readonly identity: CredentialClaims | undefined;
    readonly logins: readonly string[];
    readonly breakers: BreakerSettings;
    /** Where the workspace's repository stands, when it has one. */
    readonly git: GitHead | undefined;
  },
): NewEvent {
  const { executable, package: found } = ground.command.attestation;
  return {
    kind: 'session.starting',
    ...about(session),
    summary: `${session.agent} starts in ${session.workspace}: ${session.command.join(' ')}`,
    detail: {
      command: session.command,
      executable: {
        path: executable.path,
        sha256: executable.sha256,
        inWorkspace: ground.command.inWorkspace,
        ...(found === undefined ? {} : { package: { ...found } }),
      },
      workspace: session.workspace,
      ...(more.git === undefined ? {} : { git: { ...more.git } }),
      preset: ground.preset.id,
      // Null: nobody ran this agent inside the walls before, so that what was granted rests on documentation alone.
      presetVerified: ground.preset.verified?.version ?? null,
      identity:
        more.identity === undefined
          ? 'none'
          : { fingerprint: more.identity.fingerprint, until: timestamp(more.identity.notAfter) },
      logins: [...more.logins],
      policy: more.policyDigest,
      mounts: mounts.binds.map(({ path, mode, reason }) => ({ path, mode, reason })),
      unheld: mounts.unheld.map(({ path, rule }) => ({ path, rule })),
      environment: Object.keys({
        ...ground.environment(session.id),
        ...delegationEnvironment({}, more.nests),
      }).sort(),
      passed: [...more.passed].sort(),
      limits: Object.fromEntries(
        Object.entries(ground.limits).flatMap(([name, limit]) => (limit === undefined ? [] : [[name, limit]])),
      ),
      exposed: ground.exposed.map(({ hostPort, port }) => ({ hostPort, port })),
      breakers: { ...settingsInForce(more.breakers) },
      terminal: session.tty,
      ...(session.transcript === true ? { transcript: true } : {}),
      ...(session.claimedTask === undefined ? {} : { claimedTask: session.claimedTask }),
    },
  };
}

export function startedEvent(session: Session, process: SandboxedProcess, executable: string): NewEvent {
  const detail = { pid: process.pid, executable, heldBy: { ...process.heldBy } };
  return { kind: 'session.started', ...about(session), summary: `${session.agent} runs`, detail };
}

const limitTexts = {
  'memory reached': 'reached its limit of memory, and the kernel ended it',
  'processes reached': 'reached its limit of processes; no more could be started',
  'memory lost': 'lost the cgroup that held its limit of memory; resource limits of each process are left',
  'processes lost': 'lost the cgroup that held its limit of processes; a resource limit is left',
} as const;

/** That the kernel kept a limit, or can no longer keep it for the session as a whole. */
export function limitEvent(session: Session, { limit, what }: LimitHit): NewEvent {
  return {
    kind: 'limit.reached',
    ...about(session),
    summary: `${session.agent} ${limitTexts[`${limit} ${what}`]}`,
    detail: { limit, heldBy: what === 'lost' ? 'rlimit' : 'cgroup', ...(what === 'lost' ? { cgroup: 'lost' } : {}) },
  };
}

/** That every process of it stops where it is, or goes on. */
export function pausedEvent(session: Session, paused: boolean, why: string): NewEvent {
  return {
    kind: paused ? 'session.paused' : 'session.resumed',
    ...about(session),
    summary: `${session.agent} ${paused ? 'is paused' : 'goes on'}: ${why}`,
    detail: { why },
  };
}

export function endedEvent(
  session: Session,
  exit: Exit,
  reason: EndReason,
  { outputBytes, grants }: { readonly outputBytes: number; readonly grants: GrantsSummary },
): NewEvent {
  const signal = exit.signal === undefined ? {} : { signal: exit.signal };
  return {
    kind: 'session.ended',
    ...about(session),
    summary: `${session.agent} ended (${reason}), exit status ${exit.status}`,
    detail: { exit: { status: exit.status, ...signal }, reason, outputBytes, grants },
  };
}

/** That somebody or something ends a session, and the limit when it was one. */
export function stoppingEvents(session: Session, reason: EndReason): NewEvent[] {
  const limit: NewEvent[] =
    reason === 'wall_time' || reason === 'cpu_time' || reason === 'output_limit'
      ? [
          {
            kind: 'limit.reached',
            ...about(session),
            summary: `${session.agent} reached its limit of ${{ wall_time: 'time', cpu_time: 'processor time', output_limit: 'output' }[reason]}`,
            detail: { limit: reason },
          },
        ]
      : [];
  const summary = `${session.agent} is ended: ${reason}`;
  return [...limit, { kind: 'session.stopping', ...about(session), summary, detail: { reason } }];
}

const identityCodes: readonly ErrorCode[] = ['agent_unknown', 'agent_changed', 'agent_refused'];

/** A start that did not happen, as far as its record needs it. */
export interface RefusedStart {
  readonly command: readonly string[];
  readonly agent?: string | undefined;
  /** The session that asked for it. */
  readonly parent?: Session;
}

/** A start that did not happen; `found` is the agent that the command was found to be. */
export function refusedEvent(start: RefusedStart, error: unknown, found?: string): NewEvent {
  const data = error instanceof GatehouseError ? error.data : undefined;
  const agent = found ?? start.agent ?? start.parent?.agent;
  return {
    // For what it is, not for what it wanted: a start that a person may look for by the agent.
    kind: data !== undefined && identityCodes.includes(data.code) ? 'agent.refused' : 'session.refused',
    ...(start.parent === undefined ? {} : { session: start.parent.id, task: start.parent.taskId }),
    ...(agent === undefined ? {} : { agent }),
    decision: 'deny',
    summary: `Not started: ${data?.what ?? 'a bug in Gatehouse'}`,
    detail: {
      command: [...start.command],
      code: data?.code ?? 'bug',
      why: data?.why ?? String(error),
      ...(start.parent === undefined ? {} : { startedBy: start.parent.id }),
      ...(data?.agent === undefined ? {} : { ...attested(data.agent.attestation), changes: data.agent.changes }),
    },
  };
}

/** That something came over a session's delegation socket that is no request for a session. */
export function garbledEvent(session: Session, why: string): NewEvent {
  return {
    kind: 'session.refused',
    ...about(session),
    decision: 'deny',
    summary: 'Not started: what came over the delegation socket is no request',
    detail: { code: 'invalid_request', why, startedBy: session.id },
  };
}

/** That a session's delegation socket takes nothing any more. */
export function delegationClosedEvent(session: Session, why: string): NewEvent {
  return {
    kind: 'limit.reached',
    ...about(session),
    summary: `${session.agent} can start no more sessions: ${why}`,
    detail: { limit: 'delegation', why },
  };
}

/** Watches the session's workspace and puts what changes there on record as observations. */
export function recordWorkspace(
  session: Session,
  startedAtMs: number,
  audit: AuditLog,
  breakers: Pick<SessionBreakers, 'counts' | 'deleted'>,
): WorkspaceWatch {
  const { workspace } = session;
  return watchWorkspace({
    path: workspace,
    startedAtMs,
    ...(breakers.counts('deletions') ? { onGone: (paths) => breakers.deleted(paths) } : {}),
    onChange: ({ path, change, author }) =>
      audit.observe({
        kind: 'workspace.changed',
        ...about(session),
        action: change === 'deleted' ? 'file.delete' : 'file.write',
        resource: { kind: 'path', path: join(workspace, path) },
        summary: `${path} was ${change}`,
        detail: { path, change, author },
      }),
    onBound: ({ kind, what }) =>
      audit.observe({ kind: 'workspace.watch', ...about(session), summary: what, detail: { bound: kind, what } }),
  });
}
