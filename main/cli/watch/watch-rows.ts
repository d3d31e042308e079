import { basename } from 'node:path';
import type { Approval } from '#contract/approval.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import type { Grant } from '#contract/grant.ts';
import type { Session } from '#contract/session.ts';
import { relativeText, spanText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { nameOf, wishText } from '../prompt/approval-text.ts';
import { commandText } from '../render/command-text.ts';
import { agentInTree } from '../render/nested-sessions.ts';
import type { Screen, Tone } from '../render/screen.ts';
import { cellsOf, cutEnd, cutMiddle, padEnd } from '../render/width.ts';

/** From this width on there is room for ids and longer words. */
export const roomyColumns = 110;
const markCells = 2;
const commandWordsMax = 100;
const wordCharactersMax = 1_000;
const agentCellsMax = 24;
const roomyNameCells = 40;

/** A part of a row that starts at a fixed place. */
interface Part {
  readonly text: string;
  readonly cells: number;
  readonly tone?: Tone;
}

/**
 * One row, exactly `cells` wide: parts at fixed places, then one text that takes what is left. That text is the only one
 * an agent can have chosen, so whatever a terminal makes of it, nothing stands behind it that it could move.
 */
export function rowOf(
  screen: Screen,
  cells: number,
  parts: readonly Part[],
  rest: { readonly text: string; readonly tone?: Tone },
): string {
  const fixed = parts.map(({ text, cells: width, tone }) =>
    screen.paint(tone ?? 'plain', padEnd(cutEnd(text, width), width)),
  );
  const used = parts.reduce((sum, part) => sum + part.cells + 1, 0);
  const room = Math.max(0, cells - used);
  const text = padEnd(room === 0 ? '' : cutEnd(rest.text, room), room);
  return [...fixed, screen.paint(rest.tone ?? 'plain', text)].join(' ');
}

/** The row under the cursor, with a mark; in reverse where there are colours. */
export function markedRow(screen: Screen, row: string, isSelected: boolean, isFocused: boolean): string {
  if (!isSelected) return `  ${row}`;
  const marked = `${isFocused ? '▸' : '·'} ${row}`;
  return isFocused && screen.paint('strong', 'x') !== 'x' ? `\x1b[7m${marked}\x1b[27m` : marked;
}

const stateWords: Readonly<Record<Session['state'], { readonly word: string; readonly tone: Tone }>> = {
  starting: { word: '○ starting', tone: 'dim' },
  running: { word: '● running', tone: 'good' },
  paused: { word: '‖ paused', tone: 'warn' },
  stopping: { word: '○ stopping', tone: 'warn' },
  ended: { word: '· ended', tone: 'dim' },
};
const stateCells = 10;

/** The state of a session as a word with its mark. */
export function stateWord({ state }: Session): { readonly word: string; readonly tone: Tone } {
  return stateWords[state];
}

/** A session with what is known around it. */
export interface SessionRow {
  readonly session: Session;
  readonly waiting: number;
  /** Grants of its task that are in force. */
  readonly grants: readonly Grant[];
}

/** One session: state, agent, what waits, how long it runs, when the next of its grants ends, its task. */
export function sessionRow(
  screen: Screen,
  columns: number,
  { session, waiting, grants }: SessionRow,
  nowMs: number,
  gone: boolean,
): string {
  const { word, tone } = gone ? { word: '· ended', tone: 'dim' as const } : stateWord(session);
  const roomy = columns >= roomyColumns;
  const name = session.agent === genericPresetId ? '(no name)' : session.agent;
  const agent = agentInTree({ ...session, agent: name });
  const parts: Part[] = [
    { text: word, cells: stateCells, tone },
    { text: agent, cells: roomy ? agentCellsMax : 12, tone: 'strong' },
    { text: waitingText(waiting, roomy), cells: roomy ? 10 : 3, tone: 'warn' },
    { text: spanText(nowMs - Date.parse(session.startedAt)).padStart(4), cells: 4, tone: 'dim' },
    { text: grantsLeftText(grants, nowMs).padStart(5), cells: 5, tone: 'dim' },
  ];
  if (roomy) parts.splice(1, 0, { text: session.id, cells: 20 });
  return rowOf(screen, columns - markCells, parts, { text: taskText(session), ...(gone && { tone: 'dim' }) });
}

function waitingText(waiting: number, roomy: boolean): string {
  if (waiting === 0) return '';
  return roomy ? `? ${waiting} waits` : `?${waiting > 9 ? '+' : waiting}`;
}

/** What it is to do, else what it runs. */
function taskText({ task, command }: Session): string {
  return task === '' ? shownCommand(command) : visible(task);
}

/** A command as far as it could ever be shown: whole, it may be megabytes, and it is drawn several times a second. */
export function shownCommand(command: readonly string[]): string {
  const words = command.slice(0, commandWordsMax).map((word) => word.slice(0, wordCharactersMax));
  return commandText(words);
}

/** How long until the next of these grants ends. */
export function grantsLeftText(grants: readonly Grant[], nowMs: number): string {
  const ends = grants.map(({ expiresAt }) => Date.parse(expiresAt)).filter((end) => end > nowMs);
  if (ends.length === 0) return '-';
  return relativeText(new Date(Math.min(...ends)).toISOString(), nowMs).replace('in ', '');
}

/** Titles above session rows. */
export function sessionTitles(screen: Screen, columns: number): string {
  const roomy = columns >= roomyColumns;
  const parts: Part[] = [
    { text: 'STATE', cells: stateCells },
    { text: 'AGENT', cells: roomy ? agentCellsMax : 12 },
    { text: roomy ? 'ASKS' : '', cells: roomy ? 10 : 3 },
    { text: 'RUNS', cells: 4 },
    { text: ' LEFT', cells: 5 },
  ];
  if (roomy) parts.splice(1, 0, { text: 'SESSION', cells: 20 });
  return screen.paint('dim', `  ${rowOf(plain(screen), columns - markCells, parts, { text: 'TASK' })}`);
}

const risks: Readonly<Record<Approval['risk'], { readonly word: string; readonly tone: Tone }>> = {
  low: { word: '· Routine', tone: 'plain' },
  notable: { word: '◆ Notable', tone: 'warn' },
  high: { word: '▲ High', tone: 'bad' },
};
const riskCells = 9;
const leftCells = 8;

/**
 * How much of the patience is left: `0:38`; of a call that is not held any more, that an answer is for the next try; of a session that
 * a breaker stopped, that it stands still.
 */
export function patienceText({ state, askedAt, patienceMs, resource }: Approval, nowMs: number): string {
  if (resource.kind === 'breaker') return 'paused';
  if (state === 'pending') return 'next try';
  const seconds = Math.max(0, Math.ceil((Date.parse(askedAt) + patienceMs - nowMs) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** One question: risk, time left, session, who wants to do what. */
export function approvalRow(
  screen: Screen,
  columns: number,
  approval: Approval,
  { nowMs, home, gone, isHere }: { nowMs: number; home: string; gone: boolean; isHere: boolean },
): string {
  const { word, tone } = risks[approval.risk];
  const left = gone ? 'closed' : patienceText(approval, nowMs);
  const parts: Part[] = [
    { text: word, cells: riskCells, tone: gone ? 'dim' : tone },
    { text: left.padStart(leftCells), cells: leftCells, tone: gone ? 'dim' : 'strong' },
  ];
  if (columns >= roomyColumns) parts.push({ text: approval.session, cells: 20, tone: 'dim' });
  const where = isHere || gone ? '' : '(asked in its own terminal) ';
  const held = approval.held > 1 ? ` (${approval.held} calls)` : '';
  const roomy = columns >= roomyColumns;
  const used = parts.reduce((sum, part) => sum + part.cells + 1, markCells);
  const before = `${where}${whoText(approval, roomy)}`;
  const room = Math.max(12, columns - used - cellsOf(before) - held.length);
  // Of a path the end says most, of a host or a command the beginning.
  const cut = approval.resource.kind === 'path' ? cutMiddle : cutEnd;
  const text = `${before}${cut(wishText(approval, home), room)}${held}`;
  return rowOf(screen, columns - markCells, parts, { text, ...(gone && { tone: 'dim' }) });
}

/** Who asks, as the beginning of the sentence. A program that is no known agent has chosen its name itself. */
function whoText(approval: Approval, roomy: boolean): string {
  if (roomy) return `${cutEnd(nameOf(approval), roomyNameCells)} wants to `;
  const isKnown = approval.agent !== genericPresetId;
  const name = isKnown ? approval.agent : visible(basename(approval.executable.path));
  return `${cutEnd(name, agentCellsMax)}${isKnown ? '' : ' (unknown)'}: `;
}

/** Titles above questions. */
export function approvalTitles(screen: Screen, columns: number): string {
  const parts: Part[] = [
    { text: 'RISK', cells: riskCells },
    { text: 'LEFT'.padStart(leftCells), cells: leftCells },
  ];
  if (columns >= roomyColumns) parts.push({ text: 'SESSION', cells: 20 });
  return screen.paint('dim', `  ${rowOf(plain(screen), columns - markCells, parts, { text: 'WHO WANTS TO DO WHAT' })}`);
}

const givers: Readonly<Record<Grant['giver'], string>> = {
  person: 'you',
  preset: 'preset',
  workspace: 'workspace',
  always: 'always',
};

/** One grant: who gave it, how often and when it was used, when it ends, and what it is. */
export function grantRow(screen: Screen, columns: number, grant: Grant, nowMs: number, gone: boolean): string {
  const ended = gone || grant.revokedAt !== undefined;
  const used = grant.lastUsedAt === undefined ? 'never' : relativeText(grant.lastUsedAt, nowMs);
  const parts: Part[] = [
    { text: givers[grant.giver], cells: 9, tone: grant.giver === 'person' ? 'strong' : 'plain' },
    { text: `${grant.uses}×`.padStart(6), cells: 6, tone: grant.uses === 0 ? 'dim' : 'plain' },
    { text: used, cells: 8, tone: 'dim' },
    { text: ended ? 'ended' : relativeText(grant.expiresAt, nowMs), cells: 7, tone: 'dim' },
  ];
  const room = columns - markCells - 34;
  return rowOf(screen, columns - markCells, parts, {
    text: room > 2 ? cutMiddle(visible(grant.spec), room) : '',
    ...(ended && { tone: 'dim' }),
  });
}

/** Titles above grants. */
export function grantTitles(screen: Screen, columns: number): string {
  const parts: Part[] = [
    { text: 'GIVEN BY', cells: 9 },
    { text: 'USED'.padStart(6), cells: 6 },
    { text: 'LAST', cells: 8 },
    { text: 'ENDS', cells: 7 },
  ];
  return screen.paint('dim', `  ${rowOf(plain(screen), columns - markCells, parts, { text: 'GRANT' })}`);
}

/** Titles are painted as one. */
function plain(screen: Screen): Screen {
  return { ...screen, paint: (_, text) => text };
}
