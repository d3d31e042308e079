import type { Agent, AgentQuestion, Attestation } from '#contract/agent.ts';
import type { NewEvent } from '#contract/audit.ts';

/** The words and fields of an agent's events; `docs/audit-format.md` describes them. */

/** An attestation as an entry's detail has it. */
export function attested({ path, sha256, package: found, interpreters }: Attestation) {
  return {
    executable: { path, sha256, ...(found === undefined ? {} : { package: { ...found } }) },
    interpreters: interpreters.map((each) => ({ ...each })),
  };
}

/** Before its key is kept and anything may start as it. */
export function addedEvent({ name, preset, owner, purpose, fingerprint, words, attestation }: Agent): NewEvent {
  return {
    kind: 'agent.added',
    agent: name,
    summary: `${name} is an agent now, of ${owner}: ${purpose}`,
    detail: { preset, owner, purpose, fingerprint, words, ...attested(attestation) },
  };
}

/** Before anything may start with the new executable. */
export function acceptedEvent({ name, attestation, changes }: AgentQuestion): NewEvent {
  return {
    kind: 'agent.accepted',
    agent: name,
    summary: `What changed of ${name} was accepted: ${changes.join(' ')}`,
    detail: { changes, ...attested(attestation) },
  };
}

export function suspendedEvent({ name }: Agent, sessions: readonly string[]): NewEvent {
  return {
    kind: 'agent.suspended',
    agent: name,
    summary: `${name} is suspended`,
    detail: { sessions: [...sessions] },
  };
}

export function resumedEvent({ name, fingerprint }: Agent): NewEvent {
  return { kind: 'agent.resumed', agent: name, summary: `${name} may start again`, detail: { fingerprint } };
}

/** Before the new key is kept. */
export function rotatedEvent(agent: Agent, before: Agent): NewEvent {
  return {
    kind: 'agent.rotated',
    agent: agent.name,
    summary: `${agent.name} gets another key: ${agent.words}`,
    detail: { fingerprint: agent.fingerprint, words: agent.words, before: before.fingerprint },
  };
}

export function retiredEvent({ name, fingerprint }: Agent, sessions: readonly string[]): NewEvent {
  return {
    kind: 'agent.retired',
    agent: name,
    summary: `${name} is retired`,
    detail: { fingerprint, sessions: [...sessions] },
  };
}
