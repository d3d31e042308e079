import { useState } from 'react';
import { visible } from '#contract/text/visible.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Icon } from '../../components/icon.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useNow } from '../../components/when.tsx';
import { isAttendance, markOf } from '../timeline/event-words.ts';
import { itemsOf, type ListItem } from '../timeline/list-items.ts';
import { minuteText, secondText } from '../timeline/moment-text.ts';
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
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
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
        {itemsOf(events.slice(0, listedMax), opened).map((item) =>
          item.type === 'group' ? (
            <li key={`at ${item.at}`} className="now-event-minute">
              <Minute at={item.at} />
            </li>
          ) : (
            <EventRow key={item.event.seq} item={item} onToggle={() => setOpened(toggled(opened, item.event.seq))} />
          ),
        )}
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

function toggled(opened: ReadonlySet<number>, seq: number): ReadonlySet<number> {
  const next = new Set(opened);
  if (!next.delete(seq)) next.add(seq);
  return next;
}

function Minute({ at }: { readonly at: string }) {
  return <>{minuteText(at, useNow())}</>;
}

function EventRow({ item: { event, times, isOpen }, onToggle }: RowParts) {
  const [open, setOpen] = useState(false);
  const mark = markOf(event);
  const isFolded = times > 1 && !isOpen;
  return (
    <li className={`now-event now-event-${mark.tone}`}>
      <time dateTime={event.at} title={new Date(event.at).toLocaleString()}>
        {secondText(event.at)}
      </time>
      <span className="now-event-word">
        <Icon name={mark.icon} />
        {mark.word}
      </span>
      <span className="now-event-summary" title={visible(event.summary)}>
        <bdi dir="ltr">{isFolded && isAttendance(event) ? 'Looked at, and left' : actWords(event)}</bdi>
        {times > 1 && (
          <button type="button" className="badge now-event-times" aria-expanded={isOpen} onClick={onToggle}>
            {times}×<span className="visually-hidden"> alike</span>
          </button>
        )}
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

interface RowParts {
  readonly item: Extract<ListItem, { type: 'entry' }>;
  readonly onToggle: () => void;
}
