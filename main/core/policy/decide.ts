/**
 * Guarantee: every enforcement point's question is answered here, in one order: identity, task and session valid → policy
 * engine → gates that grants lift. Whatever is not permitted, cannot be evaluated or cannot be understood is denied.
 *
 * Threat: a decision that skips a step, counts a broken rule as an absent one, or uses authority that has ended.
 *
 * Limits: facts are those passed in. The caller gathers them afresh for every use, and records the answer before its
 * effect.
 */
import type { Decision, ReasonCode } from '#contract/decision.ts';
import type { Grant } from '#contract/grant.ts';
import { gatesLifted, grantFor, patternOf } from '../grants/lifting.ts';
import { formatGrantSpec } from '../grants/spec.ts';
import type { CedarAnswer } from './cedar.ts';
import { buildCedarRequest } from './entities.ts';
import type { PolicySet } from './policy-set.ts';
import type { DecisionRequest, GrantLookup, Validity } from './request.ts';
import type { Rule } from './rule.ts';
import { actionInWords, listInWords, shellWord, shown } from './words.ts';

/** Everything a decision rests on. `at` is milliseconds since 1970. */
export interface DecisionFacts {
  readonly policySet: PolicySet;
  readonly request: DecisionRequest;
  readonly validity: Validity;
  readonly grants: GrantLookup;
  readonly at: number;
  /** An answer that a person gave to exactly this request: its gates are lifted for this one decision. */
  readonly approval?: Approved;
}

/** What a person's answer lifts, once. */
export interface Approved {
  /** The approval's id. */
  readonly id: string;
  /** Exactly the gates that the prompt named. */
  readonly gates: readonly string[];
}

/** A decision and the moment until which nothing but an epoch change can alter it. */
export interface TimedDecision {
  readonly decision: Decision;
  /** Milliseconds since 1970; infinite when no grant was used. */
  readonly validUntil: number;
}

/** Decides one request. */
export function decide(facts: DecisionFacts): Decision {
  return decideTimed(facts).decision;
}

/** Decides one request and says how long the answer holds. */
export function decideTimed(facts: DecisionFacts): TimedDecision {
  return denyInvalid(facts.request, facts.validity) ?? decideByPolicy(facts);
}

/** Whether policies and grants allow a request, without the words: for the many paths of a mount plan. */
export function allowsByPolicy(facts: Omit<DecisionFacts, 'validity'>): boolean {
  const judged = judgeWithGrants(facts);
  return 'judged' in judged && judged.judged.kind === 'allowed';
}

/** The answer when a lapse comes before any policy; undefined when everything is valid. */
export function denyInvalid(request: DecisionRequest, validity: Validity): TimedDecision | undefined {
  const { session, task, binary, identity, breakers } = validity;
  // The order is the one a person would want to hear: no session makes the rest moot.
  if (session !== 'valid') return denial(request, 'session_invalid', 'the session is not running.');
  if (task !== 'running') return denial(request, 'task_ended', 'its task has ended, and every grant with it.');
  if (identity !== 'valid' && identity !== 'none') {
    return denial(request, 'identity_invalid', identityTexts[identity]);
  }
  if (binary !== 'unchanged') {
    return denial(request, 'binary_changed', 'its executable changed since the session began. Start a new session.');
  }
  if (breakers !== 'whole') {
    return denial(request, 'breaker_tripped', 'a breaker stopped its session. It may go on when a person says so.');
  }
  return undefined;
}

const identityTexts = {
  suspended: 'it was suspended, and nothing it asks for is allowed until it is resumed.',
  retired: 'it was retired.',
  expired: 'its session has no valid credential any more. Start a new session.',
} as const;

function decideByPolicy(facts: DecisionFacts): TimedDecision {
  const result = judgeWithGrants(facts);
  if ('bad' in result) return denial(facts.request, 'bad_request', result.bad);
  return conclude(facts, result.judged, result.lifted);
}

interface Judged {
  readonly judged: Judgement;
  readonly lifted: readonly (readonly [string, Grant])[];
}

