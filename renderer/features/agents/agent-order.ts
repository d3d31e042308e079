import type { KnownAgent } from './known-agent.ts';

/** What an agent runs, as short as it says it: its package, or where its program is. */
export function programOf({ agent: { attestation } }: Pick<KnownAgent, 'agent'>): string {
  const { package: from, path } = attestation;
  return from === undefined ? path : `${from.name} ${from.version}`;
}

/** Those that deserve a look first, then by name, numbers as numbers. */
export function inOrder(agents: readonly KnownAgent[]): readonly KnownAgent[] {
  const urgency = ({ reviewed }: KnownAgent): number =>
    reviewed !== undefined && (reviewed.program !== 'accepted' || reviewed.flags.includes('ownerless')) ? 0 : 1;
  return agents.toSorted(
    (one, other) =>
      urgency(one) - urgency(other) || one.agent.name.localeCompare(other.agent.name, 'en', { numeric: true }),
  );
}

/** Whether every word that is typed occurs in what one knows an agent by. */
export function isFound(known: KnownAgent, typed: string): boolean {
  const { name, title, purpose, owner, words, fingerprint, attestation } = known.agent;
  const text = [name, title, purpose, owner, words, fingerprint, attestation.path, programOf(known)]
    .join('\n')
    .toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/u)
    .every((word) => text.includes(word));
}
