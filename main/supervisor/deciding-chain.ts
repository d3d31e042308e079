import type { Grant } from '#contract/grant.ts';
import { gatesLifted } from '../core/grants/lifting.ts';
import { type DecisionAbove, mergeChain } from '../core/policy/decide-chain.ts';
import type { CountedGrants, DecisionCache } from '../core/policy/decision-cache.ts';
import type { DecisionRequest, GrantLookup } from '../core/policy/request.ts';
import { ancestorsOf } from './ancestry.ts';
import { decidingSession } from './deciding-session.ts';
import type { DecidingSession } from './decisions.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SessionParts } from './session-parts.ts';

type Parts = Pick<SessionParts, 'clock' | 'tasks' | 'ownAddresses'> & { readonly grants: CountedGrants };

/** A session as a decision sees it, with every session above it: each of them is asked, about the facts of now. */
export function decidingChain(entry: SessionEntry, parts: Parts, cache: DecisionCache): DecidingSession {
  if (entry.parent === undefined) return decidingSession(entry, parts, cache);
  const own = decidingSession(entry, { ...parts, grants: usableBy(entry, parts.grants) }, cache);
  const above = ancestorsOf(entry).map((each) => ({
    actor: { session: each.session.id, agent: each.session.agent },
    // A grant that lets one act through for each of the chain is used once.
    deciding: decidingSession(each, { ...parts, grants: uncounted(usableBy(each, parts.grants)) }, cache),
  }));
  return {
    ...own,
    validity: async () => ({
      ...(await own.validity()),
      above: await Promise.all(above.map(({ deciding }) => deciding.validity())),
    }),
    used: (request, decision) => {
      for (const each of [own, ...above.map(({ deciding }) => deciding)]) each.used(request, decision);
    },
    decide: (request, validity, approval) => {
      const decisions = above.map(({ actor, deciding }, index): DecisionAbove => {
        const valid = validity.above?.[index];
        if (valid === undefined) throw new Error(`the validity of ${actor.session} was not gathered`);
        return { actor, decision: deciding.decide({ ...request, principal: deciding.principal }, valid, approval) };
      });
      return mergeChain(own.decide(request, validity, approval), decisions);
    },
  };
}

/**
 * The grants of its task that a nested session may use: those that its own preset, always-rules and `--grant` name, and whatever a
 * person gave to the task since. The rest is its parent's business.
 */
function usableBy(entry: SessionEntry, grants: CountedGrants): CountedGrants {
  if (entry.parent === undefined) return grants;
  const since = Date.parse(entry.session.startedAt);
  const isUsable = (grant: Grant, request: DecisionRequest): boolean =>
    Date.parse(grant.issuedAt) >= since ||
    entry.ground.grants.some(({ pattern }) => gatesLifted(pattern, request).length > 0);
  const find: GrantLookup['find'] = (request, at) =>
    grants.find(request, at).filter((grant) => isUsable(grant, request));
  return over(grants, { find });
}

function uncounted(grants: CountedGrants): CountedGrants {
  return over(grants, { use: () => {} });
}

/** The epoch is looked up at each use: a grant may be taken back while a decision gathers its facts. */
function over(grants: CountedGrants, instead: Partial<Pick<CountedGrants, 'find' | 'use'>>): CountedGrants {
  return {
    get epoch() {
      return grants.epoch;
    },
    find: instead.find ?? ((request, at) => grants.find(request, at)),
    use: instead.use ?? ((ids, at) => grants.use(ids, at)),
  };
}
