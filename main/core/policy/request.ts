import type { Action, Resource } from '#contract/actions.ts';
import type { Grant } from '#contract/grant.ts';

/** Who asks: one running session of one agent, working on one task. */
export interface Principal {
  readonly sessionId: string;
  readonly agent: string;
  readonly taskId: string;
  readonly workspace: string;
  readonly home: string;
}

/** One question for the policy engine. Paths and hosts are canonical. */
export interface DecisionRequest {
  readonly principal: Principal;
  readonly action: Action;
  readonly resource: Resource;
  /** Every address a name resolved to, once it was resolved. */
  readonly addresses?: readonly string[];
  /** Addresses of this machine's own interfaces; a name that leads to one of them is refused. */
  readonly ownAddresses?: readonly string[];
}

/** What a credential is worth at this moment. */
export type IdentityValidity = 'valid' | 'suspended' | 'retired' | 'expired' | 'none';

/** What the supervisor found out about the session at this moment; a lapse denies before any policy is asked. */
export interface Validity {
  readonly session: 'valid' | 'invalid';
  readonly task: 'running' | 'ended';
  readonly binary: 'unchanged' | 'changed';
  /** `tripped`: a breaker stopped the session, and no person has let it go on. */
  readonly breakers: 'whole' | 'tripped';
  /** Of the session's credential and of the agent it names; `none` for a session without one. */
  readonly identity: IdentityValidity;
}

/** The grants that may matter, found by index, unexpired and unrevoked at `at`. */
export interface GrantLookup {
  find(request: DecisionRequest, at: number): readonly Grant[];
}

/** A file rule, as the mount plan needs it. */
export interface PathRule {
  readonly path: string;
  readonly read: boolean;
  readonly write: boolean;
}
