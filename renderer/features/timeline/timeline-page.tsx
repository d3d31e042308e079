import { useCallback, useEffect, useRef, useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { onEvents } from '../../stores/events-store.ts';
import { useLink } from '../../stores/link-store.ts';
import { go } from '../../stores/place-store.ts';
import { ActivityChart } from './activity-chart.tsx';
import { EventDrawer } from './event-drawer.tsx';
import { EventList, type EventListHandle } from './event-list.tsx';
import { ExportMenu } from './export-menu.tsx';
import { FacetRail } from './facet-rail.tsx';
import { LogDamage, LogStateLine } from './log-state.tsx';
import { rowsMax } from './page-window.ts';
import { QueryBar } from './query-bar.tsx';
import { SearchMenu } from './search-menu.tsx';
import { countFresh, freshText, search, setQuery, useTimeline } from './timeline-store.ts';
import './timeline.css';

/** New entries are counted this long after the first of them came. */
const freshMs = 400;

/** What happened: everything on record, searched while one types, newest first. */
export function TimelinePage({ event }: { readonly event: string | undefined }) {
  const list = useRef<EventListHandle>(null);
  const shown = event !== undefined && /^[1-9]\d{0,14}$/u.test(event) ? Number(event) : undefined;
  const [railShows, setRailShows] = useState(false);
  const [byList, setByList] = useState(false);
  useLinkedQuery(shown === undefined ? event : undefined);
  // What the results belong to, while something else is typed already.
  const query = useTimeline((state) => state.query);
  useResults(list, shown !== undefined);
  // The same for every drawing, so that rows which did not change are not drawn again.
  const openFromList = useCallback(({ seq }: AuditEvent) => {
    setByList(true);
    open(seq);
  }, []);
  // Not before the drawer is gone: it would take the focus on its way out.
  useEffect(() => {
    if (shown === undefined) setByList(false);
  }, [shown]);
  const close = () => {
    go('timeline');
    list.current?.focus();
  };
  return (
    <div className="timeline" data-query={query}>
      <header className="timeline-head">
        <h1>Timeline</h1>
        <LogStateLine />
        <FollowButton />
        <SearchMenu />
        <ExportMenu />
      </header>
      <LogDamage />
      <div className="timeline-search">
        <QueryBar onLeave={() => list.current?.focus()} />
        <button
          type="button"
          className="button timeline-filters"
          aria-expanded={railShows}
          onClick={() => setRailShows(!railShows)}
        >
          Filters
        </button>
      </div>
      <ActivityChart />
      <div className={`timeline-body${railShows ? ' timeline-rail-shows' : ''}`}>
        <FacetRail />
        <Results list={list} shown={shown} onOpen={openFromList} onClose={close} />
        {shown !== undefined && (
          // Moving through the list must not take the focus away from it.
          <EventDrawer seq={shown} takesFocus={!byList} onOpen={open} onClose={close} />
        )}
      </div>
    </div>
  );
}

/** `#/timeline/session%3Aa1c9` is a query: other places link to what they speak of so. It becomes the one that is typed. */
function useLinkedQuery(linked: string | undefined): void {
  useEffect(() => {
    if (linked === undefined) return;
    setQuery(decoded(linked));
    window.location.replace('#/timeline');
  }, [linked]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is itself.
    return text;
  }
}

function open(seq: number): void {
  go('timeline', String(seq));
}

/** Searches when the page is shown and whenever the supervisor is there again; counts what comes. */
function useResults(list: React.RefObject<EventListHandle | null>, isReading: boolean): void {
  const connected = useLink(({ link }) => link.state === 'connected');
  useEffect(() => {
    if (connected) void search();
  }, [connected]);
  useEffect(() => {
    let timer: number | undefined;
    const stop = onEvents(() => {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        // What is typed and not searched yet will find them anyway.
        const { following, searching, active } = useTimeline.getState();
        if (searching || useLink.getState().link.state !== 'connected') return;
        // Whoever is on a line further down stays on it, and so does whoever reads an entry.
        const isFree = !isReading && active.page === 0 && active.index <= 1 && list.current?.isAtTop !== false;
        if (following && isFree) void search();
        else void countFresh();
      }, freshMs);
    });
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [list, isReading]);
}

function FollowButton() {
  const following = useTimeline((state) => state.following);
  return (
    <button
      type="button"
      className="button"
      aria-pressed={following}
      title="Show new entries as they come, while the list is at its top"
      onClick={() => {
        useTimeline.setState({ following: !following });
        if (!following) void search();
      }}
    >
      {following ? 'Following' : 'Follow'}
    </button>
  );
}

function Results(props: {
  readonly list: React.RefObject<EventListHandle | null>;
  readonly shown: number | undefined;
  readonly onOpen: (event: AuditEvent) => void;
  readonly onClose: () => void;
}) {
  const { list, shown, onOpen, onClose } = props;
  const found = useTimeline((state) => state.found);
  const error = useTimeline((state) => state.error);
  const query = useTimeline((state) => state.query);
  // A lost supervisor is told of above the page, and searched again when it is back.
  const connected = useLink(({ link }) => link.state === 'connected');
  const failed = connected && error !== undefined && error.code !== 'query_invalid';
  return (
    <div className="timeline-results">
      {failed && (
        <div className="timeline-failed">
          <ErrorNote title="The log could not be read." error={error} />
          <button type="button" className="button" onClick={() => void search()}>
            Try again
          </button>
        </div>
      )}
      {found === undefined && error === undefined && <Skeleton label="Entries are being read" rows={12} />}
      {found !== undefined && found.rows === 0 && (
        <EmptyState title={query === '' ? 'Nothing is on record yet' : 'Nothing on record matches'}>
          {query === '' ? (
            <p>Start a session in Now, and everything it does is listed here.</p>
          ) : (
            <p>
              <button type="button" className="button" onClick={() => setQuery('')}>
                Clear the query
              </button>
            </p>
          )}
        </EmptyState>
      )}
      {found !== undefined && found.rows > 0 && (
        <EventList ref={list} shown={shown} onOpen={onOpen} onClose={onClose} />
      )}
      <FreshPill onShow={() => list.current?.toTop()} />
      <Count />
    </div>
  );
}

function FreshPill({ onShow }: { readonly onShow: () => void }) {
  const fresh = useTimeline((state) => state.fresh);
  return (
    <div className="timeline-fresh" role="status">
      {fresh > 0 && (
        <button
          type="button"
          onClick={() => {
            onShow();
            void search();
          }}
        >
          ↑ {freshText(fresh)}
        </button>
      )}
    </div>
  );
}

function Count() {
  const facets = useTimeline((state) => state.facets);
  const activity = useTimeline((state) => (state.activityQuery === state.query ? state.activity : undefined));
  const found = useTimeline((state) => state.found);
  const query = useTimeline((state) => state.query);
  if (found === undefined || facets === undefined || found.rows === 0) return null;
  // The chart counts every match, and comes a moment later.
  const counted = !facets.exact && activity?.exact === true && activity.entries > facets.entries ? activity : facets;
  const total = query === '' ? useTimeline.getState().newestSeq : counted.entries;
  const isExact = query === '' || counted.exact;
  return (
    <p className="timeline-count dim">
      {isExact ? '' : 'At least '}
      {total.toLocaleString('en')} {total === 1 ? 'entry' : 'entries'}, newest first
      {total > found.rows && found.rows >= rowsMax && '; older ones are found by time'}
    </p>
  );
}
