import type { AuditEvent } from '#contract/audit.ts';
import type { Screen, Tone } from './screen.ts';
import { spanText } from './span.ts';
import { visible } from './visible.ts';
import { cutEnd, padEnd } from './width.ts';

/** `a1c9-tiger-lamp`; the longest ids take a little more and push their line. */
const sessionCells = 17;
const sequenceCells = 6;
const ageCells = 4;

/** How an event went, as a word with its mark. Colour alone never says it. */
export function verdictOf(event: AuditEvent): { readonly word: string; readonly tone: Tone } {
  if (event.decision === 'allow') return { word: '✓ allowed', tone: 'good' };
  if (event.decision === 'deny') return { word: '✗ blocked', tone: 'bad' };
  if (event.kind === 'session.refused' || event.kind === 'grant.refused') return { word: '✗ refused', tone: 'bad' };
  if (event.kind === 'log.damaged' || event.kind === 'egress.failed' || event.kind === 'limit.reached') {
    return { word: '! problem', tone: 'warn' };
  }
  return { word: '·', tone: 'dim' };
}

/**
 * One event on one line: number, age, verdict, session, what happened. On a terminal it is cut to the width; elsewhere it is whole,
 * with the exact time instead of the age.
 */
export function eventLine(screen: Screen, event: AuditEvent, nowMs: number, showSession = true): string {
  const verdict = verdictOf(event);
  const age = screen.terminal ? spanText(nowMs - Date.parse(event.at)).padStart(ageCells) : event.at;
  const session = showSession ? `${padEnd(visible(event.session ?? '-'), sessionCells)} ` : '';
  const sequence = String(event.seq).padStart(sequenceCells);
  const head = `${sequence}  ${age}  ${padEnd(verdict.word, 9)}  ${session}`;
  const summary = visible(event.summary);
  const shown = screen.terminal ? cutEnd(summary, Math.max(20, screen.columns - head.length)) : summary;
  const painted = `${screen.paint('dim', `${sequence}  ${age}`)}  ${screen.paint(verdict.tone, padEnd(verdict.word, 9))}  ${session}`;
  return `${painted}${shown}\n`;
}
