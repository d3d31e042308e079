import type { Question } from '#contract/bridge.ts';
import { diffView } from './diff-view.ts';
import { element, icon } from './element.ts';
import { lookAlikeNote } from './look-alikes.ts';
import { riskWords } from './question-words.ts';
import { commandChips, headerOf, type QuestionView } from './session-question-view.ts';
import { factList, foreignNode } from './shown-text.ts';
import { foreignWhole, inWords, spokenText } from './spans.ts';

/** Something the main window wants done. */
export type ProposalQuestion = Extract<Question, { kind: 'proposal' }>;

/** One word that is a path, a host, a grant or a digest. */
const exactWord = /^(?=.*[/:=.~\d])\S{3,}$/u;

/** A proposal in the form of a question, with what it would do spelled out. */
export function proposalView({ title, facts, risk, effect, command, diffs = [] }: ProposalQuestion): QuestionView {
  const note = lookAlikeNote([title, ...facts.map(({ text }) => text), ...(command ?? [])]);
  return {
    header: headerOf(risk, 'Gatehouse’s window', 'confirm it if you asked for it'),
    sentence: [inWords(title)],
    asked: [
      factList([
        ...facts.map(({ label, text }) => ({ label, nodes: [factNode(text)] })),
        ...(command === undefined ? [] : [{ label: 'Command', nodes: [commandChips(command)] }]),
        { label: 'What happens', nodes: [foreignNode(inWords(effect))] },
      ]),
      ...(note === undefined ? [] : [element('p', { class: 'warning' }, icon('alert'), note)]),
      ...diffs.map(diffView),
    ],
    more: [],
    spoken: `${riskWords[risk]} risk. To confirm: ${spokenText([inWords(title)])}. ${facts
      .map(({ label, text }) => `${label}: ${spokenText([inWords(text)])}`)
      .join('. ')}. ${spokenText([inWords(effect)])}`,
  };
}

function factNode(text: string): HTMLElement {
  const span = foreignWhole(text);
  return foreignNode(exactWord.test(text) ? span : { ...span, inWords: true });
}
