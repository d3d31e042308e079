import type { Answer, Approval } from '#contract/approval.ts';
import type { AskMode } from '#contract/ask-mode.ts';
import type { Trip } from '#contract/breaker.ts';
import type { Decision } from '#contract/decision.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import type { Session } from '#contract/session.ts';
import { breakerOf } from '../core/breakers/definitions.ts';
import { tripInWords } from '../core/breakers/trip-words.ts';
import { reasonOf } from '../core/policy/decide.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import type { DecisionRequest, Principal } from '../core/policy/request.ts';
import { actionInWords } from '../core/policy/words.ts';

/** How long a question about a breaker can be answered at its terminal; for as long again as any other, it is listed. */
const tripPatienceMs = 60 * 60_000;

/** Whom a question is about, and whom it goes to. */
interface AskedSession {
  readonly session: Session;
  /** When its task ends at the latest, RFC 3339. */
  readonly taskEndsAt?: string;
  readonly executable: { readonly path: string; readonly sha256: string };
  /** The agent's key; undefined for a session of nobody. */
  readonly key: Approval['key'];
  readonly mode: AskMode;
}

/** One question that only a person can answer. */
export interface AskedAction extends AskedSession {
  readonly request: DecisionRequest;
  /** The denial that says which gates stand closed. */
  readonly decision: Decision;
  readonly protocol: string;
  readonly policySet: PolicySet;
  /** Of a literal address: what it belongs to, in words. */
  readonly leadsTo: string | undefined;
  /** Bytes that the session has sent out so far. */
  readonly sentBytes: number;
  /** What the program that asks says of itself. */
  readonly claim: string | undefined;
  readonly patienceMs: number;
}

/** Whether a session may go on that a breaker stopped. */
export interface AskedTrip extends AskedSession {
  readonly trip: Trip;
  readonly principal: Principal;
  /** Digest of the policies under which it runs. */
  readonly policy: string;
  /** How often this trip was asked about, this time included: each time is a question of its own. */
  readonly asks: number;
  /** Somebody may come back to it, although nobody is there now. */
  readonly waits: boolean;
}

/** Everything that can be asked. */
export type Asked = AskedAction | AskedTrip;

/** The session that a person started and that stands above this one; itself when it is that one. */
export function rootOf({ id, actors }: Session): string {
  return actors?.at(-1)?.session ?? id;
}

/** Sessions whose own terminal may ask about this one: its own, and those that stand above it. */
export function askedAt({ id, actors = [] }: Session): string[] {
  return [id, ...actors.map(({ session }) => session)];
}

/** What a question gets when it is asked. */
export interface NewQuestion {
  readonly id: string;
  readonly digest: string;
  readonly askedAt: string;
}

/** What is asked for, to follow "asks to". */
export function wishOf(asked: Asked): string {
  return 'trip' in asked ? `go on: it ${tripInWords(asked.trip)}` : actionInWords(asked.request);
}

/** The facts of a question about an action, as surfaces show them. */
export function describeAction(asked: AskedAction, question: NewQuestion): Approval {
  const { request, decision, session, policySet } = asked;
  const gates = decision.gates.map((name) => {
    const gate = policySet.gates.get(name);
    const rule = decision.policies.map((each) => policySet.rules.get(each)).find((each) => each?.gate === name);
    return {
      gate: name,
      risk: gate?.risk ?? ('high' as const),
      reason: rule === undefined ? name : reasonOf(rule),
      onlyOnce: gate?.scope === 'once',
    };
  });
  const rank = ['low', 'notable', 'high'] as const;
  const risk = rank.filter((each) => gates.some((gate) => gate.risk === each)).at(-1) ?? 'high';
  const wider: Answer[] = decision.remedy === undefined ? [] : ['allow-15m', 'allow-task'];
  // A command without a name of its own is nobody to remember anything for.
  // Nor is what an agent had another one ask: that would be remembered for starts that nobody nested.
  if (wider.length > 0 && session.agent !== genericPresetId && session.actors === undefined) wider.push('always');
  return {
    ...aboutSession(asked, question),
    ...(asked.claim === undefined ? {} : { claim: asked.claim }),
    action: request.action,
    resource: request.resource,
    ...(asked.leadsTo === undefined ? {} : { leadsTo: asked.leadsTo }),
    sentBytes: asked.sentBytes,
    protocol: asked.protocol,
    gates,
    risk,
    answers: ['allow-once', ...wider, 'deny-once', 'deny-task', 'deny-pause', 'deny-stop'],
    ...(decision.remedy === undefined ? {} : { grant: decision.remedy }),
    patienceMs: asked.patienceMs,
  };
}

/** The facts of a question about a breaker: once, for the task, or not at all; no grant is given by it. */
export function describeTrip(asked: AskedTrip, question: NewQuestion): Approval {
  const { breaker } = asked.trip;
  return {
    ...aboutSession(asked, question),
    action: 'session.continue',
    resource: asked.trip,
    protocol: 'session',
    gates: [{ gate: `breaker.${breaker}`, risk: 'high', reason: breakerOf(breaker).reason, onlyOnce: false }],
    risk: 'high',
    answers: ['allow-once', 'allow-task', 'deny-pause', 'deny-stop'],
    patienceMs: tripPatienceMs,
  };
}

function aboutSession({ session, taskEndsAt, executable, key }: Asked, question: NewQuestion) {
  return {
    ...question,
    session: session.id,
    agent: session.agent,
    task: session.taskId,
    taskText: session.task,
    ...(taskEndsAt === undefined ? {} : { taskEndsAt }),
    ...(session.actors === undefined ? {} : { startedBy: session.actors }),
    ...(session.claimedTask === undefined ? {} : { claimedTask: session.claimedTask }),
    workspace: session.workspace,
    command: session.command,
    executable: { path: executable.path, sha256: executable.sha256 },
    ...(key === undefined ? {} : { key }),
    held: 1,
    state: 'waiting' as const,
  };
}
