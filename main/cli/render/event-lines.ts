import type { AuditEvent } from '#contract/audit.ts';
import { spanText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import type { Screen, Tone } from './screen.ts';
import { cellsOf, cutEnd, padEnd } from './width.ts';

const problems: readonly AuditEvent['kind'][] = [
  'log.damaged',
  'egress.failed',
  'limit.reached',
  'breaker.tripped',
  'clock.changed',
];

/** `a1c9-tiger-lamp`; what a live tail reckons with, since it does not know what comes. */
export const usualSessionCells = 18;
const sequenceCells = 6;
const ageCells = 4;
/** On narrower terminals the verdict is its mark alone, for the sake of the sentence. */
const roomyColumns = 110;

/** How an event went, as a word with its mark. Colour alone never says it. */
export function verdictOf(event: AuditEvent): { readonly word: string; readonly tone: Tone } {
  if (event.decision === 'allow') return { word: '✓ allowed', tone: 'good' };
  if (event.decision === 'deny') return { word: '✗ blocked', tone: 'bad' };
  if (event.kind === 'session.refused' || event.kind === 'grant.refused') return { word: '✗ refused', tone: 'bad' };
  if (problems.includes(event.kind)) return { word: '! problem', tone: 'warn' };
  return { word: '·', tone: 'dim' };
}

/**
 * One event on one line: number, age, verdict, session, what happened. On a terminal it is cut to the width; elsewhere it is whole,
 * with the exact time instead of the age. `sessionCells` of 0 leaves the session out.
 */
export function eventLine(screen: Screen, event: AuditEvent, nowMs: number, sessionCells = usualSessionCells): string {
  const verdict = verdictOf(event);
  const word = screen.terminal && screen.columns < roomyColumns ? verdict.word.charAt(0) : padEnd(verdict.word, 9);
  const age = screen.terminal ? spanText(nowMs - Date.parse(event.at)).padStart(ageCells) : event.at;
  const session = sessionCells === 0 ? '' : `${padEnd(visible(event.session ?? '-'), sessionCells)}  `;
  const before = `${String(event.seq).padStart(sequenceCells)}  ${age}`;
  const summary = visible(event.summary);
  const room = screen.columns - cellsOf(`${before}  ${word}  ${session}`);
  const shown = screen.terminal ? cutEnd(summary, Math.max(20, room)) : summary;
  return `${screen.paint('dim', before)}  ${screen.paint(verdict.tone, word)}  ${session}${shown}\n`;
}
