import type { Approval } from '#contract/approval.ts';
import { answerLines, claimLines, factLines } from '../prompt/approval-text.ts';
import type { Screen } from '../render/screen.ts';
import { visible } from '../render/visible.ts';
import { cutEnd } from '../render/width.ts';
import type { OpenQuestion } from './open-question.ts';
import { patienceText } from './watch-rows.ts';

/** Text wider than this is hard to read. */
const readableColumns = 100;
/** Head, rule, how it stands, a problem, what is typed. */
const fixedRows = 5;

/** How a question is drawn. */
export interface QuestionDrawing {
  readonly lines: readonly string[];
  /** How far it can be scrolled back from its end. */
  readonly scrollMax: number;
}

/**
 * The whole question in exactly `rows` lines: who and what at the top, the answers at the end, how it stands and what is
 * typed below. Only what is between gives way to a small screen, and is reached by scrolling.
 */
export function questionLines(
  question: OpenQuestion,
  { screen, rows, home, nowMs, steadyMs, scroll, readOnlyBecause }: QuestionSurroundings,
): QuestionDrawing {
  const columns = Math.min(screen.columns, readableColumns);
  const narrow: Screen = { ...screen, columns };
  const rule = screen.paint('dim', '─'.repeat(Math.min(columns, 78)));
  const { asked, code } = question;
  const answers =
    code === undefined
      ? [screen.paint('warn', cutEnd(whyReadOnly(question, readOnlyBecause), columns))]
      : answerLines(asked, code, narrow, home);
  const facts = factLines(asked, narrow, home);
  const claim = claimLines(asked, narrow);
  const whole = [...facts, ...claim, rule, ...answers];
  const room = Math.max(rows - fixedRows, 3);
  // What only makes it easier on the eye goes first.
  const body = whole.length <= room ? whole : whole.filter((line) => line !== '');
  const { lines, scrollMax } = fit(body, room, scroll, narrow);
  const state = stateText(question, nowMs, steadyMs);
  const typed = question.isAnswerable ? `> ${question.text}${question.isArmed(steadyMs) ? '▏' : ''}` : '';
  return {
    lines: [
      `${screen.paint('strong', 'Gatehouse asks')}   ${screen.paint('dim', headText(question, nowMs))}`,
      rule,
      ...lines,
      ...Array.from({ length: Math.max(0, room - lines.length) }, () => ''),
      screen.paint(state.tone, cutEnd(state.text, columns)),
      screen.paint('warn', cutEnd(visible(question.problem), columns)),
      typed,
    ],
    scrollMax,
  };
}

/** What the drawing depends on beside the question. */
export interface QuestionSurroundings {
  readonly screen: Screen;
  readonly rows: number;
  readonly home: string;
  readonly nowMs: number;
  readonly steadyMs: number;
  readonly scroll: number;
  readonly readOnlyBecause: string | undefined;
}

/** Keeps the first lines, who wants to do what, and as many of the last as there is room for. */
function fit(
  body: readonly string[],
  room: number,
  scroll: number,
  screen: Screen,
): { readonly lines: readonly string[]; readonly scrollMax: number } {
  if (body.length <= room) return { lines: body, scrollMax: 0 };
  const actLines = Math.min(2, Math.max(1, room - 3));
  const rest = body.slice(actLines);
  const height = Math.max(1, room - actLines - 1);
  const scrollMax = rest.length - height;
  const end = rest.length - Math.min(scroll, scrollMax);
  const above = end - height;
  const below = rest.length - end;
  const hints = [above > 0 ? `↑ ${above} more` : '', below > 0 ? `↓ ${below} more` : ''].filter(Boolean);
  const hint = screen.paint('warn', `… ${hints.join(', ')} (arrow keys, or make the window taller)`);
  return { lines: [...body.slice(0, actLines), hint, ...rest.slice(above, end)], scrollMax };
}

function headText({ now, isLost, isGone }: OpenQuestion, nowMs: number): string {
  if (isLost || isGone || now.state !== 'waiting') return '';
  const total = Math.round(now.patienceMs / 1000);
  return `${patienceText(now, nowMs)} left of ${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`;
}

function whyReadOnly({ readOnly }: OpenQuestion, why: string | undefined): string {
  if (readOnly === 'no-approver') return `Read only: this terminal may not answer. ${visible(why ?? '')}`;
  return 'Read only: this session asks in its own terminal. Answer there.';
}

type StateText = { readonly text: string; readonly tone: 'dim' | 'warn' | 'good' };

/** How the question stands, and what that does to what is typed. */
function stateText(question: OpenQuestion, nowMs: number, steadyMs: number): StateText {
  const { now, isLost, isGone, hasDropped, isSending } = question;
  const dropped = hasDropped ? ' What you typed was dropped.' : '';
  if (isLost)
    return { text: `The supervisor went away, and this question with it.${dropped} Esc leaves.`, tone: 'warn' };
  if (isGone) return { text: `It was answered or lapsed elsewhere.${dropped} Esc leaves.`, tone: 'warn' };
  if (isSending) return { text: 'Sending your answer…', tone: 'dim' };
  const closed = closedText(now);
  if (closed !== undefined) return { text: `${closed}${dropped} Esc leaves.`, tone: 'warn' };
  if (question.code === undefined) return { text: 'Esc leaves.', tone: 'dim' };
  if (now.state === 'pending') {
    return {
      text: `Denied for now: nobody answered in time. An answer counts for the next try.${dropped}`,
      tone: 'warn',
    };
  }
  if (!question.isArmed(steadyMs)) return { text: 'Read it first: keys count in a moment.', tone: 'dim' };
  const held = now.held > 1 ? ` ${now.held} identical calls wait.` : '';
  const then = nowMs < Date.parse(now.askedAt) + now.patienceMs ? 'then it is denied' : 'it is being denied';
  return { text: `Type an answer and press Enter; ${then}. Esc leaves it waiting.${held}`, tone: 'dim' };
}

function closedText({ state, answer, why }: Approval): string | undefined {
  if (state === 'allowed') return 'It was allowed elsewhere.';
  if (state === 'denied')
    return answer === undefined ? 'It was denied elsewhere.' : `It was denied elsewhere (${answer}).`;
  if (state === 'lapsed') return `It lapsed: ${visible(why ?? 'nobody answered')}.`;
  return undefined;
}
