import type { Approval } from '#contract/approval.ts';
import { whyOnlyOnce } from './answer-words.ts';
import { element, icon } from './element.ts';
import { lookAlikeNote } from './look-alikes.ts';
import { actSentence, agentName, facts, riskWords, type SessionQuestion } from './question-words.ts';
import { factRow, foreignText, spanNodes } from './shown-text.ts';
import { homePath, type Span, spokenText } from './spans.ts';

/** One question as the window draws it. */
export interface QuestionView {
  readonly header: HTMLElement;
  /** The one sentence; another one takes its place when a wider answer was chosen. */
  readonly sentence: readonly Span[];
  readonly body: readonly HTMLElement[];
  /** Everything that is announced, as one sentence. */
  readonly spoken: string;
}

/** The risk as a word, an icon and a colour. */
export function riskBadge(risk: Approval['risk']): HTMLElement {
  const picture = risk === 'low' ? 'check' : risk === 'notable' ? 'alert' : 'stop';
  return element('span', { class: `badge risk-${risk}` }, icon(picture), riskWords[risk]);
}

/** A question of a session: who, what, where, with what, from where, why; the exact facts below a fold; claims apart. */
export function sessionQuestionView(question: SessionQuestion, home: string): QuestionView {
  const { approval } = question;
  const wish = actSentence(question, home);
  const name = agentName(approval);
  const rows = facts(question, home);
  const once = whyOnlyOnce(approval);
  const note = lookAlikeNote([...foreignTextsOf(approval), question.hostReads ?? '']);
  return {
    header: element(
      'div',
      { class: 'who' },
      riskBadge(approval.risk),
      element('strong', {}, ...spanNodes(name)),
      element('span', { class: 'dim' }, [approval.key?.words, approval.session].filter(Boolean).join(' · ')),
    ),
    sentence: [...name, ' wants to ', ...wish],
    body: [
      element('dl', { class: 'facts' }, ...rows.map(({ label, spans }) => factRow(label, ...spanNodes(spans)))),
      ...(note === undefined ? [] : [element('p', { class: 'warning' }, icon('alert'), note)]),
      ...(once === undefined || approval.resource.kind === 'breaker' ? [] : [element('p', { class: 'dim' }, once)]),
      details(approval, home),
      ...claims(approval),
    ],
    spoken: `${riskWords[approval.risk]} risk. ${spokenText([...name, ' wants to ', ...wish])}. ${rows
      .map(({ label, spans }) => `${label}: ${spokenText(spans)}`)
      .join('. ')}`,
  };
}

/** Texts in which a letter could pass for another. */
function foreignTextsOf({ resource, workspace, command, taskText }: Approval): string[] {
  const named = Object.entries(resource).flatMap(([, value]) => (typeof value === 'string' ? [value] : []));
  const objects = resource.kind === 'breaker' ? resource.objects : [];
  return [...named, ...objects, workspace, ...command, taskText];
}

function details(approval: Approval, home: string): HTMLElement {
  const { command, executable, gates, digest, id, key, protocol, session, resource } = approval;
  return element(
    'details',
    {},
    element('summary', {}, 'Exact command, program and policies'),
    element(
      'dl',
      { class: 'facts' },
      factRow('Command', commandChips(command)),
      factRow('Program', foreignText(homePath(executable.path, home), 1000)),
      factRow('SHA-256', element('span', { class: 'mono' }, executable.sha256)),
      ...gates.map(({ gate, risk, reason }) =>
        factRow(
          'Policy',
          element('span', { class: 'mono' }, gate),
          ` ${riskWords[risk]}: `,
          foreignText(reason, undefined, true),
        ),
      ),
      ...(resource.kind === 'breaker' ? [] : [factRow('Leaves as', protocol)]),
      ...(key === undefined ? [] : [factRow('Agent’s key', element('span', { class: 'mono' }, key.fingerprint))]),
      factRow('Session', `${session}, question ${id}`),
      factRow('Digest', element('span', { class: 'mono' }, digest)),
    ),
  );
}

/** Every word of a command as a thing of its own, so that no blank and no quote hides where one ends. */
export function commandChips(command: readonly string[]): HTMLElement {
  return element(
    'ol',
    { class: 'chips', 'aria-label': 'Words of the command' },
    ...command.map((word) =>
      element('li', {}, word === '' ? element('span', { class: 'gap' }, 'empty') : foreignText(word, 1000)),
    ),
  );
}

/** What programs say: apart, labelled, cut to three lines by the style sheet. */
function claims({ claim, claimedTask, startedBy }: Approval): HTMLElement[] {
  const starter = startedBy?.[0]?.agent ?? 'The session that started it';
  return [...said('The program says of itself', claim), ...said(`${starter} says it is to do this`, claimedTask)];
}

function said(label: string, text: string | undefined): HTMLElement[] {
  if (text === undefined) return [];
  const words = element('p', { class: 'claim-text' }, '“', foreignText(text), '”');
  return [element('figure', { class: 'claim' }, element('figcaption', {}, `${label} (it may be untrue)`), words)];
}
