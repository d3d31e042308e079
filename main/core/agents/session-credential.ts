import type { SessionActor } from '#contract/session.ts';
import { canonicalJson } from '../audit/canonical.ts';
import type { IdentityValidity } from '../policy/request.ts';

/** How long a credential holds. */
export const credentialLifeMs = 60 * 60_000;
/** It is renewed so long before its end, so that a keychain that is away for a while ends no session. */
export const credentialRenewMs = 30 * 60_000;

/** Who the session acts for, as RFC 8693 §4.1 nests it: the session that started it, and in that one who started that. */
export interface ActClaim {
  readonly session: string;
  readonly agent: string;
  readonly act?: ActClaim;
}

/** The claim of a chain, nearest first; undefined for an empty one. */
export function actClaim(actors: readonly SessionActor[]): ActClaim | undefined {
  return actors.reduceRight<ActClaim | undefined>(
    (above, { session, agent }) => (above === undefined ? { session, agent } : { session, agent, act: above }),
    undefined,
  );
}

/** What the agent's key says of one session. Times are milliseconds since 1970. */
export interface CredentialClaims {
  readonly v: 1;
  readonly session: string;
  readonly agent: string;
  /** Of the key that signed. */
  readonly fingerprint: string;
  readonly task: string;
  /** SHA-256 of the executable. */
  readonly executable: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Of a nested session: who stands behind it. */
  readonly act?: ActClaim | undefined;
}

/** The bytes that are signed: the RFC 8785 form. */
export function credentialText(claims: CredentialClaims): string {
  const { act, ...rest } = claims;
  return canonicalJson(act === undefined ? rest : { ...rest, act });
}

/** What a credential has to fit at the moment of a decision. */
export interface CredentialFacts {
  readonly session: string;
  readonly task: string;
  readonly executable: string;
  readonly act?: ActClaim | undefined;
  readonly at: number;
  /** Of the agent on record now; undefined when there is none of that name. */
  readonly agent:
    | { readonly name: string; readonly fingerprint: string; readonly state: 'active' | 'suspended' | 'retired' }
    | undefined;
}

/** Judges a credential whose signature holds. An agent's state comes first: it is what a person did. */
export function judgeCredential(claims: CredentialClaims | undefined, facts: CredentialFacts): IdentityValidity {
  const { agent, at } = facts;
  if (agent === undefined) return 'retired';
  if (agent.state !== 'active') return agent.state;
  if (claims === undefined) return 'expired';
  const isItsOwn =
    claims.session === facts.session &&
    claims.task === facts.task &&
    claims.executable === facts.executable &&
    canonicalJson(claims.act ?? null) === canonicalJson(facts.act ?? null) &&
    claims.agent === agent.name &&
    // Of an agent that was rotated, or retired and brought in anew, the old key says nothing any more.
    claims.fingerprint === agent.fingerprint;
  return isItsOwn && claims.notBefore <= at && at < claims.notAfter ? 'valid' : 'expired';
}
