import { useEffect, useState } from 'react';
import type { ListedAgent } from '#contract/agent.ts';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';

/** The agents and who answers for them. */
export function AgentsPage({ agent }: { readonly agent: string | undefined }) {
  const [agents, setAgents] = useState<readonly ListedAgent[]>();
  const [error, setError] = useState<ErrorData>();
  useEffect(() => {
    call('agent.list', {}).then(
      (found) => setAgents(found.agents),
      (failure) => setError(errorDataOf(failure)),
    );
  }, []);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (agents === undefined) return <Skeleton label="Agents are being listed" />;
  if (agents.length === 0) return <EmptyState title="No agent has a key yet" />;
  return (
    <ul className="rows" aria-label="Agents">
      {agents.map(({ name, owner, purpose, words }) => (
        <li key={name} aria-current={name === agent ? 'true' : undefined}>
          <strong>{name}</strong> {words} {owner} {purpose}
        </li>
      ))}
    </ul>
  );
}
