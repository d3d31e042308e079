import { useState } from 'react';
import { visible } from '#contract/text/visible.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { When } from '../../components/when.tsx';
import { FoundAgents } from './add-agent.tsx';
import { AgentBadges, AttestationTick } from './agent-badges.tsx';
import { addPlace, reviewPlace } from './agent-places.ts';
import { counted } from './agent-words.ts';
import { KeystoreNote } from './keystore-note.tsx';
import type { KnownAgent, KnownAgents } from './use-agents.ts';

type Shape = 'cards' | 'list';

/** Every agent at a glance, as cards or as a list. */
export function AgentsList({ known }: { readonly known: KnownAgents }) {
  const [shape, setShape] = useState<Shape>('cards');
  const kept = known.agents.filter(({ agent }) => agent.state !== 'retired');
  const retired = known.agents.filter(({ agent }) => agent.state === 'retired');
  return (
    <>
      <header className="agents-head">
        <h1>Agents</h1>
        {kept.length > 0 && (
          <fieldset className="segments">
            <legend className="visually-hidden">Shape</legend>
            {(['cards', 'list'] as const).map((each) => (
              <button key={each} type="button" aria-pressed={shape === each} onClick={() => setShape(each)}>
                {each === 'cards' ? 'Cards' : 'List'}
              </button>
            ))}
          </fieldset>
        )}
        <span className="spacer" />
        {kept.length > 0 && (
          <a className="button" href={`#/agents/${reviewPlace}`}>
            Who may do what
            {known.review.due && <span className="badge badge-attention">due</span>}
          </a>
        )}
        <a className="button" href={`#/agents/${addPlace}`}>
          <Icon name="plus" />
          Add an agent
        </a>
      </header>
      <KeystoreNote />
      {kept.length === 0 ? (
        <NoAgents known={known.agents} />
      ) : shape === 'cards' ? (
        <Cards agents={kept} />
      ) : (
        <Table agents={kept} />
      )}
      {retired.length > 0 && (
        <details className="retired">
          <summary>{counted(retired.length, 'retired agent')}</summary>
          <Table agents={retired} />
        </details>
      )}
    </>
  );
}

function NoAgents({ known }: { readonly known: readonly KnownAgent[] }) {
  return (
    <EmptyState title="No agent has a key yet">
      <p>
        An agent you bring in gets a key of its own and is bound to its program. From then on every action on record
        says which agent it was.
      </p>
      <FoundAgents known={known} />
    </EmptyState>
  );
}

function Cards({ agents }: { readonly agents: readonly KnownAgent[] }) {
  return (
    <ul className="agent-cards" aria-label="Agents">
      {agents.map((known) => (
        <li key={known.agent.name} className="agent-card">
          <h2>
            <a href={`#/agents/${known.agent.name}`}>{known.agent.name}</a>
          </h2>
          <AgentBadges known={known} />
          <p className="agent-purpose">{visible(known.agent.purpose)}</p>
          <dl className="agent-facts">
            <dt>Key</dt>
            <dd className="mono">{known.agent.words}</dd>
            <dt>Owner</dt>
            <dd>{visible(known.agent.owner)}</dd>
            <dt>Program</dt>
            <dd>
              <ForeignText text={programOf(known)} most={44} />
              {known.reviewed !== undefined && <AttestationTick program={known.reviewed.program} />}
            </dd>
            <dt>Seen</dt>
            <dd>
              <Seen known={known} />
            </dd>
            <dt>Has</dt>
            <dd>{hasWords(known)}</dd>
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Table({ agents }: { readonly agents: readonly KnownAgent[] }) {
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">State</th>
            <th scope="col">Key</th>
            <th scope="col">Owner</th>
            <th scope="col" className="purpose">
              Purpose
            </th>
            <th scope="col">Program</th>
            <th scope="col">Seen</th>
            <th scope="col" className="number">
              Sessions
            </th>
            <th scope="col" className="number">
              Always
            </th>
          </tr>
        </thead>
        <tbody>
          {agents.map((known) => (
            <tr key={known.agent.name}>
              <th scope="row">
                <a href={`#/agents/${known.agent.name}`}>{known.agent.name}</a>
              </th>
              <td>
                <AgentBadges known={known} />
              </td>
              <td className="mono">{known.agent.words}</td>
              <td>{visible(known.agent.owner)}</td>
              <td className="purpose" title={visible(known.agent.purpose)}>
                {visible(known.agent.purpose)}
              </td>
              <td>
                <ForeignText text={programOf(known)} most={26} />{' '}
                {known.reviewed !== undefined && <AttestationTick program={known.reviewed.program} />}
              </td>
              <td>
                <Seen known={known} />
              </td>
              <td className="number">{known.sessions.length}</td>
              <td className="number">{known.reviewed?.rules.length ?? 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Seen({ known: { agent } }: { readonly known: KnownAgent }) {
  return agent.lastSeenAt === undefined ? <>never</> : <When at={agent.lastSeenAt} />;
}

function programOf({ agent: { attestation } }: KnownAgent): string {
  const { package: from, path } = attestation;
  return from === undefined ? path : `${from.name} ${from.version}`;
}

function hasWords({ sessions, reviewed }: KnownAgent): string {
  const running = reviewed?.running ?? 0;
  return [
    `${counted(sessions.length, 'session')}${running > 0 ? ` (${running} running)` : ''}`,
    counted(reviewed?.rules.length ?? 0, 'always-rule'),
  ].join(', ');
}
