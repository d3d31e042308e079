import { basename } from 'node:path';
import { domainToUnicode } from 'node:url';
import type { Answer, Approval } from '#contract/approval.ts';
import type { Question } from '#contract/bridge.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { tripInWords } from '../core/breakers/trip-words.ts';

/** A question of a session with what only the shell can add: a trip in words, a host in its own letters. */
export function questionOf(approval: Approval): Question {
  const { resource } = approval;
  if (resource.kind === 'breaker') return { kind: 'approval', approval, trip: tripInWords(resource) };
  if (resource.kind !== 'host' && resource.kind !== 'url') return { kind: 'approval', approval };
  const hostReads = domainToUnicode(resource.host);
  const isOther = hostReads !== '' && hostReads !== resource.host;
  return { kind: 'approval', approval, ...(isOther ? { hostReads } : {}) };
}

const answerWords: Readonly<Record<Answer, string>> = {
  'allow-once': 'allowed once',
  'allow-15m': 'allowed for 15 minutes',
  'allow-task': 'allowed for the task',
  always: 'allowed always',
  'deny-once': 'denied',
  'deny-task': 'denied for the task',
  'deny-pause': 'denied, and the session is paused',
  'deny-stop': 'denied, and the session is stopped',
};

/** What became of a question that ended without this window. */
export function endedText({ agent, executable, answer, why }: Approval): string {
  const name = agent === genericPresetId ? basename(executable.path) : agent;
  if (answer !== undefined) return `What ${name} asked was answered elsewhere: ${answerWords[answer]}.`;
  return `What ${name} asked needs no answer any more: ${why ?? 'it is over'}.`;
}

/** Of what is offered, the one that only says no: what closing the window means. */
export function closingAnswer({ answers }: Approval): Answer {
  return (['deny-once', 'deny-pause'] as const).find((each) => answers.includes(each)) ?? 'deny-stop';
}
