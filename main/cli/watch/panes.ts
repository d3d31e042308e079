import { visible } from '#contract/text/visible.ts';
import { eventLine, usualSessionCells } from '../render/event-lines.ts';
import type { Screen } from '../render/screen.ts';
import { cellsOf, cutEnd, wrap } from '../render/width.ts';
import type { Shown } from './item-list.ts';
import { paneHeights, titledRowsMin } from './pane-heights.ts';
import { approvalRow, approvalTitles, markedRow, roomyColumns, sessionRow, sessionTitles } from './watch-rows.ts';
import type { PaneName, WatchState } from './watch-state.ts';

/** A pane: its title, and exactly as many rows as it is high. */
export interface PaneDrawing {
  readonly title: string;
  readonly rows: readonly string[];
}

/** Below this a row has no session column beside its sentence. */
const sessionColumnsMin = 90;

/** Draws one pane at the size it has on this screen. */
export function drawPane(name: PaneName, state: WatchState, screen: Screen): PaneDrawing {
  const height = paneHeights(state.rows)[name];
  const drawn = { sessions: drawSessions, approvals: drawApprovals, timeline: drawTimeline }[name](
    state,
    screen,
    height,
  );
  const isFocused = state.focus === name && state.entry?.kind !== 'confirm';
  const rows = [...drawn.rows, ...Array.from({ length: Math.max(0, height - drawn.rows.length) }, () => '')];
  return { title: titleOf(screen, drawn.title, isFocused), rows: rows.slice(0, height) };
}

/** A line across the screen; a heavier one where the keys go. */
export function titleOf(screen: Screen, text: string, isFocused: boolean): string {
  const line = isFocused ? '━' : '─';
  const title = cutEnd(text, screen.columns - 5);
  const after = line.repeat(Math.max(0, screen.columns - cellsOf(title) - 4));
  const tone = isFocused ? 'strong' : 'dim';
  return `${screen.paint(tone, line.repeat(2))} ${screen.paint(isFocused ? 'strong' : 'plain', title)} ${screen.paint(tone, after)}`;
}

interface Drawn {
  readonly title: string;
  readonly rows: readonly string[];
}

function drawSessions(state: WatchState, screen: Screen, height: number): Drawn {
  const count = state.sessionCount;
  const quiet = unlessLive(state, screen, 'Sessions end with the supervisor; none is known to run.');
  if (quiet !== undefined) return { title: 'Sessions', rows: quiet };
  const nowMs = state.clock.now();
  return drawList(
    screen,
    height,
    { title: `Sessions (${count})`, titles: sessionTitles(screen, screen.columns) },
    state.sessions,
    (item, gone) => sessionRow(screen, screen.columns, state.sessionRow(item), nowMs, gone),
    state,
    'sessions',
    'No session runs. `gatehouse run -- claude` starts one.',
  );
}

function drawApprovals(state: WatchState, screen: Screen, height: number): Drawn {
  const quiet = unlessLive(state, screen, 'Nothing can be answered until it is back.');
  if (quiet !== undefined) return { title: 'Waiting for an answer', rows: quiet };
  const { home, readOnlyBecause } = state;
  const nowMs = state.clock.now();
  const title = `Waiting for an answer (${state.openCount})${readOnlyBecause === undefined ? '' : ', read only'}`;
  const why = readOnlyBecause === undefined ? '' : ` Answers cannot be given here: ${visible(readOnlyBecause)}`;
  return drawList(
    screen,
    height,
    { title, titles: approvalTitles(screen, screen.columns) },
    state.approvals,
    (item, gone) => {
      const isHere = state.isAnswerableHere(item.id) || readOnlyBecause !== undefined;
      return approvalRow(screen, screen.columns, item, { nowMs, home, gone, isHere });
    },
    state,
    'approvals',
    `Nothing waits.${why}`,
  );
}

