import type { Answer, Approval } from '#contract/approval.ts';

/** One answer and its words on a button. */
export interface Choice {
  readonly answer: Answer;
  readonly label: string;
}

/** What can be answered, as the buttons show it: two answers at one press, all the others by choosing first. */
export interface Choices {
  readonly deny: Choice | undefined;
  readonly otherDenials: readonly Choice[];
  readonly allow: Choice | undefined;
  readonly wider: readonly Choice[];
}

const labels: Readonly<Record<Answer, string>> = {
  'allow-once': 'Allow once',
  'allow-15m': 'For 15 minutes',
  'allow-task': 'For this task',
  always: 'Always, for this agent here',
  'deny-once': 'Deny',
  'deny-task': 'Deny for this task',
  'deny-pause': 'Deny and pause',
  'deny-stop': 'Deny and stop',
};

const tripLabels: Readonly<Partial<Record<Answer, string>>> = {
  'allow-once': 'Let it go on',
  'allow-task': 'Go on, and never for that again',
  'deny-pause': 'Leave it paused',
  'deny-stop': 'End the session',
};

const wider: readonly Answer[] = ['allow-task', 'allow-15m', 'always'];
const denials: readonly Answer[] = ['deny-task', 'deny-pause', 'deny-stop'];

/** The words of an answer to this question. */
export function labelOf(answer: Answer, { resource }: Approval): string {
  return (resource.kind === 'breaker' ? tripLabels[answer] : undefined) ?? labels[answer];
}

/** Groups what the question offers; nothing that it does not offer is in it. */
export function choicesOf(approval: Approval): Choices {
  const offered = (answers: readonly Answer[]) =>
    answers
      .filter((answer) => approval.answers.includes(answer))
      .map((answer) => ({ answer, label: labelOf(answer, approval) }));
  const plain = plainDenial(approval.answers);
  return {
    deny: plain === undefined ? undefined : { answer: plain, label: labelOf(plain, approval) },
    otherDenials: offered(denials.filter((answer) => answer !== plain)),
    allow: offered(['allow-once'])[0],
    wider: offered(wider),
  };
}

/** Of what is offered, the one that only says no: what Escape and closing the window mean. */
export function plainDenial(answers: readonly Answer[]): Answer | undefined {
  return (['deny-once', 'deny-pause', 'deny-stop'] as const).find((each) => answers.includes(each));
}

/** Said where there is no wider answer; the reason stands among the facts. */
export function onlyOnceText(approval: Approval): string | undefined {
  return choicesOf(approval).wider.length > 0
    ? undefined
    : 'It can be allowed one time, and is asked about again the next.';
}
