import type { AuditEvent } from '#contract/audit.ts';
import type { Decision } from '#contract/decision.ts';
import type { PastChange } from '#contract/policy.ts';
import type { AuditReader } from '../core/audit/log.ts';
import { decide } from '../core/policy/decide.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import type { DecisionRequest } from '../core/policy/request.ts';
import { actionInWords } from '../core/policy/words.ts';
import { noTaskId } from '../core/sessions/ids.ts';

/** Decisions that are looked at, the newest first. */
const decisionsMax = 2000;
/** Different ones that are decided anew: each takes a millisecond or two. */
const differentMax = 300;
/** Changes that are told. */
const toldMax = 20;

interface Comparison {
  readonly reader: Pick<AuditReader, 'query'>;
  readonly now: PolicySet;
  readonly next: PolicySet;
  readonly home: string;
  readonly workspaceOf: (session: string) => string | undefined;
}

/**
 * Which decisions of the last seven days would come out otherwise under other rules. What a grant or a person lifted then counts as
 * lifted; a repository's own rules, which only restrict, are left out on both sides.
 */
export async function compareWithPast(parts: Comparison): Promise<{ past: number; changes: PastChange[] }> {
  const { events } = await parts.reader.query({ query: 'kind:decision since:7d', limit: decisionsMax });
  const different = new Map<string, { event: AuditEvent; times: number }>();
  const workspaces = new Map<string, string | undefined>();
  const workspaceOf = (session: string) => {
    if (!workspaces.has(session)) workspaces.set(session, parts.workspaceOf(session));
    return workspaces.get(session);
  };
  for (const event of events) {
    const key = JSON.stringify([
      event.agent,
      event.action,
      event.resource,
      event.decision,
      event.detail['gates'],
      workspaceOf(event.session ?? ''),
    ]);
    const known = different.get(key);
    if (known !== undefined) known.times += 1;
    else if (different.size < differentMax) different.set(key, { event, times: 1 });
  }
  const changes = [...different.values()].flatMap(({ event, times }) =>
    changeOf(event, times, { ...parts, workspaceOf }),
  );
  return { past: events.length, changes: changes.slice(0, toldMax) };
}

function changeOf(event: AuditEvent, times: number, { now, next, home, workspaceOf }: Comparison): PastChange[] {
  const { agent, action, resource, session } = event;
  if (action === undefined || resource === undefined || session === undefined) return [];
  const workspace = workspaceOf(session);
  if (workspace === undefined) return [];
  const principal = { sessionId: session, agent: agent ?? 'generic', taskId: event.task ?? noTaskId, workspace, home };
  const request: DecisionRequest = { principal, action, resource };
  const gates = event.decision === 'allow' ? liftedIn(event) : [];
  const was = verdict(now, request, gates);
  const would = verdict(next, request, gates);
  return was === would ? [] : [{ agent: principal.agent, what: actionInWords(request), was, would, times }];
}

function liftedIn({ detail }: AuditEvent): readonly string[] {
  const gates = detail['gates'];
  return Array.isArray(gates) ? gates.filter((each) => typeof each === 'string') : [];
}

const valid = {
  session: 'valid',
  task: 'running',
  binary: 'unchanged',
  identity: 'none',
  breakers: 'whole',
} as const;

function verdict(policySet: PolicySet, request: DecisionRequest, gates: readonly string[]): PastChange['was'] {
  const decision: Decision = decide({
    policySet,
    request,
    validity: valid,
    grants: { find: () => [] },
    at: 0,
    approval: { id: 'past', gates },
  });
  if (decision.outcome === 'allow') return 'allow';
  return decision.reason === 'approval_needed' ? 'ask' : 'deny';
}
