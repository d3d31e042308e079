import type { Decision } from '#contract/decision.ts';
import { noSessionId, noTaskId } from '../sessions/ids.ts';
import { reasonOf } from './decide.ts';
import { reasonsFor } from './path-reasons.ts';
import { expandPath } from './path-sets.ts';
import type { PolicySet } from './policy-set.ts';
import type { DecisionRequest } from './request.ts';
import type { Rule } from './rule.ts';
import { namedPaths } from './rule-shape.ts';
import { actionInWords, listInWords, shellWord, shown } from './words.ts';

/**
 * Explains a decision for `gatehouse why`: who asked for what, which rules decided and in whose words, which gates stand
 * closed or were lifted by which grants, and what would change it. One sentence each. Rules that are no longer loaded
 * are named by their id.
 */
export function explainDecision(decision: Decision, request: DecisionRequest, policySet: PolicySet): readonly string[] {
  const verb = decision.outcome === 'allow' ? 'Allowed' : 'Denied';
  return [
    `${verb} (${decision.reason}): ${decision.explanation}`,
    askedSentence(request),
    ...decision.policies.map((id) => ruleSentence(id, policySet.rules.get(id))),
    ...protectedSentences(decision, request, policySet),
    ...gateSentences(decision, policySet),
    ...changeSentences(decision),
  ];
}

/** A question about nobody in particular has no session and no task to name. */
function askedSentence(request: DecisionRequest): string {
  const { agent, sessionId, taskId, workspace } = request.principal;
  const session = sessionId === noSessionId ? '' : `, session ${sessionId}`;
  const task = taskId === noTaskId ? '' : `, for task ${taskId}`;
  return `Asked by ${agent}${session}${task} in ${shown(workspace)}: to ${actionInWords(request)}.`;
}

function ruleSentence(id: string, rule: Rule | undefined): string {
  if (rule === undefined) return `Rule ${shown(id)} decided; it is not loaded any more.`;
  const verb = rule.effect === 'permit' ? 'permits' : 'forbids';
  const gate = rule.gate === undefined ? '' : ` behind the gate ${rule.gate}`;
  return `Rule ${id} (line ${rule.line}) ${verb} it${gate}: ${reasonOf(rule)}.`;
}

/** A rule speaks of a whole set of paths; the list says why this one is in it. */
function protectedSentences(
  decision: Decision,
  { resource, principal }: DecisionRequest,
  policySet: PolicySet,
): readonly string[] {
  if (decision.outcome === 'allow' || resource.kind !== 'path') return [];
  const sets = decision.policies.flatMap((id) => setsNamedBy(policySet.rules.get(id)));
  const members = [...new Set(sets)].flatMap((name) => policySet.pathSets.get(name) ?? []);
  return reasonsFor(resource.path, members, policySet.reasons, principal).map(
    ({ member, reason }) => `${shown(expandPath(member, principal))} is on the list because ${reason}.`,
  );
}

function setsNamedBy(rule: Rule | undefined): readonly string[] {
  if (rule === undefined) return [];
  return namedPaths(rule.json).flatMap((expression) => (expression.startsWith('@') ? [expression.slice(1)] : []));
}

function gateSentences(decision: Decision, policySet: PolicySet): readonly string[] {
  if (decision.gates.length === 0) return [];
  if (decision.outcome === 'allow') {
    return [`Lifted: ${listInWords(decision.gates)}, by ${listInWords(decision.grants)}.`];
  }
  return decision.gates.map((name) => {
    const gate = policySet.gates.get(name);
    if (gate === undefined) return `The gate ${shown(name)} stands closed.`;
    const once = gate.scope === 'once' ? '; no standing grant lifts it' : '';
    return `The gate ${name} stands closed (risk: ${gate.risk}${once}).`;
  });
}

function changeSentences(decision: Decision): readonly string[] {
  if (decision.outcome === 'allow') {
    return decision.grants.length === 0 ? [] : ['It ends with the grant, or with the task, whichever comes first.'];
  }
  if (decision.remedy !== undefined) {
    return [`To allow it: gatehouse run --grant ${shellWord(decision.remedy)} …`];
  }
  switch (decision.reason) {
    case 'approval_needed':
      return ['A person could allow it once: run the session in a terminal, or keep another open for questions.'];
    case 'pending':
      return ['`gatehouse approvals list` shows the question; once it is allowed, trying again succeeds.'];
    case 'denied_by_person':
      return ['A person said no; the same action is asked again later, or not at all in this task.'];
    case 'breaker_tripped':
      return ['`gatehouse resume SESSION`, in a terminal, asks again whether it may go on.'];
    case 'too_many_questions':
      return ['Grant what the task needs when it starts, so that it need not ask for each thing.'];
    case 'forbidden':
      return [
        'Only a change of the policy that forbids it would allow it; a repository’s policy counts from the next session.',
      ];
    case 'address_forbidden':
      return ['No grant of a name opens such an address; a service here is granted by its literal address and port.'];
    case 'no_permit':
      return ['Only a policy that permits it would allow it.'];
    case 'policy_error':
      return ['`gatehouse policy check` finds rules that cannot be evaluated.'];
    default:
      return [];
  }
}
