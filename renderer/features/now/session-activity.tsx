import { useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { actWords } from './blocked-lines.ts';
import { Explanation } from './explanation.tsx';
import { ScrollRegion } from './scroll-region.tsx';
import { useSessionEvents } from './session-events.ts';

/** Entries that are listed; all of them are in the timeline. */
const listedMax = 300;
const everything = () => true;

/** What a session did, as the record says, newest first. */
export function SessionActivity({ session }: { readonly session: string }) {
  const { events, loaded, more, error } = useSessionEvents(session, '', listedMax, everything);
  if (error !== undefined) return <ErrorNote title="The record could not be read." error={error} />;
  if (!loaded) return <Skeleton label="The record is being read" />;
  if (events.length === 0) {
    return (
      <EmptyState title="Nothing on record yet">
        <p>What it reads from the network, changes and is refused shows up here as it happens.</p>
      </EmptyState>
    );
  }
  return (
    <ScrollRegion label="Activity">
      <ol className="events" aria-label="Events, newest first">
        {events.slice(0, listedMax).map((event) => (
          <EventRow key={event.seq} event={event} />
        ))}
      </ol>
      {(more || events.length > listedMax) && (
        <p className="now-more dim">
          The newest {listedMax} are shown.{' '}
          <a href={`#/timeline/${encodeURIComponent(`session:${session}`)}`}>The timeline has all of them.</a>
        </p>
      )}
    </ScrollRegion>
  );
}

/** What became of an act, or what kind of event it is, in one word. */
function wordOf({ decision, kind }: AuditEvent): string {
  if (decision === 'deny') return 'Blocked';
  if (decision === 'allow') return 'Allowed';
  return kind.replace(/^.*\./u, '').replace(/^./u, (first) => first.toUpperCase());
}

function EventRow({ event }: { readonly event: AuditEvent }) {
  const [open, setOpen] = useState(false);
  return (
    <li className={event.decision === 'deny' ? 'now-event now-event-blocked' : 'now-event'}>
      <time dateTime={event.at} title={new Date(event.at).toLocaleString()}>
        {new Date(event.at).toLocaleTimeString(undefined, { hour12: false })}
      </time>
      <span className="now-event-word">{wordOf(event)}</span>
      <span className="now-event-summary" title={visible(event.summary)}>
        {actWords(event)}
      </span>
      {event.decision !== undefined && (
        <button type="button" className="now-link" aria-expanded={open} onClick={() => setOpen(!open)}>
          why
        </button>
      )}
      <a className="now-link" href={`#/timeline/${event.seq}`} aria-label={`Entry ${event.seq} in the timeline`}>
        {event.seq}
      </a>
      {open && <Explanation seq={event.seq} />}
    </li>
  );
}
