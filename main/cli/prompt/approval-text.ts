import { basename } from 'node:path';
import type { Answer, Approval } from '#contract/approval.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { networkFacts } from '#contract/text/network-facts.ts';
import { visible } from '#contract/text/visible.ts';
import { commandText } from '../render/command-text.ts';
import { homePath } from '../render/home-path.ts';
import type { Screen, Tone } from '../render/screen.ts';
import { cutMiddle, fold } from '../render/width.ts';
import { wordOf } from './answer-words.ts';
import { tripEffect, tripObjects, tripWish } from './trip-text.ts';

/** Facts of the supervisor's, and apart from them what a program says of itself; texts that an agent chose are written out so that they move nothing. */

const riskWords = { low: 'Routine', notable: 'Notable', high: 'High risk' } as const;
const riskTones: Readonly<Record<Approval['risk'], Tone>> = { low: 'plain', notable: 'warn', high: 'bad' };
const labelCells = 10;
/** What of a text that somebody else chose is shown at most. */
const longCharacters = 160;
/** Lines of what a program says of itself. */
const claimLinesMax = 3;

/** The agent; a command that is none we know goes by its program. */
export function nameOf({ agent, executable }: Approval): string {
  return agent === genericPresetId ? `${visible(basename(executable.path))} (no known agent)` : agent;
}

/** The agent's key in words (`gatehouse agents show` has them too). */
function keyText({ key }: Approval): string {
  return key === undefined ? '' : ` · ${key.words}`;
}

/** What is asked, as the object of "wants to". */
export function wishText({ action, resource }: Approval, home: string): string {
  switch (resource.kind) {
    case 'path': {
      const verbs: Readonly<Record<string, string>> = {
        'file.read': 'read',
        'file.write': 'change',
        'file.delete': 'delete',
      };
      return `${verbs[action] ?? 'change the protected file'} ${homePath(resource.path, home)}`;
    }
    case 'host':
      return `connect to ${authority(resource.host, resource.port)}`;
    case 'url':
      return `send ${visible(resource.method)} ${resource.scheme}://${authority(resource.host, resource.port)}${longText(resource.path)}`;
    case 'program':
      return `run ${visible(resource.path)}`;
    case 'secret':
      return `use the secret ${visible(resource.name)} at ${visible(resource.host)}`;
    case 'tool':
      return `call the tool ${visible(resource.tool)} of ${visible(resource.server)}`;
    case 'breaker':
      return tripWish(resource);
  }
}

/** A text of any length: cut in the middle, and how long it really is. */
function longText(text: string): string {
  const seen = visible(text);
  return seen.length <= longCharacters ? seen : `${cutMiddle(seen, longCharacters)} (${text.length} characters)`;
}

