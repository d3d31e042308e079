import type { Question } from '#contract/bridge.ts';
import { diffView } from './diff-view.ts';
import { element, icon } from './element.ts';
import { lookAlikeNote } from './look-alikes.ts';
import { riskWords } from './question-words.ts';
import { commandChips, type QuestionView, riskBadge } from './session-question-view.ts';
import { factRow, foreignText } from './shown-text.ts';
import { inWords, spokenText } from './spans.ts';

/** Something the main window wants done. */
export type ProposalQuestion = Extract<Question, { kind: 'proposal' }>;

/** A proposal in the form of a question, with what it would do spelled out. */
export function proposalView({ title, facts, risk, effect, command, diffs = [] }: ProposalQuestion): QuestionView {
  const note = lookAlikeNote([title, ...facts.map(({ text }) => text), ...(command ?? [])]);
  return {
    header: element(
      'div',
      { class: 'who' },
      riskBadge(risk),
      element('strong', {}, 'Gatehouse’s window'),
      element('span', { class: 'dim' }, 'confirm it if you asked for it'),
    ),
    sentence: [inWords(title)],
    body: [
      element(
        'dl',
        { class: 'facts' },
        ...facts.map(({ label, text }) => factRow(label, foreignText(text, undefined, true))),
        ...(command === undefined ? [] : [factRow('Command', commandChips(command))]),
        factRow('What happens', foreignText(effect, undefined, true)),
      ),
      ...(note === undefined ? [] : [element('p', { class: 'warning' }, icon('alert'), note)]),
      ...diffs.map(diffView),
    ],
    spoken: `${riskWords[risk]} risk. To confirm: ${spokenText([inWords(title)])}. ${facts
      .map(({ label, text }) => `${label}: ${spokenText([inWords(text)])}`)
      .join('. ')}. ${spokenText([inWords(effect)])}`,
  };
}
