import { useEffect, useRef } from 'react';
import type { Session } from '#contract/session.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useSessions } from '../../stores/sessions-store.ts';
import { BlockedStrip } from './blocked-strip.tsx';
import { loadRecentEvents } from './live-events.ts';
import { NewSession } from './new-session.tsx';
import './now.css';
import { SessionList } from './session-list.tsx';
import { SessionPage } from './session-page.tsx';
import { useRecordedSession } from './use-recorded-session.ts';

/** What runs now: sessions on the left, the selected one on the right, below what was blocked. */
export function NowPage({ session: detail }: { readonly session: string | undefined }) {
  const { sessions, ended, endedLoaded, loaded, error, refreshEnded } = useSessions();
  const connected = useLink(({ link }) => link.state === 'connected');
  const running = sessions.map(({ id }) => id).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: when one is over it moves to the others
  useEffect(() => {
    if (connected) void refreshEnded();
  }, [connected, running, refreshEnded]);
  useEffect(() => {
    if (connected) void loadRecentEvents();
  }, [connected]);
  const lastShown = useRef<Session>(undefined);
  if (!loaded) {
    if (error !== undefined && connected) return <ErrorNote title="Sessions could not be listed." error={error} />;
    return <Skeleton label="Sessions are being listed" />;
  }
  const newest = sessions.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))[0];
  // What is looked at stays, also when it ends or something newer starts; for a moment it is in neither list.
  const before = lastShown.current;
  const wanted = detail ?? before?.id ?? newest?.id;
  const listed = sessions.find(({ id }) => id === wanted) ?? ended.find(({ id }) => id === wanted);
  const shown = listed ?? (before?.id === wanted ? before : undefined);
  lastShown.current = shown;
  return (
    <div className="now">
      <SessionList selected={wanted} />
      <div className="now-main">
        {error !== undefined && connected && <ErrorNote title="Sessions could not be listed." error={error} />}
        <Shown detail={detail} session={shown} isKnown={endedLoaded} />
      </div>
      <BlockedStrip />
    </div>
  );
}

interface ShownParts {
  readonly detail: string | undefined;
  readonly session: Session | undefined;
  /** Every list is there: one that is in none of them is not known. */
  readonly isKnown: boolean;
}

function Shown({ detail, session, isKnown }: ShownParts) {
  if (detail === 'new') return <NewSession />;
  if (session !== undefined) return <SessionPage key={session.id} session={session} />;
  if (detail === undefined) {
    return (
      <EmptyState title="Nothing runs">
        <h1 className="visually-hidden">Now</h1>
        <p>Start an agent here, or in a terminal:</p>
        <p>
          <code>gatehouse run -- claude</code>
        </p>
        <p>
          <a className="button" href="#/now/new">
            New session…
          </a>
        </p>
      </EmptyState>
    );
  }
  if (!isKnown) return <Skeleton label="The session is being looked for" />;
  return <FormerSession key={detail} id={detail} />;
}

/** One that is in no list: it ended long ago, and the record may know it. */
function FormerSession({ id }: { readonly id: string }) {
  const { session, isLoaded, error } = useRecordedSession(id);
  if (error !== undefined) return <ErrorNote title="The record could not be read." error={error} />;
  if (session !== undefined) return <SessionPage session={session} />;
  if (!isLoaded) return <Skeleton label="The session is being looked for" />;
  return (
    <EmptyState title="The record of how this session began is not there">
      <h1 className="visually-hidden">Now</h1>
      <p>
        <a className="button" href={`#/timeline/${encodeURIComponent(`session:${id}`)}`}>
          What is left of it
        </a>
      </p>
    </EmptyState>
  );
}
