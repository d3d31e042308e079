import { type RefObject, useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import { EventRow, GroupWords } from './event-row.tsx';
import { itemsOf, type ListItem } from './list-items.ts';
import { ListLayout } from './list-layout.ts';
import { type PageWindow, pageRows } from './page-window.ts';
import { useScrollWindow } from './scroll-window.ts';
import { fetchRows, toggleAlike, useTimeline } from './timeline-store.ts';
import './event-list.css';

/** Height of a line; `--row` of the tokens. */
const lineHeight = 32;
/** Lines drawn beyond what is seen. */
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
  const opened = useTimeline((state) => state.opened);
  // Pages arrive in place.
  useTimeline((state) => state.version);
  const scroller = useRef<HTMLDivElement>(null);
  const { top, height } = useScrollWindow(scroller);
  const { layout, pages } = useLayoutOf(found, opened, scroller, Math.floor(top / lineHeight));
  useImperativeHandle(props.ref, () => ({
    focus: () => scroller.current?.focus(),
    toTop: () => scroller.current?.scrollTo({ top: 0 }),
    get isAtTop() {
      return (scroller.current?.scrollTop ?? 0) < lineHeight;
    },
  }));
  const first = Math.floor(top / lineHeight) - overscan;
  const last = Math.ceil((top + height) / lineHeight) + overscan;
  const placed = layout.between(first, last, pages);
  const slots = Math.ceil(height / lineHeight) + 2 * overscan + 2;
  useEffect(() => {
    if (found !== undefined && layout.lines > 0)
      fetchRows(...layout.rowsBetween(Math.max(0, first), Math.min(last, layout.lines - 1)));
  });
  // Another result begins at its top.
  useEffect(() => {
    if (found !== undefined) scroller.current?.scrollTo({ top: 0 });
  }, [found]);

  const itemAt = (position: number): ListItem | undefined => {
    const { page, index } = layout.find(position);
    return pages.get(page)?.[index];
  };
  const moved = (from: number, by: number): number => {
    const end = layout.lines - 1;
    const wanted = Math.max(0, Math.min(end, from + by));
    // Whose the entries are is read with them; it is no place to stand on.
    if (itemAt(wanted)?.type !== 'group') return wanted;
    const onward = wanted + (by < 0 ? -1 : 1);
    return onward < 0 || onward > end ? from : onward;
  };
  const activeAt = standable(layout.positionOf(active), itemAt);
  const move = (to: number) => {
    useTimeline.setState({ active: layout.find(to) });
    show(scroller.current, to);
    const item = itemAt(to);
    if (shown !== undefined && item?.type === 'entry') onOpen(item.event);
  };
  const onKey = (event: React.KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / lineHeight) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -layout.lines,
      End: layout.lines,
    };
    const step = steps[event.key];
    const there = itemAt(activeAt);
    const isFolded = there?.type === 'entry' && there.times > 1;
    if (step !== undefined) move(event.key === 'Home' ? standable(0, itemAt) : moved(activeAt, step));
    else if (event.key === 'Enter' || event.key === ' ') {
      if (there?.type === 'entry') onOpen(there.event);
    } else if (event.key === 'ArrowRight' && isFolded) toggleAlike(there.event.seq, true);
    else if (event.key === 'ArrowLeft' && isFolded) toggleAlike(there.event.seq, false);
    else if (event.key === 'Escape' && shown !== undefined) onClose();
    else return;
    event.preventDefault();
  };
  return (
    <>
      <GroupAtTop group={groupAbove(Math.floor(top / lineHeight), itemAt)} />
      <div
        ref={scroller}
        className="timeline-list"
        role="listbox"
        aria-label="Entries, newest first"
        aria-activedescendant={`timeline-row-${activeAt}`}
        tabIndex={0}
        onKeyDown={onKey}
      >
        <div role="presentation" className="timeline-height" style={{ height: layout.lines * lineHeight }}>
          {placed.map(({ position, page, index, item }) => (
            <EventRow
              // A line whose entry arrives stays the line it is, and one that is scrolled away becomes one that comes in: making
              // elements costs more than filling them.
              key={position % slots}
              item={item}
              position={position}
              place={page}
              index={index}
              lines={found?.isWhole === true ? layout.lines : -1}
              isActive={position === activeAt}
              isShown={item?.type === 'entry' && item.event.seq === shown}
              onOpen={onOpen}
            />
          ))}
        </div>
      </div>
    </>
  );
}

/** Lines of the pages that are held, and where every line is; what is looked at stays where it is when lines come in above it. */
function useLayoutOf(
  found: PageWindow | undefined,
  opened: ReadonlySet<number>,
  scroller: RefObject<HTMLDivElement | null>,
  firstSeen: number,
): { readonly layout: ListLayout; readonly pages: ReadonlyMap<number, readonly ListItem[]> } {
  const kept = useRef<{ found: PageWindow | undefined; layout: ListLayout; made: Map<number, MadePage> }>(undefined);
  if (kept.current === undefined || kept.current.found !== found)
    kept.current = { found, layout: new ListLayout(pageRows), made: new Map() };
  const { layout, made } = kept.current;
  const pages = new Map<number, readonly ListItem[]>();
  for (const page of found?.pages ?? []) {
    const events = found?.page(page) ?? [];
    const before = made.get(page);
    const items = before?.events === events && before.opened === opened ? before.items : itemsOf(events, opened);
    made.set(page, { events, opened, items });
    pages.set(page, items);
  }
  for (const page of made.keys()) if (!pages.has(page)) made.delete(page);
  const shift = layout.update(found?.rows ?? 0, pages, firstSeen);
  useLayoutEffect(() => {
    const { current } = scroller;
    if (shift !== 0 && current !== null) current.scrollTop += shift * lineHeight;
  });
  return { layout, pages };
}

interface MadePage {
  readonly events: readonly AuditEvent[];
  readonly opened: ReadonlySet<number>;
  readonly items: readonly ListItem[];
}

/** The position itself, or the one below it when it only says whose the entries are. */
function standable(position: number, itemAt: (position: number) => ListItem | undefined): number {
  return itemAt(position)?.type === 'group' ? position + 1 : position;
}

/** Scrolls as little as it takes to see a line below the one that says whose it is. */
function show(element: HTMLElement | null, position: number): void {
  if (element === null) return;
  const { scrollTop, clientHeight } = element;
  const begin = Math.max(0, (position - 1) * lineHeight);
  const end = (position + 1) * lineHeight;
  if (begin < scrollTop) element.scrollTop = begin;
  else if (end > scrollTop + clientHeight) element.scrollTop = end - clientHeight;
}

function groupAbove(
  position: number,
  itemAt: (position: number) => ListItem | undefined,
): Extract<ListItem, { type: 'group' }> | undefined {
  for (let at = position; at >= 0; at -= 1) {
    const item = itemAt(at);
    if (item === undefined) return undefined;
    if (item.type === 'group') return item;
  }
  return undefined;
}

/** Whose the topmost entries are, when the line that says so is scrolled away. The list says it to whoever listens. */
function GroupAtTop({ group }: { readonly group: Extract<ListItem, { type: 'group' }> | undefined }) {
  if (group === undefined) return null;
  return (
    <div className="timeline-group timeline-group-top" aria-hidden="true">
      <GroupWords group={group} />
    </div>
  );
}
