import type { Approval } from '#contract/approval.ts';
import { onlyOnceText } from './answer-words.ts';
import { element, icon } from './element.ts';
import { lookAlikeNote } from './look-alikes.ts';
import { actSentence, agentName, facts, riskWords, type SessionQuestion } from './question-words.ts';
import { factList, foreignNode, type Row, spanNodes } from './shown-text.ts';
import { foreign, foreignWhole, homePath, inWords, type Span, spokenText } from './spans.ts';

/** One question as the window draws it. */
export interface QuestionView {
  readonly header: HTMLElement;
  /** The one sentence; another one takes its place when a wider answer was chosen. */
  readonly sentence: readonly Span[];
  /** What is asked. Its end has to be in view before anything of it can be allowed. */
  readonly asked: readonly HTMLElement[];
  /** What need not be read: exact facts below a fold, and claims. */
  readonly more: readonly HTMLElement[];
  /** Everything that is announced, as one sentence. */
  readonly spoken: string;
}

/** The risk as a word, an icon and a colour. */
export function riskBadge(risk: Approval['risk']): HTMLElement {
  const picture = risk === 'low' ? 'check' : risk === 'notable' ? 'alert' : 'stop';
  return element('span', { class: `badge risk-${risk}` }, icon(picture), riskWords[risk]);
}

/** The first line: the risk, who asks, and a remark in dim letters. */
export function headerOf(
  risk: Approval['risk'],
  who: string | readonly (Node | string)[],
  remark: string,
): HTMLElement {
  const name = typeof who === 'string' ? [who] : who;
  return element(
    'div',
    { class: 'who' },
    riskBadge(risk),
    element('strong', {}, ...name),
    element('span', { class: 'dim remark' }, remark),
  );
}

/** A question of a session: who, what, where, with what, from where, why; the exact facts below a fold; claims apart. */
export function sessionQuestionView(question: SessionQuestion, home: string): QuestionView {
  const { approval } = question;
  const wish = actSentence(question, home);
  const name = agentName(approval);
  const rows = facts(question, home);
  const once = onlyOnceText(approval);
  const note = lookAlikeNote([...foreignTextsOf(approval), question.hostReads ?? '']);
  return {
    header: headerOf(approval.risk, spanNodes(name), approval.session),
    sentence: [...name, ' wants to ', ...wish],
    asked: [
      factList(rows.map(({ label, spans }) => ({ label, nodes: spanNodes(spans) }))),
      ...(note === undefined ? [] : [element('p', { class: 'warning' }, icon('alert'), note)]),
      ...(once === undefined || approval.resource.kind === 'breaker' ? [] : [element('p', { class: 'dim' }, once)]),
    ],
    more: [details(approval, home), ...claims(approval)],
    spoken: `${riskWords[approval.risk]} risk. ${spokenText([...name, ' wants to ', ...wish])}. ${rows
      .filter(({ label }) => !label.startsWith('Whole '))
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
  const mono = (text: string) => element('span', { class: 'mono' }, text);
  const rows: Row[] = [
    { label: 'Command', nodes: [commandChips(command)] },
    { label: 'Program', nodes: [foreignNode(foreignWhole(homePath(executable.path, home)))] },
    { label: 'SHA-256', nodes: [mono(executable.sha256)] },
    ...gates.map(({ gate, risk, reason }) => ({
      label: 'Policy',
      nodes: [mono(gate), ` ${riskWords[risk]}: `, foreignNode(inWords(reason))],
    })),
    ...(resource.kind === 'breaker' ? [] : [{ label: 'Leaves as', nodes: [protocol] }]),
    ...(key === undefined ? [] : [{ label: 'Agent’s key', nodes: [mono(key.fingerprint)] }]),
    { label: 'Session', nodes: [mono(session), ', question ', mono(id)] },
    { label: 'Digest', nodes: [mono(digest)] },
  ];
  return element('details', {}, element('summary', {}, 'Exact command, program and policies'), factList(rows));
}

/** Every word of a command as a thing of its own, so that no blank and no quote hides where one ends. */
export function commandChips(command: readonly string[]): HTMLElement {
  return element(
    'ol',
    { class: 'chips', 'aria-label': 'Words of the command' },
    ...command.map((word) =>
      element('li', {}, word === '' ? element('span', { class: 'gap' }, 'empty') : foreignNode(foreign(word, 1000))),
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
  const words = element('p', { class: 'claim-text' }, '“', foreignNode(foreign(text)), '”');
  return [element('figure', { class: 'claim' }, element('figcaption', {}, `${label} (it may be untrue)`), words)];
}
