import { randomBytes } from 'node:crypto';
import type { Grant } from '#contract/grant.ts';
import type { Task } from '#contract/session.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { joinBinds } from '../core/agents/join-binds.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { GrantTable } from '../core/grants/grant-table.ts';
import { formatGrantSpec, type GrantPattern } from '../core/grants/spec.ts';
import { type CompiledMounts, compileMounts } from '../core/policy/compile-mounts.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import { shortIdFrom } from '../core/sessions/ids.ts';
import { type Clock, timestamp } from './clock.ts';
import { existenceOf, type SessionGround } from './session-plan.ts';
import type { SessionParts } from './sessions.ts';

/**
 * Works out what the session will see of the host's files: workspace, grants and tools, each path decided by the
 * engine. Changes nothing. Throws the refusal a person should see.
 */
export function planMounts(question: {
  readonly parts: SessionParts;
  readonly ground: SessionGround;
  readonly policySet: PolicySet;
  readonly sessionId: string;
  readonly joined: Task | undefined;
}): CompiledMounts {
  const { parts, ground, policySet, sessionId, joined } = question;
  const taskId = joined?.id ?? 't-00000000';
  const at = parts.clock.now();
  const planned = new GrantTable();
  for (const [index, { pattern, giver }] of ground.grants.entries()) {
    planned.issue({ id: `g-${index}`, pattern, taskId, giver, issuedAt: at, expiresAt: at + 1 });
  }
  const standing = joined === undefined ? [] : parts.grants.list({ all: false, taskId: joined.id });
  const compiled = compileMounts({
    policySet,
    principal: {
      sessionId,
      agent: ground.agent,
      taskId,
      workspace: ground.workspace.path,
      home: parts.caller.home,
    },
    grants: [...standing, ...planned.list({ all: false })],
    visible: ground.toolBinds.filter((bind) => bind.mode === 'read-only').map((bind) => bind.path),
    existing: existenceOf,
    at,
  });
  return { ...compiled, binds: joinBinds([...compiled.binds, ...ground.toolBinds]) };
}

const givers: Readonly<Record<Grant['giver'], string>> = {
  person: 'you',
  preset: 'the preset',
  workspace: 'Gatehouse',
  always: 'your always-rule',
};

/** Issues one grant: on record, then in force. `expiresAt` is milliseconds since 1970 and at most the task's end. */
export async function issueGrant(order: {
  readonly audit: AuditLog;
  readonly grants: GrantTable;
  readonly state: StateDatabase;
  readonly clock: Clock;
  readonly task: Task;
  readonly session: { readonly id?: string; readonly agent?: string };
  readonly pattern: GrantPattern;
  readonly giver: Grant['giver'];
  readonly expiresAt: number;
  /** The answer that gave it. */
  readonly approval?: string;
  /** The always-rule that gave it. */
  readonly rule?: string;
}): Promise<Grant> {
  const { audit, grants, clock, task, session, pattern, giver, approval, rule } = order;
  const spec = formatGrantSpec(pattern);
  const id = shortIdFrom('g', randomBytes(4));
  const expiresAt = Math.min(order.expiresAt, Date.parse(task.expiresAt));
  const until = timestamp(expiresAt);
  await audit.append({
    kind: 'grant.issued',
    ...(session.id === undefined ? {} : { session: session.id }),
    task: task.id,
    ...(session.agent === undefined ? {} : { agent: session.agent }),
    action: pattern.action,
    summary: `Granted ${spec} until ${until}, by ${givers[giver]}`,
    detail: {
      grant: id,
      spec,
      giver,
      expiresAt: until,
      ...(approval === undefined ? {} : { approval }),
      ...(rule === undefined ? {} : { rule }),
    },
  });
  const grant = grants.issue({
    id,
    pattern,
    taskId: task.id,
    giver,
    issuedAt: clock.now(),
    expiresAt,
    ...(rule === undefined ? {} : { rule }),
  });
  order.state.saveGrants([grant]);
  return grant;
}
