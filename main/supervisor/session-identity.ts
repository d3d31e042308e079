/**
 * Guarantee: a session acts for its agent only while a credential that the agent's key signed for exactly this session holds, and
 * while a person has not suspended or retired the agent. Both are looked at anew for every decision.
 *
 * Threat: a session that outlives its agent's suspension, or acts with the credential of another session, agent, task or
 * program, or with one that a former key signed.
 *
 * Limits: the signature itself is checked once for each credential; it never leaves this process's memory.
 */
import type { Logger } from 'pino';
import type { Agent } from '#contract/agent.ts';
import { isSignedByAgent } from '../adapters/keystore/agent-keys.ts';
import {
  type ActClaim,
  type CredentialClaims,
  credentialLifeMs,
  credentialRenewMs,
  credentialText,
  judgeCredential,
} from '../core/agents/session-credential.ts';
import type { IdentityValidity } from '../core/policy/request.ts';
import { atTime, type Clock } from './clock.ts';

/** How long after a failed renewal it is tried again. */
const renewAgainMs = 60_000;

/** What a session's identity rests on. */
export interface IdentityParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** The agent on record now. */
  readonly agent: () => Agent | undefined;
  readonly sign: (agent: Agent, text: string) => Promise<Uint8Array>;
}

/** The session that a credential is for. */
export interface CredentialAbout {
  readonly session: string;
  readonly task: string;
  /** SHA-256. */
  readonly executable: string;
  readonly act?: ActClaim | undefined;
}

interface Credential {
  readonly claims: CredentialClaims;
  readonly signature: Uint8Array;
  /** Whether its signature holds, once that was looked at. */
  holds: boolean | undefined;
}

/** The credential of one session, renewed until it is closed. */
export class SessionIdentity {
  readonly #parts: IdentityParts;
  readonly #about: CredentialAbout;
  #credential: Credential | undefined;
  #cancel: () => void = () => {};
  #closed = false;

  private constructor(parts: IdentityParts, about: CredentialAbout) {
    this.#parts = parts;
    this.#about = about;
  }

  /** Issues the first credential; rejects when the agent's key cannot be used. */
  static async issue(parts: IdentityParts, about: CredentialAbout): Promise<SessionIdentity> {
    const identity = new SessionIdentity(parts, about);
    await identity.renew();
    return identity;
  }

  /** What it is worth now. */
  state(): IdentityValidity {
    const agent = this.#parts.agent();
    const credential = this.#credential;
    const judged = judgeCredential(credential?.claims, { ...this.#about, agent, at: this.#parts.clock.now() });
    if (judged !== 'valid' || credential === undefined || agent === undefined)
      return judged === 'valid' ? 'expired' : judged;
    credential.holds ??= isSignedByAgent(agent.publicKey, credentialText(credential.claims), credential.signature);
    return credential.holds ? 'valid' : 'expired';
  }

  /** For the record. */
  get claims(): CredentialClaims | undefined {
    return this.#credential?.claims;
  }

  /** Issues another credential in the place of this one: before its end, and when the agent's key was replaced. */
  async renew(): Promise<void> {
    const { clock, agent: find, sign } = this.#parts;
    const agent = find();
    // A suspended agent's key signs nothing.
    if (this.#closed || agent?.state !== 'active') return;
    const now = clock.now();
    const claims: CredentialClaims = {
      v: 1,
      ...this.#about,
      agent: agent.name,
      fingerprint: agent.fingerprint,
      notBefore: now,
      notAfter: now + credentialLifeMs,
    };
    const signature = await sign(agent, credentialText(claims));
    this.#credential = { claims, signature, holds: undefined };
    this.#renewAt(claims.notAfter - credentialRenewMs);
  }

  close(): void {
    this.#closed = true;
    this.#credential = undefined;
    this.#cancel();
  }

  #renewAt(at: number): void {
    this.#cancel();
    if (this.#closed) return;
    this.#cancel = atTime(this.#parts.clock, at, () => {
      this.renew().catch((error: unknown) => {
        this.#parts.log.warn({ session: this.#about.session, error: String(error) }, 'a credential was not renewed');
        this.#renewAt(this.#parts.clock.now() + renewAgainMs);
      });
    });
  }
}
