import type { NewEvent } from '#contract/audit.ts';
import type { Trip } from '#contract/breaker.ts';
import type { Decision, ReasonCode } from '#contract/decision.ts';
import type { AuditLog } from '../core/audit/log.ts';
import type { ConnectionReport, EgressHost, EgressQuestion } from '../core/network/egress.ts';
import type { Approved } from '../core/policy/decide.ts';
import type { DecisionRequest, Principal, Validity } from '../core/policy/request.ts';
import type { Approvals, Verdict } from './approvals.ts';
import type { AskedAction, AskedTrip } from './asked-questions.ts';
import { CarriedAnswers } from './carried-answers.ts';
import { FairTurns } from './fair-turns.ts';
import type { SessionBreakers } from './session-breakers.ts';

/** Decisions of one session that are made and recorded at the same time; more wait, and nobody else with them. */
const decisionsPerSessionMax = 16;

/** What is so of a session now, and of those above it, nearest first. */
export interface SessionValidity extends Validity {
  readonly above?: readonly Validity[];
}

/** A session as a decision sees it. */
export interface DecidingSession {
  readonly principal: Principal;
  /** Gathered afresh for every decision. */
  validity(): Promise<SessionValidity>;
  decide(request: DecisionRequest, validity: SessionValidity, approval?: Approved): Decision;
  /** It went through by these grants. */
  used(request: DecisionRequest, decision: Decision): void;
  readonly breakers: SessionBreakers;
  /** Whether this is what its agent is known to call in vain: telemetry, updates. */
  isNoise(request: DecisionRequest): boolean;
  /** What a person is told about a breaker that stopped it. */
  askingTrip(trip: Trip): AskedTrip;
  /** What a person is told about a request that only gates stand in the way of. */
  asking(request: DecisionRequest, decision: Decision, question: EgressQuestion): AskedAction;
}

interface Found {
  readonly session: DecidingSession;
  readonly request: DecisionRequest;
}

/**
 * Guarantee: whatever leaves a session is decided on facts of this moment and on record before it takes effect; when it
 * cannot be recorded, it is denied.
 * Threat: a session that was stopped, whose task ended, whose binary was swapped or whose audit log is full still asks.
 * Limits: what flows inside a connection once it was allowed is counted, not judged.
 */
export class Decisions implements EgressHost {
  readonly #audit: AuditLog;
  readonly #find: (sessionId: string) => DecidingSession | undefined;
  readonly #approvals: Approvals;
  readonly #carried = new CarriedAnswers();
  readonly #turns = new FairTurns(decisionsPerSessionMax);

  constructor(audit: AuditLog, approvals: Approvals, find: (sessionId: string) => DecidingSession | undefined) {
    this.#audit = audit;
    this.#approvals = approvals;
    this.#find = find;
  }

  async decide(question: EgressQuestion): Promise<Decision> {
    const first = await this.#turns.take(question.sessionId, () => this.#decideFirst(question));
    if (!('asks' in first)) return first;
    const verdict = await this.#approvals.consult(first.asks);
    return this.#turns.take(question.sessionId, () => this.#decideAgain(question, verdict));
  }

