import { memo } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import { Icon } from '../../components/icon.tsx';
import { useNow, When } from '../../components/when.tsx';
import { isAttendance, markOf, summaryWords } from './event-words.ts';
import type { ListItem } from './list-items.ts';
import { fullText, minuteText, secondText } from './moment-text.ts';
import { toggleAlike, useTimeline } from './timeline-store.ts';

interface EventRowProps {
  readonly item: ListItem | undefined;
  readonly position: number;
  readonly place: number;
  readonly index: number;
  /** Of the whole list; -1 while nobody knows. */
  readonly lines: number;
  readonly isActive: boolean;
  readonly isShown: boolean;
  readonly onOpen: (event: AuditEvent) => void;
}

/** A line of the list. Drawn again only when something of it changed: scrolling moves the others. */
export const EventRow = memo(function EventRow(props: EventRowProps) {
  const { item, position, place, index, lines, isActive, isShown, onOpen } = props;
  const common = {
    id: `timeline-row-${position}`,
    'aria-posinset': position + 1,
    'aria-setsize': lines,
    style: { transform: `translateY(calc(${position} * var(--row)))` },
  } as const;
  if (item?.type === 'group') {
    return (
      <div
        {...common}
        role="option"
        tabIndex={-1}
        className="timeline-row timeline-group"
        aria-selected={false}
        aria-disabled="true"
      >
        <GroupWords group={item} />
      </div>
    );
  }
  const classes = [
    'timeline-row',
    isActive ? 'timeline-row-active' : '',
    isShown ? 'timeline-row-shown' : '',
    item !== undefined && isAttendance(item.event) ? 'timeline-row-aside' : '',
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys for all of its rows
    <div
      {...common}
      role="option"
      tabIndex={-1}
      className={classes.join(' ')}
      aria-selected={isShown || isActive}
      onMouseDown={(event) => {
        // The list has the focus, whatever of it is pressed: a line can be another one by the next key.
        event.preventDefault();
        event.currentTarget.closest<HTMLElement>('.timeline-list')?.focus({ preventScroll: true });
      }}
      onClick={({ target }) => {
        useTimeline.setState({ active: { page: place, index } });
        if (item === undefined) return;
        if (target instanceof Element && target.closest('.timeline-times') !== null) toggleAlike(item.event.seq);
        else onOpen(item.event);
      }}
    >
      {item === undefined ? (
        <span className="timeline-row-waits" role="img" aria-label="This entry is being read" />
      ) : (
        <EntryWords item={item} />
      )}
    </div>
  );
});

function EntryWords({ item: { event, times, isOpen } }: { readonly item: Extract<ListItem, { type: 'entry' }> }) {
  const mark = markOf(event);
  const isFolded = times > 1 && !isOpen;
  const words = isFolded && isAttendance(event) ? 'Looked at, and left' : summaryWords(event);
  return (
    <>
      <time className="timeline-second dim" dateTime={event.at} title={fullText(event.at)}>
        {secondText(event.at)}
      </time>
      <span className={`timeline-mark-word timeline-${mark.tone === 'plain' ? 'plain-mark' : mark.tone}`}>
        <Icon name={mark.icon} />
        {mark.word}
      </span>
      <span className="timeline-summary" title={isFolded ? words : visible(event.summary)}>
        <bdi dir="ltr">{words}</bdi>
      </span>
      <span className="timeline-times">
        {times > 1 && (
          <span className="badge" title={isOpen ? 'Show them as one (←)' : `Show all ${times} (→)`}>
            <span aria-hidden="true">
              {isOpen ? '▾' : '▸'} {times}×
            </span>
            <span className="visually-hidden">
              {isOpen
                ? `the newest of ${times} alike, left arrow folds them`
                : `${times} alike, right arrow shows them`}
            </span>
          </span>
        )}
      </span>
      <span className="timeline-when dim">
        <When at={event.at} />
      </span>
    </>
  );
}

/** When it was and whose. */
export function GroupWords({ group }: { readonly group: Extract<ListItem, { type: 'group' }> }) {
  const { at, agent, session, entries } = group;
  return (
    <>
      <strong className="timeline-minute">{minuteText(at, useNow())}</strong>
      <span className="timeline-who">
        <bdi dir="ltr" title={visible(agent ?? '')}>
          {agent === undefined ? 'Gatehouse' : visible(agent)}
        </bdi>
        {session !== undefined && (
          <bdi className="mono dim" dir="ltr" title={visible(session)}>
            {visible(session)}
          </bdi>
        )}
      </span>
      <span className="timeline-when dim">
        {entries} {entries === 1 ? 'entry' : 'entries'}
      </span>
    </>
  );
}
