/**
 * Guarantee: a session that another one started is allowed only what every session above it is allowed as well, by policy and
 * grants of this moment. What a person has to be asked names every gate that stands closed for any of them.
 * Threat: an agent that starts another one, with another preset, other always-rules or other policies, to get at what is closed to
 * itself; a grant taken back from the first that lives on in the second.
 * Limits: what the second program does with what it may reach is its own; so is what the first one tells it.
 */
import type { Decision } from '#contract/decision.ts';
import type { SessionActor } from '#contract/session.ts';

/** What would be decided if a session above had asked itself. */
export interface DecisionAbove {
  readonly actor: SessionActor;
  readonly decision: Decision;
}

/** One decision out of a session's own and those of the sessions above it, nearest first. */
export function mergeChain(own: Decision, above: readonly DecisionAbove[]): Decision {
  if (isFinal(own)) return own;
  const barrier = above.find(({ decision }) => isFinal(decision));
  if (barrier !== undefined) return refusedAbove(barrier);
  const all = [own, ...above.map(({ decision }) => decision)];
  const gated = all.filter(({ outcome }) => outcome === 'deny');
  const [first] = gated;
  if (first === undefined) {
    return {
      ...own,
      gates: union(all.map(({ gates }) => gates)),
      policies: union(all.map(({ policies }) => policies)),
      grants: union(all.map(({ grants }) => grants)),
    };
  }
  const { remedy, ...rest } = first;
  const [nearest] = above;
  return {
    ...rest,
    explanation: nearest === undefined ? rest.explanation : `${rest.explanation} ${advice(own, above, nearest)}`,
    gates: union(gated.map(({ gates }) => gates)),
    policies: union(gated.map(({ policies }) => policies)),
    // One that only ever takes an answer for once is not lifted by a grant that lifts the others.
    ...(remedy === undefined || gated.some((each) => each.remedy === undefined) ? {} : { remedy }),
  };
}

/** What would help besides a person: the session above has it and hands it on, or would need it first. */
function advice(own: Decision, above: readonly DecisionAbove[], { actor }: DecisionAbove): string {
  const starter = `${actor.agent} (${actor.session}), which started this session,`;
  const isOwn = own.outcome === 'deny' && above.every(({ decision }) => decision.outcome === 'allow');
  return isOwn ? `${starter} may, and can hand that on with --grant.` : `${starter} does not hold such a grant.`;
}

/** A denial that no answer of a person lifts. */
function isFinal({ outcome, reason }: Decision): boolean {
  return outcome === 'deny' && reason !== 'approval_needed';
}

function refusedAbove({ actor, decision }: DecisionAbove): Decision {
  const { remedy: _, ...denied } = decision;
  const rule = `No session may do more than the one that started it, which is ${actor.session} of ${actor.agent}.`;
  return { ...denied, explanation: `${rule} ${decision.explanation}` };
}

function union(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort();
}
