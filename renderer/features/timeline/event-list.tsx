import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useImperativeHandle, useRef } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import { useNow, When } from '../../components/when.tsx';
import { outcomeOf } from './event-words.ts';
import { groupMarks, minuteText } from './grouping.ts';
import { fetchRows, useTimeline } from './timeline-store.ts';
import './event-list.css';

/** Height of a row; `--row` of the tokens. */
const rowHeight = 32;
/** Rows drawn beyond what is seen. */
const overscan = 8;

/** What the page does to the list. */
export interface EventListHandle {
  focus(): void;
  toTop(): void;
  readonly isAtTop: boolean;
}

/** Results, newest first: as many as there are, of which those in view are drawn. */
export function EventList(props: {
  readonly ref: React.Ref<EventListHandle>;
  readonly shown: number | undefined;
  readonly onOpen: (event: AuditEvent) => void;
  readonly onClose: () => void;
}) {
  const { shown, onOpen, onClose } = props;
  const found = useTimeline((state) => state.found);
  const active = useTimeline((state) => state.active);
  // Pages arrive in place.
  useTimeline((state) => state.version);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = found?.rows ?? 0;
  const virtualizer = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  useImperativeHandle(props.ref, () => ({
    focus: () => scroller.current?.focus(),
    toTop: () => scroller.current?.scrollTo({ top: 0 }),
    get isAtTop() {
      return (scroller.current?.scrollTop ?? 0) < rowHeight;
    },
  }));
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => {
    if (found !== undefined) fetchRows(first, last);
  });
  // Another result begins at its top.
  useEffect(() => {
    if (found !== undefined) scroller.current?.scrollTo({ top: 0 });
  }, [found]);

  const move = (row: number) => {
    const next = Math.max(0, Math.min(rows - 1, row));
    useTimeline.setState({ active: next });
    virtualizer.scrollToIndex(next);
    const event = found?.at(next);
    if (shown !== undefined && event !== undefined) onOpen(event);
  };
  const onKey = (event: React.KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) move(next);
    else if (event.key === 'Enter' || event.key === ' ') {
      const there = found?.at(active);
      if (there !== undefined) onOpen(there);
    } else if (event.key === 'Escape' && shown !== undefined) onClose();
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={scroller}
      className="timeline-list"
      role="listbox"
      aria-label="Entries, newest first"
      aria-activedescendant={`timeline-row-${active}`}
      tabIndex={0}
      onKeyDown={onKey}
    >
      <div role="presentation" className="timeline-height" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const event = found?.at(index);
          return (
            <EventRow
              // A row whose entry arrives stays the row it is.
              key={index}
              event={event}
              newer={index === 0 ? undefined : found?.at(index - 1)}
              index={index}
              top={start}
              rows={found?.isWhole === true ? rows : -1}
              isActive={index === active}
              isShown={event !== undefined && event.seq === shown}
              onOpen={onOpen}
            />
          );
        })}
      </div>
    </div>
  );
}

interface EventRowProps {
  readonly event: AuditEvent | undefined;
  readonly newer: AuditEvent | undefined;
  readonly index: number;
  readonly top: number;
  readonly rows: number;
  readonly isActive: boolean;
  readonly isShown: boolean;
  readonly onOpen: (event: AuditEvent) => void;
}

/** Drawn again only when something of it changed: scrolling moves the others. */
const EventRow = memo(function EventRow({ event, newer, index, top, rows, isActive, isShown, onOpen }: EventRowProps) {
  const marks = event === undefined ? { minute: false, session: false } : groupMarks(event, newer);
  const outcome = event === undefined ? undefined : outcomeOf(event);
  const classes = [
    'timeline-row',
    marks.session && index > 0 ? 'timeline-row-group' : '',
    isActive ? 'timeline-row-active' : '',
    isShown ? 'timeline-row-shown' : '',
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys for all of its rows
    <div
      id={`timeline-row-${index}`}
      className={classes.join(' ')}
      role="option"
      tabIndex={-1}
      aria-selected={isShown || isActive}
      aria-posinset={index + 1}
      aria-setsize={rows}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => {
        useTimeline.setState({ active: index });
        if (event !== undefined) onOpen(event);
      }}
    >
      {event === undefined ? (
        <span className="timeline-row-waits" role="img" aria-label="This entry is being read" />
      ) : (
        <>
          <span className="timeline-minute">{marks.minute && <Minute at={event.at} />}</span>
          <span className="timeline-who">{marks.session && <Who event={event} />}</span>
          <span className={`timeline-outcome timeline-${outcome?.tone ?? 'plain'}`}>{outcome?.word}</span>
          <span className="timeline-summary" title={visible(event.summary)}>
            <bdi dir="ltr">{visible(event.summary)}</bdi>
          </span>
          <span className="timeline-when dim">
            <When at={event.at} />
          </span>
        </>
      )}
    </div>
  );
});

function Minute({ at }: { readonly at: string }) {
  return <>{minuteText(at, useNow())}</>;
}

function Who({ event }: { readonly event: AuditEvent }) {
  if (event.agent === undefined && event.session === undefined) return <span className="dim">Gatehouse</span>;
  return (
    <>
      <bdi dir="ltr">{visible(event.agent ?? '')}</bdi>{' '}
      <bdi className="mono dim" dir="ltr">
        {visible(event.session ?? '')}
      </bdi>
    </>
  );
}
