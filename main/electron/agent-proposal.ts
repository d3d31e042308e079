import type { AgentQuestion } from '#contract/agent.ts';
import type { Proposal } from '#contract/bridge.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import type { Acted, Prepared, ProposalQuestion } from './prepared.ts';

/** Looks into bringing in an agent, or accepting what changed of one. */
export async function prepareAgent(
  control: ControlClient,
  { name, command }: Extract<Proposal, { kind: 'agent' }>,
  home: string,
): Promise<Prepared> {
  const { question } = await control.call('agent.examine', {
    name,
    cwd: home,
    path: process.env['PATH'] ?? '',
    ...(command === undefined ? {} : { command }),
  });
  // As it was accepted before: nothing to ask, nothing to do.
  if (question === undefined) return { question: undefined, act: async () => ({ done: {} }) };
  return agentPrepared(control, question, async () => ({ done: {} }));
}

/** Asks about an agent alone, and goes on once it was accepted. */
export async function agentPrepared(
  control: ControlClient,
  asked: AgentQuestion,
  after: () => Promise<Acted>,
): Promise<Prepared> {
  const { code } = await control.call('agent.code', { digest: asked.digest });
  return {
    question: {
      title: asked.kind === 'unknown' ? `Bring in the agent ${asked.name}` : `Accept what changed of ${asked.name}`,
      facts: agentFacts(asked),
      risk: 'high',
      confirm: 'Accept',
      effect:
        asked.kind === 'unknown'
          ? `${asked.name} gets a key of its own, bound to this program.`
          : `${asked.name} may start with this program from now on.`,
    },
    act: async () => {
      await control.call('agent.accept', { digest: asked.digest, code });
      return after();
    },
  };
}

/** What a person accepts with an agent. */
export function agentFacts({ attestation, owner, purpose, changes }: AgentQuestion): ProposalQuestion['facts'] {
  const { path, sha256, package: from, interpreters } = attestation;
  return [
    ...changes.map((change) => ({ label: 'Changed', text: change })),
    { label: 'Program', text: path },
    { label: 'SHA-256', text: sha256 },
    ...(from === undefined ? [] : [{ label: 'Package', text: `${from.name} ${from.version} (by its own word)` }]),
    ...interpreters.map((each) => ({ label: 'Run by', text: `${each.path}, SHA-256 ${each.sha256}` })),
    { label: 'Owner', text: owner },
    { label: 'Purpose', text: purpose },
  ];
}
