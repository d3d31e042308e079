import type { Approval } from '#contract/approval.ts';
import { visible } from '#contract/text/visible.ts';
import { answerLines, claimLines, factLines, waitText } from '../prompt/approval-text.ts';
import type { Screen } from '../render/screen.ts';
import { cutEnd } from '../render/width.ts';
import type { OpenQuestion } from './open-question.ts';
import { patienceText } from './watch-rows.ts';

/** Text wider than this is hard to read. */
const readableColumns = 100;
/** Head, rule, how it stands, what is typed. */
const fixedRows = 4;
/** Rows of a small screen that the answers and the hint keep, however long the act is. */
const restRowsMin = 4;

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
      : answerLines(asked, code, narrow, home).map((line) => (question.isAnswerable ? line : ' '));
  const facts = factLines(asked, narrow, home);
  const claim = claimLines(asked, narrow);
  const whole = [...facts, ...claim, rule, ...answers];
  const room = Math.max(rows - fixedRows, 3);
  // What only makes it easier on the eye goes first; then a claim is further away from the answers than any fact.
  const [tightFacts, tightClaim] = [facts.filter(Boolean), claim.filter(Boolean)];
  const tight = [...tightFacts, ...tightClaim, rule, ...answers];
  // Who wants to do what, up to the second empty line, is never scrolled away.
  const actRows = Math.min(facts.indexOf('', facts.indexOf('') + 1) - 1, room - restRowsMin);
  const act = tightFacts.slice(0, Math.max(actRows, 1));
  const rest = [...tightClaim, ...tightFacts.slice(act.length), rule, ...answers];
  const fitting = [whole, tight].find((each) => each.length <= room);
  const { lines, scrollMax } =
    fitting === undefined ? scrolled(act, rest, room, scroll, narrow) : { lines: fitting, scrollMax: 0 };
  const state = stateText(question, steadyMs);
  const typed = question.isAnswerable ? `> ${question.text}${question.isArmed(steadyMs) ? '▏' : ''}` : '';
  return {
    lines: [
      `${screen.paint('strong', 'Gatehouse asks')}   ${screen.paint('dim', headText(question, nowMs))}`,
      rule,
      ...lines,
      ...Array.from({ length: Math.max(0, room - lines.length) }, () => ''),
      screen.paint(state.tone, cutEnd(state.text, columns)),
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

/** The act, then as many of the last lines as there is room for, or of those before them when it was scrolled back. */
function scrolled(
  act: readonly string[],
  rest: readonly string[],
  room: number,
  scroll: number,
  screen: Screen,
): { readonly lines: readonly string[]; readonly scrollMax: number } {
  const height = Math.max(1, room - act.length - 1);
  const scrollMax = Math.max(0, rest.length - height);
  const end = rest.length - Math.min(scroll, scrollMax);
  const above = Math.max(0, end - height);
  const below = rest.length - end;
  const hints = [above > 0 ? `↑ ${above} more` : '', below > 0 ? `↓ ${below} more` : ''].filter(Boolean);
  const hint = screen.paint('warn', cutEnd(`… ${hints.join(', ')} (arrow keys, or a taller window)`, screen.columns));
  return { lines: [...act, hint, ...rest.slice(above, end)], scrollMax };
}

function headText({ now, isLost, isGone }: OpenQuestion, nowMs: number): string {
  if (isLost || isGone || now.state !== 'waiting') return '';
  if (now.resource.kind === 'breaker') return waitText(now);
  const total = Math.round(now.patienceMs / 1000);
  return `${patienceText(now, nowMs)} left of ${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`;
}

function whyReadOnly({ readOnly }: OpenQuestion, why: string | undefined): string {
  if (readOnly === 'no-approver') return `Read only: this terminal may not answer. ${visible(why ?? '')}`;
  return 'Read only: this session asks in its own terminal. Answer there.';
}

type StateText = { readonly text: string; readonly tone: 'dim' | 'warn' | 'good' };

/** How the question stands, and what that does to what is typed. */
function stateText(question: OpenQuestion, steadyMs: number): StateText {
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
  if (question.problem !== '') return { text: visible(question.problem), tone: 'warn' };
  if (!question.isArmed(steadyMs)) return { text: 'Read it first: keys count in a moment.', tone: 'dim' };
  const held = now.held > 1 ? ` ${now.held} identical calls wait.` : '';
  return { text: `Type an answer, then Enter. Esc leaves it waiting.${held}`, tone: 'dim' };
}

function closedText({ state, answer, why }: Approval): string | undefined {
  if (state === 'allowed') return 'It was allowed elsewhere.';
  if (state === 'denied')
    return answer === undefined ? 'It was denied elsewhere.' : `It was denied elsewhere (${answer}).`;
  if (state === 'lapsed') return `It lapsed: ${visible(why ?? 'nobody answered')}.`;
  return undefined;
}