function judgeWithGrants(facts: Omit<DecisionFacts, 'validity'>): Judged | { readonly bad: string } {
  const { policySet, request } = facts;
  // 1. Without any grant: what the policies alone say, and so exactly which gates are in the way.
  const bare = ask(policySet, request, []);
  if ('bad' in bare) return bare;
  const judged = judge(policySet, bare);
  if (judged.kind === 'failed' || judged.gates.length === 0) return { judged, lifted: [] };
  // 2. Grants lift those gates, and only those; then the engine has the last word, so that one way decides.
  const lifted = liftingGrants(facts, judged.gates);
  const approved = judged.gates.filter((gate) => facts.approval?.gates.includes(gate) === true);
  if (lifted.size === 0 && approved.length === 0) return { judged, lifted: [] };
  const again = ask(policySet, request, [...new Set([...lifted.keys(), ...approved])]);
  return 'bad' in again ? again : { judged: judge(policySet, again), lifted: [...lifted] };
}

type Judgement =
  | {
      readonly kind: 'allowed' | 'unpermitted' | 'forbidden' | 'gated';
      readonly rules: readonly Rule[];
      readonly gates: readonly string[];
    }
  | { readonly kind: 'failed'; readonly errors: readonly string[] };

function ask(
  set: PolicySet,
  request: DecisionRequest,
  lifted: readonly string[],
): CedarAnswer | { readonly bad: string } {
  const question = buildCedarRequest(request, set.named, lifted);
  if ('bad' in question) return question;
  const rules = set.byAction.get(request.action);
  if (rules === undefined) return { outcome: 'failed', errors: [`no rules for ${request.action}`] };
  return rules.ask(question);
}

function judge(set: PolicySet, answer: CedarAnswer): Judgement {
  if (answer.outcome === 'failed') return { kind: 'failed', errors: answer.errors };
  const rules = answer.determining.flatMap((id) => set.rules.get(id) ?? []);
  if (rules.length !== answer.determining.length) return { kind: 'failed', errors: ['a determining rule is unknown'] };
  if (answer.outcome === 'allow') return { kind: 'allowed', rules, gates: [] };
  if (rules.length === 0) return { kind: 'unpermitted', rules, gates: [] };
  const gates = [...new Set(rules.flatMap((rule) => rule.gate ?? []))].sort();
  const ungated = rules.some((rule) => rule.gate === undefined);
  return { kind: ungated ? 'forbidden' : 'gated', rules, gates };
}

/** For each closed gate that some grant lifts: the grant that lifts it longest. */
function liftingGrants(facts: Omit<DecisionFacts, 'validity'>, closed: readonly string[]): ReadonlyMap<string, Grant> {
  const { policySet, request, grants, at } = facts;
  const lifted = new Map<string, Grant>();
  for (const grant of grants.find(request, at)) {
    // Checked again here: an index may be generous or stale, and this is where it counts (GRT-4).
    if (grant.taskId !== request.principal.taskId || grant.revokedAt !== undefined || endOf(grant) <= at) continue;
    for (const gate of gatesLifted(patternOf(grant), request)) {
      if (!closed.includes(gate) || policySet.gates.get(gate)?.scope === 'once') continue;
      const other = lifted.get(gate);
      if (other === undefined || endOf(other) < endOf(grant)) lifted.set(gate, grant);
    }
  }
  return lifted;
}

/** An end that cannot be read counts as passed. */
function endOf(grant: Grant): number {
  const end = Date.parse(grant.expiresAt);
  return Number.isNaN(end) ? Number.NEGATIVE_INFINITY : end;
}

function conclude(
  facts: DecisionFacts,
  judged: Judgement,
  lifted: readonly (readonly [string, Grant])[],
): TimedDecision {
  const { request } = facts;
  switch (judged.kind) {
    case 'failed':
      return denial(request, 'policy_error', `a rule could not be evaluated (${shown(judged.errors.join('; '))}).`);
    case 'unpermitted':
      return denial(request, 'no_permit', `no rule permits ${request.action}.`);
    case 'forbidden': {
      const ungated = judged.rules.filter((rule) => rule.gate === undefined);
      const code = ungated.every((rule) => rule.code === ungated[0]?.code) ? ungated[0]?.code : 'forbidden';
      return denial(request, code ?? 'forbidden', `${reasonsOf(ungated)}. Nobody can lift this.`, judged);
    }
    case 'gated':
      return concludeGated(facts, judged);
    case 'allowed':
      return allowance(request, judged.rules, lifted, facts.approval);
  }
}

