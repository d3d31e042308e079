import type { Answer } from '#contract/approval.ts';

/**
 * What a person types. A word that allows is followed by the code that this question was shown with: nothing that was
 * typed before, held down, or sent by somebody who does not see the screen can be one.
 */
const words: Readonly<Record<Answer, string>> = {
  'allow-once': 'once',
  'allow-15m': '15m',
  'allow-task': 'task',
  always: 'always',
  'deny-once': 'no',
  'deny-task': 'never',
  'deny-pause': 'pause',
  'deny-stop': 'stop',
};

const allowing: readonly Answer[] = ['allow-once', 'allow-15m', 'allow-task', 'always'];

/** What Ctrl-C answers: of what is offered, the one that only says no. */
export function plainDenial(offered: readonly Answer[]): Answer {
  return offered.includes('deny-once') ? 'deny-once' : 'deny-pause';
}

/** The words to type for an answer. */
export function wordOf(answer: Answer, code: string): string {
  return allowing.includes(answer) ? `${words[answer]} ${code}` : words[answer];
}

/** What a typed line means, or why it means nothing. An empty line means nothing at all. */
export function parseAnswer(
  line: string,
  offered: readonly Answer[],
  code: string,
): { readonly answer: Answer; readonly code: string } | { readonly why: string } | undefined {
  const [word = '', typed = '', ...rest] = line.trim().toLowerCase().split(/\s+/u);
  if (word === '') return undefined;
  const answer = offered.find((each) => words[each] === word);
  if (answer === undefined || rest.length > 0) return { why: `“${word}” is none of the answers.` };
  if (!allowing.includes(answer)) {
    return typed === '' ? { answer, code: '' } : { why: `“${word}” needs no code; type it alone.` };
  }
  if (typed.toUpperCase() === code) return { answer, code };
  return { why: typed === '' ? `Type ${wordOf(answer, code)}.` : 'That is not the code shown here.' };
}
