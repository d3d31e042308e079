import { useState } from 'react';
import { visible } from '#contract/text/visible.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { When } from '../../components/when.tsx';
import { FoundAgents } from './add-agent.tsx';
import { AgentBadges, AttestationTick } from './agent-badges.tsx';
import { inOrder, isFound, programOf } from './agent-order.ts';
import { addPlace, reviewPlace } from './agent-places.ts';
import { counted } from './agent-words.ts';
import { KeystoreNote } from './keystore-note.tsx';
import type { KnownAgent } from './known-agent.ts';
import type { KnownAgents } from './use-agents.ts';

type Shape = 'cards' | 'list';

/** From so many agents on they can be searched. */
const filteredFrom = 8;

/** Every agent at a glance, as cards or as a list. */
export function AgentsList({ known }: { readonly known: KnownAgents }) {
  const [shape, setShape] = useState<Shape>('cards');
  const [typed, setTyped] = useState('');
  const kept = known.agents.filter(({ agent }) => agent.state !== 'retired');
  const isLong = kept.length > filteredFrom;
  const shown = inOrder(isLong ? kept.filter((each) => isFound(each, typed)) : kept);
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
        {isLong && (
          <input
            className="field agents-find"
            type="search"
            data-search
            aria-label="Find an agent"
            placeholder={`Find one of ${kept.length}`}
            title="Find an agent by name, purpose, owner, key or program ( / )"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
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
      ) : shown.length === 0 ? (
        <EmptyState title="No agent matches">
          <p>
            <button type="button" className="button" onClick={() => setTyped('')}>
              Show all {kept.length}
            </button>
          </p>
        </EmptyState>
      ) : shape === 'cards' ? (
        <Cards agents={shown} />
      ) : (
        <Table agents={shown} />
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
            <a href={`#/agents/${known.agent.name}`} title={known.agent.name}>
              {known.agent.name}
            </a>
          </h2>
          <AgentBadges known={known} />
          <p className="agent-purpose" title={visible(known.agent.purpose)}>
            {visible(known.agent.purpose)}
          </p>
          <dl className="agent-facts">
            <dt>Key</dt>
            <dd className="mono">{known.agent.words}</dd>
            <dt>Owner</dt>
            <dd>{visible(known.agent.owner)}</dd>
            <dt>Program</dt>
            <dd>
              <ForeignText text={programOf(known)} most={34} />
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
            <th scope="col" className="owner">
              Owner
            </th>
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
                <a href={`#/agents/${known.agent.name}`} title={known.agent.name}>
                  {known.agent.name}
                </a>
              </th>
              <td>
                <AgentBadges known={known} />
              </td>
              <td className="mono">{known.agent.words}</td>
              <td className="owner">{visible(known.agent.owner)}</td>
              <td className="purpose" title={visible(known.agent.purpose)}>
                {visible(known.agent.purpose)}
              </td>
              <td>
                <span className="program">
                  <ForeignText text={programOf(known)} most={26} />
                  {known.reviewed !== undefined && <AttestationTick program={known.reviewed.program} />}
                </span>
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

function hasWords({ sessions, reviewed }: KnownAgent): string {
  const running = reviewed?.running ?? 0;
  return [
    `${counted(sessions.length, 'session')}${running > 0 ? ` (${running} running)` : ''}`,
    counted(reviewed?.rules.length ?? 0, 'always-rule'),
  ].join(', ');
}
