/**
 * Guarantee: a kept decision is used only while nothing it rests on has changed (the epoch) and before the earliest end
 * of the grants it used. Validity is asked afresh every time, before the cache is looked at (GRT-4).
 *
 * Threat: a revoked or expired grant that lives on in a cache.
 *
 * Limits: the caller makes the epoch cover everything: policies, grants, task, session.
 */
import type { Decision } from '#contract/decision.ts';
import { type DecisionFacts, decideTimed, denyInvalid } from './decide.ts';
import type { DecisionRequest, GrantLookup, Validity } from './request.ts';

/** Decisions kept at most, over all sessions. */
export const cachedDecisionsMax = 10_000;

interface Kept {
  readonly decision: Decision;
  readonly epoch: string;
  readonly validUntil: number;
}

/** Decisions by request, bounded; the oldest go first. */
export class DecisionCache {
  readonly #kept = new Map<string, Kept>();
  readonly #entriesMax: number;

  constructor(entriesMax: number = cachedDecisionsMax) {
    this.#entriesMax = entriesMax;
  }

  /** The kept decision, when it still holds at `at` in `epoch`. */
  find(key: string, epoch: string, at: number): Decision | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (kept.epoch === epoch && at < kept.validUntil) return kept.decision;
    this.#kept.delete(key);
    return undefined;
  }

  keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size <= this.#entriesMax) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  get size(): number {
    return this.#kept.size;
  }
}

/** Grants with a number that changes whenever what can be found changes, and a counter of uses. */
export interface CountedGrants extends GrantLookup {
  readonly epoch: number;
  use(ids: readonly string[], at: number): void;
}

/** What the cached way of deciding needs beyond a request. */
export interface CachedFacts extends DecisionFacts {
  readonly cache: DecisionCache;
  readonly grants: CountedGrants;
  /** Changes with the task or the session, beyond what `validity` says; anything that the two together make unique. */
  readonly sessionEpoch?: string;
}

/** Decides through the cache, and counts the use of every grant that allowed something. */
export function decideCached(facts: CachedFacts): Decision {
  const { request, validity, grants, at } = facts;
  const invalid = denyInvalid(request, validity satisfies Validity);
  if (invalid !== undefined) return invalid.decision;
  if (facts.approval !== undefined) {
    // Once is once: neither taken from the cache nor kept in it.
    const { decision } = decideTimed(facts);
    if (decision.outcome === 'allow') grants.use(decision.grants, at);
    return decision;
  }
  const key = requestKey(request);
  const epoch = `${facts.policySet.digest} ${grants.epoch} ${facts.sessionEpoch ?? ''}`;
  const decision = facts.cache.find(key, epoch, at) ?? decideAndKeep(facts, key, epoch);
  if (decision.outcome === 'allow') grants.use(decision.grants, at);
  return decision;
}

function decideAndKeep(facts: CachedFacts, key: string, epoch: string): Decision {
  const { decision, validUntil } = decideTimed(facts);
  facts.cache.keep(key, { decision, epoch, validUntil });
  return decision;
}

/** Everything in a request that a decision can depend on, injectively. */
export function requestKey(request: DecisionRequest): string {
  const { principal, action, resource, addresses, ownAddresses } = request;
  const { sessionId, agent, taskId, workspace, home } = principal;
  return JSON.stringify([
    sessionId,
    agent,
    taskId,
    workspace,
    home,
    action,
    Object.entries(resource),
    addresses,
    ownAddresses,
  ]);
}
