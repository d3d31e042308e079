/**
 * Guarantee: whatever starts under a name is the program that a person accepted for that name, acts with a key made for it alone, and
 * stops when a person suspends or retires it. Whatever widens authority is on record before it counts.
 *
 * Threat: another program under an agent's name; an executable that changed since it was accepted; a suspended agent that
 * goes on, or starts because the keystore is away; an answer to facts that are no longer so.
 *
 * Limits: on a machine without a keystore, agents that nobody brought in run without identity, and that is said. An
 * attestation names files, not the shared libraries and modules they load.
 */
import type { Logger } from 'pino';
import type { Agent, AgentQuestion, Attestation, ListedAgent } from '#contract/agent.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import type { Session } from '#contract/session.ts';
import { attestFile } from '../adapters/agents/file-digest.ts';
import { readUserAccounts } from '../adapters/agents/user-accounts.ts';
import { makeAgentKey, removeAgentKey, signAsAgent } from '../adapters/keystore/agent-keys.ts';
import type { Keystore } from '../adapters/keystore/keystore.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { verifiedLabel } from '../core/agents/choose-preset.ts';
import { type AgentAction, admit, agentQuestion, changesBetween, flagsOf, nextState } from '../core/agents/identity.ts';
import { fingerprintWords } from '../core/agents/identity-words.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { acceptedEvent, addedEvent, resumedEvent, retiredEvent, rotatedEvent, suspendedEvent } from './agent-events.ts';
import { AgentQuestions } from './agent-questions.ts';
import { type Clock, timestamp } from './clock.ts';
import type { OwedRecords } from './owed-records.ts';
import { type CredentialAbout, SessionIdentity } from './session-identity.ts';
import type { Signing } from './signing.ts';

/** Agents that are kept, retired ones included. */
const agentsMax = 1_000;

/** What the agents are kept, recorded and ended with. */
export interface AgentParts {
  readonly state: StateDatabase;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly owed: OwedRecords;
  readonly log: Logger;
  readonly signing: Pick<Signing, 'keystore'>;
  readonly presets: readonly Preset[];
  /** Login name of the person whose supervisor this is. */
  readonly person: string;
  /** Ids of the running sessions of an agent. */
  readonly sessionsOf: (agent: string) => readonly string[];
  readonly endSessions: (ids: readonly string[], reason: NonNullable<Session['endReason']>) => Promise<void>;
  /** Takes back the always-rules of an agent and what they gave; resolves with how many there were. */
  readonly removeRules: (agent: string) => Promise<number>;
}

/** A program that would act under a name. */
export interface Candidate {
  readonly name: string;
  readonly preset: Preset;
  readonly attestation: Attestation;
  /** What a new one is for, and who answers for it, when somebody said so. */
  readonly purpose?: string | undefined;
  readonly owner?: string | undefined;
}

/** Who a session acts as: an agent, or nobody, with the reason when it could have been one. */
export type Actor = { readonly agent: Agent } | { readonly agent: undefined; readonly why: string | undefined };

/** The agents, their keys and their life. */
export class Agents {
  readonly questions = new AgentQuestions();
  readonly #parts: AgentParts;
  readonly #agents: Map<string, Agent>;
  readonly #identities = new Map<string, SessionIdentity>();
  /** What widens happens one after the other; what narrows waits for nothing. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#agents = new Map(parts.state.agents().map((agent) => [agent.name, agent]));
  }

  list(): ListedAgent[] {
    const accounts = readUserAccounts();
    return [...this.#agents.values()]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((agent) => this.#listed(agent, accounts));
  }

  /** Throws `not_found`. */
  show(name: string): ListedAgent {
    return this.#listed(this.#get(name), readUserAccounts());
  }

  find(name: string): Agent | undefined {
    return this.#agents.get(name);
  }