function authority(host: string, port: number): string {
  return visible(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
}

/** What an answer does, in words. */
export function effectText(answer: Answer, approval: Approval, home: string): string {
  const ofTrip = approval.resource.kind === 'breaker' ? tripEffect(answer, approval.session) : undefined;
  if (ofTrip !== undefined) return ofTrip;
  const what = approval.grant === undefined ? 'it' : visible(approval.grant);
  switch (answer) {
    case 'allow-once':
      return approval.held > 1
        ? `allow it this one time (${approval.held} identical calls wait)`
        : 'allow it this one time';
    case 'allow-15m':
      return `allow ${what} for 15 minutes, at most until the task ends`;
    case 'allow-task':
      return `allow ${what} until the task ends`;
    case 'always':
      return `allow ${what} for every task of ${approval.agent} in ${homePath(approval.workspace, home)}, until you remove it`;
    case 'deny-once':
      return 'deny it';
    case 'deny-task':
      return 'deny it whenever it is asked again in this task';
    case 'deny-pause':
      return 'deny it and pause the session';
    case 'deny-stop':
      return 'deny it and stop the session';
  }
}

/** A question in lines: who wants to do what, and each fact, first what an answer hangs on most. */
export interface QuestionText {
  readonly act: readonly string[];
  readonly facts: readonly (readonly string[])[];
}

export function questionText(approval: Approval, screen: Screen, home: string): QuestionText {
  const { paint, columns } = screen;
  const room = columns - labelCells - 2;
  const fact = (label: string, text: string): string[] =>
    fold(text, room).map((line, index) => `${paint('dim', (index === 0 ? label : '').padEnd(labelCells))}${line}`);
  const reasons = [...new Set(approval.gates.map(({ reason }) => visible(reason)))].join('; ');
  const { resource } = approval;
  return {
    act: [
      `${paint(riskTones[approval.risk], riskWords[approval.risk])}  ${paint('strong', nameOf(approval))}${keyText(approval)} wants to`,
      '',
      ...fold(wishText(approval, home), columns - 4).map((line) => paint('strong', `  ${line}`)),
      '',
    ],
    facts: [
      fact('Because', `${reasons}.`),
      ...(resource.kind === 'breaker' ? [fact('Last', tripObjects(resource) || 'nothing to name')] : []),
      ...(approval.startedBy === undefined ? [] : [fact('Nested', startersText(approval.startedBy))]),
      ...networkFacts(approval).map(({ label, text }) => fact(label, text)),
      fact(
        'From',
        `${homePath(approval.workspace, home)}, for the task “${cutMiddle(visible(approval.taskText), longCharacters)}”`,
      ),
      ...(resource.kind === 'breaker' ? [] : [fact('Contents', contentsText(approval))]),
      fact('Session', `${approval.session}: ${cutMiddle(commandText(approval.command), longCharacters)}`),
      fact(
        'Program',
        `${homePath(approval.executable.path, home)}, SHA-256 ${approval.executable.sha256.slice(0, 16)}…`,
      ),
    ],
  };
}

/** The same, one line after the other. */
export function factLines(approval: Approval, screen: Screen, home: string): string[] {
  const { act, facts } = questionText(approval, screen, home);
  return [...act, ...facts.flat()];
}

/** Who stands behind a nested session. */
function startersText(actors: NonNullable<Approval['startedBy']>): string {
  const names = actors.map(({ agent, session }) => `${agent} (${session})`).join(', started by ');
  return `started by ${names}; what you allow for longer than once, ${actors.length === 1 ? 'that one' : 'each of them'} may do too`;
}

/** What becomes of what waits when nobody answers. */
export function waitText({ resource, patienceMs }: Approval): string {
  if (resource.kind === 'breaker') return 'The session stands still until you answer.';
  return `The call waits ${Math.round(patienceMs / 1000)} s for an answer, then it is denied.`;
}

/** What programs say: apart, labelled, at most three lines each. Shown where there is room: facts go first. */
export function claimLines({ claim, claimedTask, startedBy }: Approval, screen: Screen): string[] {
  const starter = startedBy?.[0]?.agent ?? 'The session that started it';
  return [
    ...saidLines('The program says of itself, which may be untrue:', claim, screen),
    ...saidLines(`${starter} says it is to do this, which may be untrue:`, claimedTask, screen),
  ];
}

function saidLines(label: string, text: string | undefined, { paint, columns }: Screen): string[] {
  if (text === undefined) return [];
  const lines = fold(`“${visible(text)}”`, columns - 4).slice(0, claimLinesMax);
  return ['', paint('dim', label), ...lines.map((line) => paint('dim', `  │ ${line}`))];
}

function contentsText({ resource, protocol }: Approval): string {
  if (resource.kind === 'url') return 'the request is seen and recorded, its body is not';
  return protocol === 'http' ? 'not seen' : 'not seen: it is tunnelled as it is';
}

/** What can be answered, a line each; words that allow need the code. */
export function answerLines(approval: Approval, code: string, screen: Screen, home: string): string[] {
  const typed = approval.answers.map((answer) => wordOf(answer, code));
  const cells = Math.max(...typed.map((word) => word.length)) + 3;
  return approval.answers.flatMap((answer, index) =>
    fold(effectText(answer, approval, home), screen.columns - cells - 2).map((line, row) => {
      const word = row === 0 ? (typed[index] ?? '') : '';
      return `  ${screen.paint('strong', word)}${' '.repeat(cells - word.length)}${line}`;
    }),
  );
}
