import { useState } from 'react';
import type { Session } from '#contract/session.ts';
import { visible } from '#contract/text/visible.ts';
import { ForeignText } from '../../components/foreign-text.tsx';
import { When } from '../../components/when.tsx';
import { sessionWords } from './agent-words.ts';

/** Sessions that are shown before a person wants all. */
const firstShown = 8;

/** Its sessions, newest first: those that run lead to their page. */
export function AgentSessions({ sessions }: { readonly sessions: readonly Session[] }) {
  const [all, setAll] = useState(false);
  const ordered = sessions.toSorted((one, other) => Number(one.state === 'ended') - Number(other.state === 'ended'));
  const shown = all ? ordered : ordered.slice(0, firstShown);
  return (
    <section className="part" aria-labelledby="sessions-heading">
      <h2 id="sessions-heading">
        Sessions <span className="dim">{sessions.length}</span>
      </h2>
      {sessions.length === 0 && <p className="dim">None yet.</p>}
      <ul className="lines">
        {shown.map((session) => (
          <li key={session.id} className="session-line">
            <a className="text-link mono" href={`#/now/${session.id}`} title={session.id}>
              {session.id}
            </a>
            <span className="session-what" title={`${visible(session.task)}, in ${visible(session.workspace)}`}>
              {visible(session.task)} <span className="dim">in</span> <ForeignText text={session.workspace} most={48} />
            </span>
            <span className={session.state === 'ended' ? 'dim' : 'session-runs'}>{sessionWords(session)}</span>
            <span className="dim session-at">
              <When at={session.endedAt ?? session.startedAt} />
            </span>
          </li>
        ))}
      </ul>
      {sessions.length > shown.length && (
        <button type="button" className="button" onClick={() => setAll(true)}>
          All {sessions.length}
        </button>
      )}
    </section>
  );
}
