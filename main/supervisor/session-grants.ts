import type { Task } from '#contract/session.ts';
import { joinBinds } from '../core/agents/join-binds.ts';
import { GrantTable } from '../core/grants/grant-table.ts';
import { type CompiledMounts, compileMounts } from '../core/policy/compile-mounts.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import { narrowBinds } from '../core/sandbox/narrow-binds.ts';
import type { SandboxBind } from '../core/sandbox/sandbox.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SessionParts } from './session-parts.ts';
import { existenceOf, type SessionGround } from './session-plan.ts';

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
  /** The session that starts it: nothing is seen that this one does not see. */
  readonly parent?: SessionEntry | undefined;
  /** Its program is one that a person accepted, with what it cannot run without. */
  readonly accepted?: boolean;
}): CompiledMounts {
  const { parts, ground, policySet, sessionId, joined, parent } = question;
  const taskId = joined?.id ?? 't-00000000';
  const at = parts.clock.now();
  const planned = new GrantTable();
  for (const [index, { pattern, giver }] of ground.grants.entries()) {
    planned.issue({ id: `g-${index}`, pattern, taskId, giver, issuedAt: at, expiresAt: at + 1 });
  }
  // A nested session begins with what its own start names; the rest of the task's grants is its parent's business.
  const standing =
    joined === undefined || parent !== undefined ? [] : parts.grants.list({ all: false, taskId: joined.id });
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
  const binds = joinBinds([...compiled.binds, ...ground.toolBinds]);
  if (parent === undefined) return { ...compiled, binds };
  const brought = question.accepted === true ? ground.command.binds : [];
  const narrowed = narrowBinds(binds, joinBinds([...parent.mounts.binds, ...brought]));
  // What its parent saw there and somebody removed since is like any path that is missing: no mount can cover it.
  const isThere = ({ path }: SandboxBind) => binds.some((own) => own.path === path) || existenceOf(path) !== 'missing';
  return { ...compiled, binds: narrowed.filter(isThere) };
}
