import { createHash } from 'node:crypto';
import type { Agent, AgentFlag, AgentQuestion, AgentState, Attestation } from '#contract/agent.ts';
import { canonicalJson } from '../audit/canonical.ts';

/** An agent that was not seen for so long is idle. */
export const idleAfterMs = 30 * 24 * 3_600_000;

/** Whether an agent may start with these bytes, or what stands in the way. */
export type Admission =
  | { readonly kind: 'admitted'; readonly agent: Agent }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'changed'; readonly agent: Agent; readonly changes: readonly string[] }
  | { readonly kind: 'suspended' | 'retired'; readonly agent: Agent };

/** Judges a start: the state first, since a changed executable of a suspended agent is nothing to ask about. */
export function admit(agent: Agent | undefined, attestation: Attestation): Admission {
  if (agent === undefined) return { kind: 'unknown' };
  if (agent.state !== 'active') return { kind: agent.state, agent };
  const changes = changesBetween(agent.attestation, attestation);
  return changes.length === 0 ? { kind: 'admitted', agent } : { kind: 'changed', agent, changes };
}

/** What changed from one attestation to the other, a sentence each; nothing when they are the same. */
export function changesBetween(before: Attestation, after: Attestation): string[] {
  return [
    ...packageChange(before.package, after.package),
    ...(before.path === after.path ? [] : [`Its program is ${after.path}, and was ${before.path}.`]),
    ...(before.sha256 === after.sha256 ? [] : [contentChange('Its program', before.sha256, after.sha256)]),
    ...interpreterChanges(before.interpreters, after.interpreters),
  ];
}

function packageChange(before: Attestation['package'], after: Attestation['package']): string[] {
  if (before?.ecosystem === after?.ecosystem && before?.name === after?.name) {
    if (before?.version === after?.version) return [];
    return [`Its ${after?.ecosystem} package ${after?.name} is ${after?.version}, and was ${before?.version}.`];
  }
  return [`It comes with ${packageText(after)}, and came with ${packageText(before)}.`];
}

/** A package in words. */
export function packageText(found: Attestation['package']): string {
  return found === undefined ? 'no package' : `${found.ecosystem} package ${found.name} ${found.version}`;
}

function interpreterChanges(before: Attestation['interpreters'], after: Attestation['interpreters']): string[] {
  const paths = (files: Attestation['interpreters']) => files.map(({ path }) => path).join(', ') || 'none';
  if (paths(before) !== paths(after)) return [`Its interpreters are ${paths(after)}, and were ${paths(before)}.`];
  return after.flatMap(({ path, sha256 }, index) => {
    const was = before[index]?.sha256 ?? '';
    return was === sha256 ? [] : [contentChange(`Its interpreter ${path}`, was, sha256)];
  });
}

function contentChange(what: string, before: string, after: string): string {
  return `${what} has other contents: SHA-256 ${after.slice(0, 16)}…, and was ${before.slice(0, 16)}….`;
}

/** A question with the digest that its answer is bound to. */
export function agentQuestion(facts: Omit<AgentQuestion, 'digest'>): AgentQuestion {
  return { digest: createHash('sha256').update(canonicalJson(facts)).digest('hex'), ...facts };
}

/** What can be done with an agent once it is there. */
export type AgentAction = 'accept' | 'suspend' | 'resume' | 'rotate' | 'retire';

/** The state an action leads to, or why it cannot be done. */
export function nextState(
  state: AgentState,
  action: AgentAction,
): { readonly state: AgentState } | { readonly why: string } {
  if (state === 'retired') return { why: 'It is retired, and that is for good.' };
  switch (action) {
    case 'accept':
    case 'rotate':
      return { state };
    case 'suspend':
      return state === 'suspended' ? { why: 'It is suspended already.' } : { state: 'suspended' };
    case 'resume':
      return state === 'active' ? { why: 'It is not suspended.' } : { state: 'active' };
    case 'retire':
      return { state: 'retired' };
  }
}

/** What deserves a look. A retired agent deserves none. */
export function flagsOf(agent: Agent, at: number, isAccount: (owner: string) => boolean): AgentFlag[] {
  if (agent.state === 'retired') return [];
  const seen = Date.parse(agent.lastSeenAt ?? agent.createdAt);
  return [
    ...(at - seen >= idleAfterMs ? (['idle'] as const) : []),
    ...(isAccount(agent.owner) ? [] : (['ownerless'] as const)),
  ];
}