function drawTimeline(state: WatchState, screen: Screen, height: number): Drawn {
  const { timeline, filter, filterProblem } = state;
  const shown = timeline.show(height);
  const query = filter === '' ? '' : `: ${visible(filter)}`;
  const newer = shown.newer > 0 ? `, ${shown.newer} new below` : '';
  const still =
    state.link === 'lost' ? ', until the supervisor went away' : timeline.isFollowing ? '' : ', standing still';
  const problem = filterProblem === undefined ? '' : ' (the last query was not used)';
  const title = `Timeline${query}${still}${newer}${problem}`;
  if (shown.events.length === 0) {
    const empty = filter === '' ? 'Nothing is on record yet.' : 'Nothing on record matches.';
    return { title, rows: [dimText(screen, state.link === 'connecting' ? 'Asking the supervisor…' : empty)] };
  }
  const isFocused = state.focus === 'timeline';
  const narrow = { ...screen, columns: screen.columns - 2 };
  const sessionCells = screen.columns < sessionColumnsMin ? 0 : usualSessionCells;
  const nowMs = state.clock.now();
  const rows = shown.events.map((event) =>
    markedRow(
      screen,
      eventLine(narrow, event, nowMs, sessionCells).trimEnd(),
      event.seq === shown.selectedSeq,
      isFocused,
    ),
  );
  // The newest stands at the bottom, also while there are few.
  return { title, rows: [...Array.from({ length: Math.max(0, height - rows.length) }, () => ''), ...rows] };
}

function drawList<T extends { readonly id: string }>(
  screen: Screen,
  height: number,
  names: { readonly title: string; readonly titles: string },
  list: { show(height: number): Shown<T>; readonly selected: { readonly item: T } | undefined },
  draw: (item: T, gone: boolean) => string,
  state: WatchState,
  pane: PaneName,
  empty: string,
): Drawn {
  const titled = height >= titledRowsMin;
  const shown = list.show(titled ? height - 1 : height);
  if (shown.rows.length === 0) {
    return { title: names.title, rows: wrap(empty, screen.columns - 4).map((line) => dimText(screen, line)) };
  }
  const isFocused = state.focus === pane && state.view.kind === 'panes';
  const rows = shown.rows.map(({ item, gone }) =>
    markedRow(screen, draw(item, gone), item.id === list.selected?.item.id, isFocused),
  );
  const more = [shown.above > 0 ? `${shown.above} above` : '', shown.below > 0 ? `${shown.below} below` : ''].filter(
    Boolean,
  );
  const title = `${names.title}${more.length > 0 ? `, ${more.join(', ')}` : ''}`;
  return { title, rows: titled ? [names.titles, ...rows] : rows };
}

/** What stands in a pane while nothing is known; undefined when it is. */
function unlessLive(state: WatchState, screen: Screen, consequence: string): string[] | undefined {
  if (state.link === 'live') return undefined;
  if (state.link === 'connecting') return [dimText(screen, 'Asking the supervisor…')];
  return [screen.paint('warn', cutEnd('  The supervisor went away.', screen.columns)), dimText(screen, consequence)];
}

function dimText(screen: Screen, text: string): string {
  return screen.paint('dim', cutEnd(`  ${text}`, screen.columns));
}

/** The first line: what this is, how much there is, and how the connection stands. */
export function headLine(state: WatchState, screen: Screen): string {
  const { columns } = screen;
  const name = screen.paint('strong', 'Gatehouse');
  if (state.link !== 'live') {
    const text = state.link === 'lost' ? 'no supervisor answers; looking again every second' : 'connecting…';
    return `${name}  ${screen.paint('warn', cutEnd(text, columns - 12))}`;
  }
  const { sessionCount, openCount } = state;
  const sessions = `${sessionCount} ${sessionCount === 1 ? 'session' : 'sessions'}`;
  const waiting =
    openCount === 0 ? 'nothing waits' : `${openCount} ${openCount === 1 ? 'question waits' : 'questions wait'}`;
  const answers = state.readOnlyBecause === undefined ? '' : 'read only';
  const tone = openCount === 0 ? 'plain' : 'warn';
  const after = columns >= roomyColumns && answers === '' ? 'answers are taken here' : answers;
  return `${name}  ${sessions}  ${screen.paint(tone, waiting)}  ${screen.paint('dim', after)}`;
}
