import type { AuditEvent } from '#contract/audit.ts';
import type { Session } from '#contract/session.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { verdictOf } from '../render/event-lines.ts';
import { homePath } from '../render/home-path.ts';
import type { Screen } from '../render/screen.ts';
import { cutMiddle, fold } from '../render/width.ts';
import { titleOf } from './panes.ts';
import { grantRow, grantTitles, markedRow, shownCommand, stateWord } from './watch-rows.ts';
import type { View, WatchState } from './watch-state.ts';

const labelCells = 11;
/** Text wider than this is hard to read. */
const readableColumns = 120;
/** What of a text that somebody else chose is shown at most. */
const longCharacters = 2_000;

/** A label and a text, on as many lines as that takes; no line is wider than the screen. */
function fact(screen: Screen, label: string, text: string): string[] {
  const room = Math.min(screen.columns, readableColumns) - labelCells - 1;
  return fold(cutMiddle(text, longCharacters), room).map(
    (line, index) => `${screen.paint('dim', (index === 0 ? label : '').padEnd(labelCells))}${line}`,
  );
}

function startersText(actors: NonNullable<Session['actors']>): string {
  return actors.map(({ agent, session }) => `${agent} (${session})`).join(', started by ');
}

/** A session that was opened: what it is, and what it was granted. Exactly `rows` lines. */
export function sessionLines(state: WatchState, screen: Screen, rows: number): readonly string[] {
  const opened = state.openedSession;
  const { home } = state;
  const nowMs = state.clock.now();
  if (opened === undefined) return filled([titleOf(screen, 'Session', true), '', '  It has ended. Esc leaves.'], rows);
  const { session, gone } = opened;
  const word = gone ? '· ended' : stateWord(session).word;
  const waiting = state.sessionRow(session).waiting;
  const facts = [
    ...fact(screen, 'State', `${word}, started ${relativeText(session.startedAt, nowMs)}`),
    ...fact(screen, 'Agent', session.agent),
    ...(session.actors === undefined ? [] : fact(screen, 'Nested', `started by ${startersText(session.actors)}`)),
    ...fact(screen, 'Task', session.task === '' ? '(none was said)' : visible(session.task)),
    ...fact(screen, 'Folder', homePath(session.workspace, home)),
    ...fact(screen, 'Command', shownCommand(session.command)),
    ...(waiting === 0 ? [] : fact(screen, 'Asks', `${waiting} ${waiting === 1 ? 'question waits' : 'questions wait'}`)),
  ];
  // The grants are what this screen is for: facts give way to a small one.
  const kept = facts.slice(0, Math.max(2, Math.floor(rows / 2) - 1));
  const height = rows - kept.length - 3;
  const shown = state.grants.show(Math.max(1, height));
  const list = shown.rows.map(({ item, gone: ended }) =>
    markedRow(
      screen,
      grantRow(screen, screen.columns, item, nowMs, ended),
      item.id === state.grants.selected?.item.id,
      true,
    ),
  );
  const more = shown.above + shown.below > 0 ? `, ${shown.above} above, ${shown.below} below` : '';
  const count = state.grants.rows().filter((row) => !row.gone).length;
  return filled(
    [
      titleOf(screen, `Session ${session.id}`, false),
      ...kept,
      titleOf(screen, `Granted to its task (${count})${more}`, true),
      ...(list.length === 0
        ? [screen.paint('dim', '  Nothing is granted to it.')]
        : [grantTitles(screen, screen.columns), ...list]),
    ],
    rows,
  );
}

/** An event that was opened: its facts, then what it means. Exactly `rows` lines. */
export function eventLines(
  view: Extract<View, { kind: 'event' }>,
  state: WatchState,
  screen: Screen,
  rows: number,
): { readonly lines: readonly string[]; readonly scrollMax: number } {
  const { event, explanation } = view;
  const explained = explanation?.flatMap((line) => fold(visible(line), Math.min(screen.columns, readableColumns) - 1));
  const body = [
    ...eventFacts(event, screen, state.clock.now()),
    '',
    ...(explained ?? [screen.paint('dim', 'Asking why…')]),
  ];
  const height = rows - 1;
  const scrollMax = Math.max(0, body.length - height);
  const top = Math.min(view.scroll, scrollMax);
  const more = scrollMax === 0 ? '' : `, ${top} above, ${scrollMax - top} below`;
  const lines = [titleOf(screen, `Event ${event.seq}${more}`, true), ...body.slice(top, top + height)];
  return { lines: filled(lines, rows), scrollMax };
}

function eventFacts(event: AuditEvent, screen: Screen, nowMs: number): string[] {
  const { word } = verdictOf(event);
  const verdict = word === '·' ? [] : fact(screen, 'Verdict', word);
  return [
    ...fact(screen, 'What', visible(event.summary)),
    ...verdict,
    ...fact(screen, 'When', `${event.at} (${relativeText(event.at, nowMs)})`),
    ...fact(screen, 'Kind', `${event.kind}${event.reason === undefined ? '' : `, ${event.reason}`}`),
    ...(event.agent === undefined ? [] : fact(screen, 'Agent', visible(event.agent))),
    ...(event.session === undefined ? [] : fact(screen, 'Session', visible(event.session))),
    ...fact(screen, 'Hash', event.hash),
  ];
}

/** The map of keys. Exactly `rows` lines. */
export function keyMapLines(screen: Screen, rows: number): readonly string[] {
  const key = (keys: string, does: string) => `  ${screen.paint('strong', keys.padEnd(19))}${does}`;
  const lines = [
    titleOf(screen, 'Keys', true),
    key('Tab, ← →', 'next pane, the one before'),
    key('↑ ↓ PgUp PgDn Home', 'move; End in the timeline follows the newest'),
    key('Enter', 'open what is marked'),
    key('Esc', 'back, without any answer'),
    key('/', 'search the timeline, as `gatehouse log` does'),
    key('p r s k', 'a session: pause, resume, stop, kill'),
    key('S K', 'stop or kill every session'),
    key('t', 'an opened session: take back the marked grant'),
    key('? q', 'these keys; leave, sessions go on'),
    screen.paint('dim', '  Answers are typed as the question shows them.'),
  ];
  return filled(lines, rows);
}

function filled(lines: readonly string[], rows: number): readonly string[] {
  return [...lines, ...Array.from({ length: Math.max(0, rows - lines.length) }, () => '')].slice(0, rows);
}