  /** Decides who a command acts as before anything of its session exists. Rejects when it may not start. */
  async admit(candidate: Candidate): Promise<Actor> {
    const { name, attestation } = candidate;
    if (name === genericPresetId) return { agent: undefined, why: undefined };
    const admission = admit(this.#agents.get(name), attestation);
    if (admission.kind === 'suspended' || admission.kind === 'retired') throw heldBack(name, admission.kind);
    const found = await this.#parts.signing.keystore();
    if (found.keystore === undefined) {
      if (admission.kind === 'unknown') return { agent: undefined, why: found.why };
      throw withoutKey(name, found);
    }
    if (admission.kind === 'admitted') return { agent: admission.agent };
    throw askAbout(this.ask(candidate));
  }

  /** The question that accepting this program under its name would answer; kept until somebody does. */
  ask(candidate: Candidate): AgentQuestion {
    return this.questions.keep(this.#question(candidate));
  }

  /** Issues a session's credential. The agent is looked up again: it may have been suspended since it was admitted. */
  async certify(name: string, about: CredentialAbout): Promise<SessionIdentity> {
    const { clock, log } = this.#parts;
    const identity = await SessionIdentity.issue(
      {
        clock,
        log,
        agent: () => this.#agents.get(name),
        sign: async (agent, text) => signAsAgent(await this.#keystore(name), agent, text),
      },
      about,
    );
    const agent = this.#agents.get(name);
    if (agent !== undefined) this.#save({ ...agent, lastSeenAt: timestamp(clock.now()) });
    this.#identities.set(about.session, identity);
    return identity;
  }

  /** A session is over: nothing is issued for it any more. */
  release(session: string): void {
    this.#identities.get(session)?.close();
    this.#identities.delete(session);
  }

  /** Brings in an unknown agent, or accepts what changed of one, as it was asked. */
  accept(question: AgentQuestion): Promise<{ agent: Agent; added: boolean }> {
    return this.#inTurn(async () => {
      const preset = this.#parts.presets.find(({ id }) => id === question.preset);
      // Asked again with what is so now: the same question or none.
      if (preset === undefined || this.#question({ ...question, preset }).digest !== question.digest) throw overtaken();
      await assertUnchanged(question.attestation);
      if (question.kind === 'unknown') return { agent: await this.#add(question), added: true };
      await this.#parts.audit.append(acceptedEvent(question));
      const { name, preset: id, attestation } = question;
      const agent = { ...this.#assert(name, 'accept'), preset: id, attestation };
      return { agent: this.#save(agent), added: false };
    });
  }

  async #add(question: AgentQuestion): Promise<Agent> {
    const { name, preset, title, owner, purpose, attestation } = question;
    if (name === genericPresetId) throw nobody();
    if (!this.#isAccount(owner, readUserAccounts())) {
      throw operatingError('invalid_request', `There is no user ${JSON.stringify(owner)} on this machine.`, {
        why: 'Somebody has to answer for an agent.',
        remedy: 'Name a user account with --owner, or leave it out: then it is you.',
      });
    }
    if (this.#agents.size >= agentsMax && !this.#agents.has(name)) {
      throw operatingError('too_many', `There are ${agentsMax} agents already.`);
    }
    const keystore = await this.#keystore(name);
    const key = makeAgentKey();
    const { publicKey, fingerprint } = key;
    const agent: Agent = {
      name,
      preset,
      title,
      owner,
      purpose,
      createdAt: timestamp(this.#parts.clock.now()),
      state: 'active',
      publicKey,
      fingerprint,
      words: fingerprintWords(fingerprint),
      attestation,
    };
    await this.#parts.audit.append(addedEvent(agent));
    await key.keep(keystore, name);
    return this.#save(agent);
  }

  /** Ends its sessions at once; resolves when they are gone. */
  async suspend(name: string): Promise<{ agent: Agent; sessions: readonly string[] }> {
    return this.#narrow(name, 'suspend');
  }

  /** Lets a suspended agent start again. */
  resume(name: string): Promise<Agent> {
    return this.#inTurn(async () => {
      await this.#parts.audit.append(resumedEvent(this.#assert(name, 'resume')));
      return this.#save({ ...this.#assert(name, 'resume'), state: 'active' });
    });
  }

  /** Gives it another key; its running sessions get a credential of the new one. */
  rotate(name: string): Promise<Agent> {
    return this.#inTurn(async () => {
      const before = this.#assert(name, 'rotate');
      const keystore = await this.#keystore(name);
      const key = makeAgentKey();
      const { publicKey, fingerprint } = key;
      const fresh = { publicKey, fingerprint, words: fingerprintWords(fingerprint) };
      await this.#parts.audit.append(rotatedEvent({ ...before, ...fresh }, before));
      await key.keep(keystore, name);
      const current = this.#agents.get(name) ?? before;
      if (current.state === 'retired') {
        // Retired while the keystore was slow: then no key may stay.
        await removeAgentKey(keystore, name);
        this.#assert(name, 'rotate');
      }
      const agent = this.#save({ ...current, ...fresh });
      for (const session of this.#parts.sessionsOf(name)) await this.#identities.get(session)?.renew();
      return agent;
    });
  }

  /** Suspends it for good, with its key and its always-rules. */
  async retire(name: string): Promise<{ agent: Agent; sessions: readonly string[]; rules: number; keyLeft?: string }> {
    const retired = await this.#narrow(name, 'retire');
    const rules = await this.#parts.removeRules(name);
    const found = await this.#parts.signing.keystore();
    const keyLeft =
      found.keystore === undefined
        ? found.why
        : await removeAgentKey(found.keystore, name).then(
            () => undefined,
            (error: unknown) => (error instanceof Error ? error.message : String(error)),
          );
    return { ...retired, rules, ...(keyLeft === undefined ? {} : { keyLeft }) };
  }

  /** In memory first, so that every decision from here on is a denial; then on record; then its sessions end. */
  async #narrow(name: string, action: 'suspend' | 'retire') {
    const before = this.#assert(name, action);
    const state = action === 'suspend' ? ('suspended' as const) : ('retired' as const);
    const agent: Agent = { ...before, state };
    this.#agents.set(name, agent);
    const sessions = [...this.#parts.sessionsOf(name)];
    const { owed, audit, endSessions, state: database } = this.#parts;
    const event = action === 'suspend' ? suspendedEvent(agent, sessions) : retiredEvent(agent, sessions);
    try {
      await owed.write(
        `that ${name} is ${state}`,
        () => audit.append(event),
        () => database.saveAgent(this.#agents.get(name) ?? agent),
      );
    } finally {
      // Whatever can be written: they end. One that was about to start is among them, or finds the new state by itself.
      await endSessions(
        [...new Set([...sessions, ...this.#parts.sessionsOf(name)])],
        action === 'suspend' ? 'agent_suspended' : 'agent_retired',
      );
    }
    return { agent, sessions };
  }

  #question({ name, preset, attestation, purpose, owner }: Candidate): AgentQuestion {
    if (name === genericPresetId) throw nobody();
    const known = this.#agents.get(name);
    const about = { name, preset: preset.id, attestation };
    if (known === undefined || known.state === 'retired') {
      const title = preset.id === genericPresetId ? name : preset.title;
      const given = { owner: owner ?? this.#parts.person, purpose: purpose ?? title };
      return agentQuestion({ kind: 'unknown', title, changes: [], ...about, ...given });
    }
    const { title, owner: owned, purpose: kept } = known;
    const changes = changesBetween(known.attestation, attestation);
    return agentQuestion({ kind: 'changed', title, owner: owned, purpose: kept, changes, ...about });
  }

  #listed(agent: Agent, accounts: ReadonlySet<string>): ListedAgent {
    const preset = this.#parts.presets.find(({ id }) => id === agent.preset);
    const label = preset === undefined ? undefined : verifiedLabel(preset, agent.attestation.package?.version);
    const flags = flagsOf(agent, this.#parts.clock.now(), (owner) => this.#isAccount(owner, accounts));
    return { ...agent, flags, ...(label === undefined ? {} : { label }) };
  }

  #isAccount(owner: string, accounts: ReadonlySet<string>): boolean {
    return owner === this.#parts.person || accounts.has(owner);
  }

  #isKept(name: string): boolean {
    const agent = this.#agents.get(name);
    return agent !== undefined && agent.state !== 'retired';
  }

  async #keystore(name: string): Promise<Keystore> {
    const found = await this.#parts.signing.keystore();
    if (found.keystore === undefined) throw withoutKey(name, found, this.#isKept(name));
    return found.keystore;
  }

  #get(name: string): Agent {
    const agent = this.#agents.get(name);
    if (agent !== undefined) return agent;
    throw operatingError('not_found', `There is no agent ${name}.`, { remedy: '`gatehouse agents list` shows them.' });
  }

  /** The agent, when this can be done with it now. */
  #assert(name: string, action: AgentAction): Agent {
    const agent = this.#get(name);
    const next = nextState(agent.state, action);
    if ('state' in next) return agent;
    throw operatingError('agent_refused', `You cannot ${action} ${name}.`, {
      why: next.why,
      remedy: '`gatehouse agents list` shows the state of each.',
    });
  }

  #save(agent: Agent): Agent {
    this.#agents.set(agent.name, agent);
    this.#parts.state.saveAgent(agent);
    return agent;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    // Whoever asked hears of a failure; the next one goes on.
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Facts may be old by the time somebody answers: the files must still be those that were shown. */
async function assertUnchanged({ path, sha256, interpreters }: Attestation): Promise<void> {
  for (const file of [{ path, sha256 }, ...interpreters]) {
    if ((await attestFile(file.path))?.sha256 !== file.sha256) throw overtaken();
  }
}

function overtaken(): Error {
  return operatingError('approval_refused', 'What you were shown is no longer so.', {
    why: 'The program or the agent changed meanwhile.',
    remedy: 'Nothing was accepted. Ask again, and look at what is new.',
  });
}

function nobody(): Error {
  return operatingError('invalid_request', '`generic` is nobody, and can have no identity.', {
    remedy: 'Give the agent a name of its own.',
  });
}

function heldBack(name: string, state: 'suspended' | 'retired'): Error {
  return operatingError('agent_refused', `${name} is ${state}, so it does not start.`, {
    remedy:
      state === 'suspended'
        ? `Let it start again: \`gatehouse agents resume ${name}\`.`
        : `It can be brought in anew, with a new key: \`gatehouse agents add ${name} --purpose …\`.`,
  });
}

function withoutKey(
  name: string,
  { why, remedy }: { readonly why: string; readonly remedy: string },
  hasOne = true,
): Error {
  const what = hasOne
    ? `${name} has a key, and the keystore that holds it cannot be used.`
    : `${name} cannot get a key: the keystore cannot be used.`;
  return operatingError('keystore_unavailable', what, { why, remedy });
}

function askAbout(question: AgentQuestion): Error {
  const { name, kind, changes } = question;
  return kind === 'unknown'
    ? operatingError('agent_unknown', `${name} is no agent yet, so it does not start.`, {
        why: 'Every agent has a key of its own and a person who answers for it, and nobody could be asked here.',
        remedy: `Bring it in, in a terminal: \`gatehouse agents add ${name} --purpose …\`.`,
        agent: question,
      })
    : operatingError('agent_changed', `${name} is not the program that was accepted, so it does not start.`, {
        why: changes.join(' '),
        remedy: `Look at what changed and accept it, in a terminal: \`gatehouse agents accept ${name}\`.`,
        agent: question,
      });
}