function concludeGated(facts: DecisionFacts, judged: Exclude<Judgement, { kind: 'failed' }>): TimedDecision {
  const { policySet, request } = facts;
  const remedy = remedyFor(policySet, request, judged.gates);
  const advice =
    remedy === undefined
      ? 'It needs a person’s approval each time, and nobody could be asked.'
      : `It needs a person’s approval, and nobody could be asked; starting the session with --grant ${shellWord(remedy)} would allow it.`;
  const denied = denial(request, 'approval_needed', `${reasonsOf(judged.rules)}. ${advice}`, judged);
  return remedy === undefined ? denied : { ...denied, decision: { ...denied.decision, remedy } };
}

/** The spec of the one grant that lifts every closed gate, when there is one. */
function remedyFor(policySet: PolicySet, request: DecisionRequest, closed: readonly string[]): string | undefined {
  const pattern = grantFor(request);
  if (pattern === undefined) return undefined;
  const lifts = gatesLifted(pattern, request);
  const all = closed.every((gate) => lifts.includes(gate) && policySet.gates.get(gate)?.scope !== 'once');
  return all ? formatGrantSpec(pattern) : undefined;
}

function allowance(
  request: DecisionRequest,
  rules: readonly Rule[],
  lifted: readonly (readonly [string, Grant])[],
  approval: Approved | undefined,
): TimedDecision {
  const grants = [...new Map(lifted.map(([, grant]) => [grant.id, grant])).values()];
  const specs = grants.map((grant) => `${grant.id} (${shown(grant.spec)})`);
  // A grant that lifts every gate by itself needs no answer; then the answer is not what allowed it.
  const once = approval?.gates.filter((gate) => !lifted.some(([granted]) => granted === gate)) ?? [];
  const reasons = [
    ...(grants.length === 0 ? [] : [`granted by ${listInWords(specs)}`]),
    ...(approval === undefined || once.length === 0 ? [] : [`you allowed it (${approval.id})`]),
  ];
  const by = reasons.length === 0 ? 'its policies permit it' : listInWords(reasons);
  return {
    decision: {
      outcome: 'allow',
      reason: 'permitted',
      gates: [...lifted.map(([gate]) => gate), ...once].sort(),
      policies: rules.map((rule) => rule.id).sort(),
      grants: grants.map((grant) => grant.id).sort(),
      explanation: `${request.principal.agent} may ${actionInWords(request)}: ${by}.`,
    },
    validUntil: Math.min(Number.POSITIVE_INFINITY, ...grants.map((grant) => endOf(grant))),
  };
}

function denial(
  request: DecisionRequest,
  reason: ReasonCode,
  because: string,
  standing: { readonly rules: readonly Rule[]; readonly gates: readonly string[] } = { rules: [], gates: [] },
): TimedDecision {
  return {
    decision: {
      outcome: 'deny',
      reason,
      gates: [...standing.gates],
      policies: standing.rules.map((rule) => rule.id).sort(),
      grants: [],
      explanation: `${request.principal.agent} may not ${actionInWords(request)}: ${because}`,
    },
    validUntil: Number.POSITIVE_INFINITY,
  };
}

/** Why the rules stand in the way, in their own words; a repository's are only its claim. */
export function reasonsOf(rules: readonly Rule[]): string {
  return listInWords([...new Set(rules.map((rule) => reasonOf(rule)))]);
}

/** Why one rule stands in the way. */
export function reasonOf(rule: Rule): string {
  if (rule.reason === undefined) return `rule ${rule.id} forbids it`;
  return rule.layer === 'repository' ? `the repository’s policy says “${shown(rule.reason)}”` : shown(rule.reason);
}
