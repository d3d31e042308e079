import { useEffect, useRef } from 'react';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useArrowKeys } from '../../components/use-arrow-keys.ts';
import { AddAgent } from './add-agent.tsx';
import { AgentDetail } from './agent-detail.tsx';
import { addPlace, reviewPlace } from './agent-places.ts';
import { AgentsList } from './agents-list.tsx';
import './agents.css';
import './agent-detail.css';
import './add-agent.css';
import { ReviewView } from './review-view.tsx';
import { type KnownAgents, useAgents } from './use-agents.ts';

/** The agents and who answers for them; one of them; who may do what; or a new one. */
export function AgentsPage({ agent: detail }: { readonly agent: string | undefined }) {
  const { value, error, reload } = useAgents();
  const top = useRef<HTMLDivElement>(null);
  useArrowKeys(top, '.agent-card h2 a, .table tbody th a, .found-agents .button, .review h2 a');
  const before = useRef(detail);
  useEffect(() => {
    // Whoever followed a link with the keyboard goes on where the link led.
    if (before.current !== detail) top.current?.focus();
    before.current = detail;
  }, [detail]);
  return (
    <div className="agents" ref={top} tabIndex={-1}>
      {value === undefined && <h1 className="visually-hidden">Agents</h1>}
      {error !== undefined && (
        <ErrorNote {...(value === undefined ? {} : { title: 'This is what was known before.' })} error={error} />
      )}
      {value === undefined && error === undefined && <Skeleton label="Agents are being listed" />}
      {value !== undefined && <Inner detail={detail} known={value} reload={reload} />}
    </div>
  );
}

function Inner({
  detail,
  known,
  reload,
}: {
  readonly detail: string | undefined;
  readonly known: KnownAgents;
  readonly reload: () => void;
}) {
  if (detail === addPlace) return <AddAgent known={known.agents} />;
  if (detail === reviewPlace) return <ReviewView known={known} />;
  if (detail === undefined) return <AgentsList known={known} />;
  const found = known.agents.find(({ agent }) => agent.name === detail);
  if (found !== undefined) return <AgentDetail key={detail} known={found} reload={reload} />;
  return (
    <EmptyState title={`There is no agent “${detail}”`}>
      <h1 className="visually-hidden">Agents</h1>
      <p>
        <a className="text-link" href="#/agents">
          All agents
        </a>
      </p>
    </EmptyState>
  );
}
