import { posix } from 'node:path';
import { z } from 'zod';
import type { Action } from '#contract/actions.ts';
import type { AuditEvent } from '#contract/audit.ts';
import type { Decision } from '#contract/decision.ts';
import { decisionSchema } from '#contract/decision.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import { actorSchema } from '#contract/session.ts';
import { findWorkspace } from '../adapters/agents/workspace.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { presetGrants } from '../core/agents/choose-preset.ts';
import { GrantTable } from '../core/grants/grant-table.ts';
import { parseGrantSpec } from '../core/grants/spec.ts';
import { decide } from '../core/policy/decide.ts';
import { parseResource } from '../core/policy/examples.ts';
import { explainDecision } from '../core/policy/explain.ts';
import { noSessionId, noTaskId } from '../core/sessions/ids.ts';
import type { Agents } from './agents.ts';
import type { AlwaysRules } from './always-rules.ts';
import type { Policies } from './policies.ts';
import type { Caller } from './session-plan.ts';
import { stateFolders } from './session-plan.ts';

/** What `why` needs to answer. */
export interface WhyParts {
  readonly paths: StatePaths;
  readonly caller: Caller;
  readonly policies: Policies;
  readonly presets: readonly Preset[];
  readonly agents: Pick<Agents, 'find'>;
  readonly rules: Pick<AlwaysRules, 'of'>;
  /** The workspace of a session, however long ago it ran. */
  readonly workspaceOf: (sessionId: string) => string | undefined;
  readonly now: () => number;
}

/** Explains a decision on record, in the words of the rules as they are now. */
export async function explainEvent(event: AuditEvent, parts: WhyParts): Promise<readonly string[]> {
  const { action, resource, session } = event;
  const decision = decisionSchema.safeParse({
    outcome: event.decision,
    reason: event.reason,
    gates: event.detail['gates'] ?? [],
    policies: event.detail['policies'] ?? [],
    grants: event.detail['grants'] ?? [],
    explanation: event.detail['explanation'],
    remedy: event.detail['remedy'],
  });
  if (!decision.success || session === undefined) return [event.summary];
  if (action === undefined || resource === undefined)
    return [`${event.summary} (${decision.data.reason})`, decision.data.explanation];
  const workspace = parts.workspaceOf(session) ?? '/';
  // The repository's rules may have become unreadable since: then its rules are named by their id alone.
  const policySet = await parts.policies.forWorkspace(workspace, parts.caller.home).catch(() => parts.policies.common);
  const principal = {
    sessionId: session,
    agent: event.agent ?? 'generic',
    taskId: event.task ?? noTaskId,
    workspace,
    home: parts.caller.home,
  };
  const lines = explainDecision(decision.data, { principal, action, resource }, policySet);
  const actors = z.array(actorSchema).safeParse(event.detail['actors']);
  if (!actors.success) return lines;
  const chain = actors.data.map((actor) => `${actor.agent} (${actor.session})`).join(', started by ');
  return [...lines, `The session was started by ${chain}. It may do what each of them may, and nothing else.`];
}

/** Decides a question nobody asked: for an agent in a workspace, as a session of it would begin there now. */
export async function decideHypothetical(
  question: { agent: string; action: Action; resource: string; cwd: string; workspace?: string | undefined },
  parts: WhyParts,
): Promise<{ decision: Decision; explanation: readonly string[] }> {
  const { caller, presets } = parts;
  const workspace = await findWorkspace({
    cwd: question.cwd,
    workspace: question.workspace,
    home: caller.home,
    stateFolders: stateFolders(parts.paths),
    uid: caller.uid,
  });
  const text = question.action.startsWith('file.')
    ? absolute(question.resource, question.cwd, caller.home)
    : question.resource;
  const parsed = parseResource(question.action, text);
  if ('why' in parsed) {
    throw operatingError('invalid_request', `${question.action} cannot be asked of ${question.resource}.`, {
      why: parsed.why,
    });
  }
  const at = parts.now();
  const grants = new GrantTable();
  const taskId = noTaskId;
  const agent = parts.agents.find(question.agent);
  const preset = presets.find((each) => each.id === (agent?.preset ?? question.agent));
  const given = [
    ...(preset === undefined ? [] : presetGrants(preset)).map((spec) => ({ spec, giver: 'preset' as const })),
    ...parts.rules.of(question.agent, workspace.path).map(({ spec }) => ({ spec, giver: 'always' as const })),
  ];
  for (const [index, { spec, giver }] of given.entries()) {
    const pattern = parseGrantSpec(spec, { cwd: '/', home: caller.home });
    grants.issue({ id: `${giver}-${index}`, pattern, taskId, giver, issuedAt: at, expiresAt: at + 1000 });
  }
  const principal = {
    sessionId: noSessionId,
    agent: question.agent,
    taskId,
    workspace: workspace.path,
    home: caller.home,
  };
  const request = { principal, action: question.action, resource: parsed.resource };
  const policySet = await parts.policies.forWorkspace(workspace.path, caller.home);
  const validity = {
    session: 'valid',
    task: 'running',
    binary: 'unchanged',
    identity: agent === undefined || agent.state === 'active' ? 'none' : agent.state,
    breakers: 'whole',
  } as const;
  const decision = decide({ policySet, request, validity, grants, at });
  return { decision, explanation: explainDecision(decision, request, policySet) };
}

function absolute(path: string, cwd: string, home: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  const resolved = posix.resolve(cwd, expanded);
  return resolved.length > 1 && resolved.endsWith('/') ? resolved.slice(0, -1) : resolved;
}