  /** The decision, on record; or what a person has to be asked first. */
  async #decideFirst(question: EgressQuestion): Promise<Decision | { readonly asks: AskedAction }> {
    const found = this.#requestOf(question);
    if (found === undefined) return notRunning();
    const { session, request } = found;
    if (isFirstQuestion(question)) session.breakers.requested(wordsFor(question));
    const carried = question.addresses === undefined ? undefined : this.#carried.take(question);
    const decision = session.decide(request, await session.validity(), carried);
    if (decision.reason === 'approval_needed') return { asks: session.asking(request, decision, question) };
    return this.#recordDecision(found, decision, question);
  }

  /** Whatever was answered: validity and policy have the last word, on the facts of now. */
  async #decideAgain(question: EgressQuestion, verdict: Verdict): Promise<Decision> {
    const found = this.#requestOf(question);
    if (found === undefined) return notRunning();
    const { session, request } = found;
    const approval = verdict.kind === 'allowed' ? verdict.approval : undefined;
    const again = session.decide(request, await session.validity(), approval);
    // The look-up of a name comes between the two questions of one connection: the second one is the same act.
    if (again.outcome === 'allow' && approval !== undefined && question.addresses === undefined) {
      this.#carried.put(question, approval);
    }
    const refused = verdict.kind === 'refused' && again.reason === 'approval_needed';
    return this.#recordDecision(found, refused ? refusedByPerson(again, verdict) : again, question);
  }

  /** Found anew whenever it is needed: the session may have ended while its turn, or a person's answer, was waited for. */
  #requestOf(question: EgressQuestion): Found | undefined {
    const session = this.#find(question.sessionId);
    if (session === undefined) return undefined;
    const request: DecisionRequest = {
      principal: session.principal,
      action: question.action,
      resource: resourceOf(question),
      ...(question.addresses === undefined ? {} : { addresses: question.addresses }),
    };
    return { session, request };
  }

  #recordDecision({ session, request }: Found, decision: Decision, question: EgressQuestion): Promise<Decision> {
    if (decision.outcome === 'allow') session.used(request, decision);
    else if (!session.isNoise(request)) session.breakers.denied(decision.reason, wordsFor(question));
    const opens = question.addresses !== undefined && decision.outcome === 'allow';
    // The second question of an allowed name: the first one's allow is on record already, now the connection follows.
    return this.#record(opens ? opened(request, decision, question) : decided(request, decision, question), decision);
  }

  closed(report: ConnectionReport): void {
    const principal = this.#find(report.sessionId)?.principal;
    const { sessionId, ...facts } = report;
    this.#audit.observe({
      kind: 'connection.closed',
      session: sessionId,
      ...(principal === undefined ? {} : { task: principal.taskId, agent: principal.agent }),
      action: report.method === undefined ? 'net.connect' : 'http.request',
      resource: { kind: 'host', host: report.host, port: report.port },
      summary: `Connection to ${report.host}:${report.port} ended: ${report.bytesSent} B out, ${report.bytesReceived} B in`,
      detail: { ...facts },
    });
  }

  sent(sessionId: string, bytes: number, hosts: readonly string[]): void {
    this.#find(sessionId)?.breakers.sent(bytes, hosts);
  }

  async refused(refusal: { sessionId: string; protocol: string; what: string; decision: Decision }): Promise<void> {
    const session = this.#find(refusal.sessionId);
    const principal = session?.principal;
    // Who knocks at an exposed port is somebody outside: no other user of the machine may have the session stopped.
    if (refusal.protocol !== 'exposed') session?.breakers.denied(refusal.decision.reason, refusal.what);
    await this.#audit.append({
      kind: 'decision',
      session: refusal.sessionId,
      ...(principal === undefined ? {} : { task: principal.taskId, agent: principal.agent }),
      decision: 'deny',
      reason: refusal.decision.reason,
      summary: `Blocked: ${refusal.what}`,
      detail: { protocol: refusal.protocol, what: refusal.what, explanation: refusal.decision.explanation },
    });
  }

  async #record(event: NewEvent, decision: Decision): Promise<Decision> {
    try {
      await this.#audit.append(event);
      return decision;
    } catch (cause) {
      return deny(
        'audit_unavailable',
        `This could not be recorded, so it did not happen: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    }
  }
}

/** How a denial reads when a person was asked for nothing. */
function refusedByPerson(decision: Decision, verdict: Extract<Verdict, { kind: 'refused' }>): Decision {
  const of = verdict.id === undefined ? '' : ` (${verdict.id})`;
  const { remedy: _, ...denied } = decision;
  switch (verdict.why) {
    case 'denied':
      return { ...denied, reason: 'denied_by_person', explanation: `A person denied this${of}.` };
    case 'pending':
      return {
        ...denied,
        reason: 'pending',
        explanation: `A person was asked and has not answered yet${of}; when they allow it, trying again succeeds.`,
      };
    case 'flood':
      return {
        ...denied,
        reason: 'too_many_questions',
        explanation: 'The session asks for more than a person can be bothered with at a time.',
      };
    case 'withdrawn':
    case 'nobody':
      return decision;
  }
}

/** A name is asked about twice: before it is looked up and with its addresses. */
function isFirstQuestion({ host, addresses }: EgressQuestion): boolean {
  return addresses === undefined || addresses[0] === host;
}

function notRunning(): Decision {
  return deny('session_invalid', 'This session does not run.');
}

/** A denial that no policy made. */
export function deny(reason: ReasonCode, explanation: string): Decision {
  return { outcome: 'deny', reason, gates: [], policies: [], grants: [], explanation };
}

function resourceOf(question: EgressQuestion): DecisionRequest['resource'] {
  const { host, port } = question;
  if (question.action !== 'http.request') return { kind: 'host', host, port };
  return { kind: 'url', scheme: 'http', method: question.method ?? 'GET', host, port, path: question.path ?? '/' };
}

function common(request: DecisionRequest, decision: Decision, question: EgressQuestion) {
  return {
    session: request.principal.sessionId,
    task: request.principal.taskId,
    agent: request.principal.agent,
    action: request.action,
    resource: request.resource,
    decision: decision.outcome,
    reason: decision.reason,
    detail: {
      protocol: question.protocol,
      host: question.host,
      port: question.port,
      ...(question.addresses === undefined ? {} : { addresses: [...question.addresses] }),
      gates: decision.gates,
      policies: decision.policies,
      grants: decision.grants,
      explanation: decision.explanation,
      ...(decision.remedy === undefined ? {} : { remedy: decision.remedy }),
    },
  };
}

function decided(request: DecisionRequest, decision: Decision, question: EgressQuestion): NewEvent {
  const verb = decision.outcome === 'allow' ? 'Allowed' : 'Blocked';
  return { kind: 'decision', summary: `${verb}: ${wordsFor(question)}`, ...common(request, decision, question) };
}

function opened(request: DecisionRequest, decision: Decision, question: EgressQuestion): NewEvent {
  return {
    kind: 'connection.opened',
    summary: `Opening: ${wordsFor(question)}`,
    ...common(request, decision, question),
  };
}

function wordsFor(question: EgressQuestion): string {
  const place = question.host.includes(':')
    ? `[${question.host}]:${question.port}`
    : `${question.host}:${question.port}`;
  return question.action === 'http.request'
    ? `${question.method} http://${place}${question.path} (${question.protocol})`
    : `connect to ${place} (${question.protocol})`;
}
