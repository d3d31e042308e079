import type { Answer, Approval } from '#contract/approval.ts';
import type { NewEvent } from '#contract/audit.ts';

/** The words and fields of an approval's events; `docs/audit-format.md` describes them. */

function about(approval: Approval) {
  const { session, task, agent, action, resource } = approval;
  // What a breaker asks is about no action of the agent's.
  if (action === 'session.continue' || resource.kind === 'breaker') return { session, task, agent };
  return { session, task, agent, action, resource };
}

function breakerOf({ resource }: Approval) {
  return resource.kind === 'breaker' ? { breaker: resource.breaker } : {};
}

/** That a person is asked, before they are. */
export function askedEvent(approval: Approval, wish: string): NewEvent {
  return {
    kind: 'approval.asked',
    ...about(approval),
    summary: `${approval.agent} asks to ${wish}`,
    detail: {
      approval: approval.id,
      digest: approval.digest,
      ...breakerOf(approval),
      risk: approval.risk,
      gates: approval.gates.map(({ gate }) => gate),
      protocol: approval.protocol,
      answers: [...approval.answers],
      patienceMs: approval.patienceMs,
    },
  };
}

const answerTexts: Readonly<Record<Answer, string>> = {
  'allow-once': 'allowed it once',
  'allow-15m': 'allowed it for 15 minutes',
  'allow-task': 'allowed it for the task',
  always: 'allowed it always for this agent in this workspace',
  'deny-once': 'denied it',
  'deny-task': 'denied it for the task',
  'deny-pause': 'denied it and paused the session',
  'deny-stop': 'denied it and stopped the session',
};

const tripAnswerTexts: Readonly<Partial<Record<Answer, string>>> = {
  'allow-once': 'let it go on',
  'allow-task': 'let it go on, and switched the breaker off for the task',
  'deny-pause': 'left it paused',
  'deny-stop': 'ended the session',
};

/** What the person answered; an answer that allows is on record before it has an effect. */
export function answeredEvent(approval: Approval, answer: Answer): NewEvent {
  return {
    kind: 'approval.answered',
    ...about(approval),
    summary: `You ${(approval.resource.kind === 'breaker' ? tripAnswerTexts[answer] : undefined) ?? answerTexts[answer]}: ${approval.id}`,
    detail: {
      approval: approval.id,
      digest: approval.digest,
      ...breakerOf(approval),
      answer,
      risk: approval.risk,
    },
  };
}

/** That a question is closed without an answer. */
export function lapsedEvent(approval: Approval, why: string): NewEvent {
  return {
    kind: 'approval.lapsed',
    ...about(approval),
    summary: `The question ${approval.id} is closed: ${why}`,
    detail: { approval: approval.id, digest: approval.digest, ...breakerOf(approval), why },
  };
}
