/**
 * Guarantee: a call that needs a person waits here, bound to the digest of exactly what was asked, and is told "allowed"
 * only after an approver's answer to that digest is on record. What the answer allows is decided again, by policy, after
 * it was given.
 *
 * Threat: a client that answers for the person, an answer that is not on record, an action that changed meanwhile.
 *
 * Limits: other software of the same person, outside every session, can work a terminal of its own and answer there.
 */
import type { Logger } from 'pino';
import { type Answer, type Approval, isAllow } from '#contract/approval.ts';
import type { AskMode } from '#contract/ask-mode.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Session } from '#contract/session.ts';
import { actionDigest, tripDigest } from '../core/approvals/action-digest.ts';
import { ApprovalQueue, type Refusal, type Release } from '../core/approvals/approval-queue.ts';
import type { AuditLog, AuditReader } from '../core/audit/log.ts';
import type { Approved } from '../core/policy/decide.ts';
import { shortIdFrom } from '../core/sessions/ids.ts';
import { answeredEvent, askedEvent, lapsedEvent } from './approval-events.ts';
import {
  type Asked,
  type AskedAction,
  type AskedTrip,
  askedAt,
  describeAction,
  describeTrip,
  type NewQuestion,
  rootOf,
  wishOf,
} from './asked-questions.ts';
import { type Clock, timestamp } from './clock.ts';
import { earlierConnections, inTime } from './earlier-connections.ts';
import { attachTimeoutMs } from './running-session.ts';
import { shownCode } from './shown-code.ts';

/** Answered and lapsed approvals that are kept for lists; the audit log keeps them all. */
const closedKept = 200;
/** How long it waits at most before it looks at the clock again. */
const lookAgainMs = 5_000;

/** What came of asking. */
export type Verdict =
  | { readonly kind: 'allowed'; readonly approval: Approved }
  | { readonly kind: 'refused'; readonly why: Refusal | 'nobody'; readonly id?: string };

/** Somewhere a person can see questions and answer them. */
export interface Surface {
  /** Only questions of this session and of those that it started. */
  readonly session?: string;
  asked(approval: Approval, code: string): void;
  changed(approval: Approval): void;
}

/** What an answer does beyond letting the call through. */
export interface AnswerEffects {
  /** Lets a session go on that a breaker stopped; for its task, that breaker then trips no more. On record before. */
  goOn(asked: AskedTrip, forTask: boolean, approvalId: string): Promise<void>;
  /** Gives the grant of a wider answer, on record; rejects when it cannot be given. */
  give(asked: AskedAction, answer: Answer, approvalId: string): Promise<void>;
  pause(sessionId: string): Promise<void>;
  stop(sessionId: string): Promise<void>;
}

interface Kept {
  readonly asked: Asked;
  approval: Approval;
}

/** The approvals of every session, and the surfaces on which they are answered. */
export class Approvals {
  readonly #audit: AuditLog;
  readonly #reader: Pick<AuditReader, 'query'>;
  readonly #clock: Clock;
  readonly #effects: AnswerEffects;
  readonly #log: Logger;
  readonly #queue: ApprovalQueue;
  readonly #open = new Map<string, Kept>();
  readonly #closed: Approval[] = [];
  readonly #waiting = new Map<string, (outcome: Release['outcome']) => void>();
  readonly #surfaces = new Map<Surface, Map<string, string>>();
  #timer: NodeJS.Timeout | undefined;
  #calls = 0;

  constructor(parts: {
    readonly audit: AuditLog;
    readonly reader: Pick<AuditReader, 'query'>;
    readonly clock: Clock;
    readonly effects: AnswerEffects;
    readonly log: Logger;
    readonly queue?: ApprovalQueue;
  }) {
    this.#audit = parts.audit;
    this.#reader = parts.reader;
    this.#clock = parts.clock;
    this.#effects = parts.effects;
    this.#log = parts.log;
    this.#queue = parts.queue ?? new ApprovalQueue();
  }

  /** Asks a person and waits for the answer, at most as long as the session's agent is patient. */
  async consult(asked: AskedAction): Promise<Verdict> {
    if (!this.#canAsk(asked)) return { kind: 'refused', why: 'nobody' };
    const { gates } = asked.decision;
    const exact = {
      request: asked.request,
      protocol: asked.protocol,
      gates,
      policy: asked.policySet.digest,
      executable: asked.executable.sha256,
      key: asked.key?.fingerprint,
    };
    const digest = actionDigest(exact);
    const root = rootOf(asked.session);
    const principal = { ...asked.request.principal, sessionId: root };
    const line = { session: root, digest: actionDigest({ ...exact, request: { ...asked.request, principal } }) };
    const approval = describeAction(asked, this.#newQuestion(digest));
    const call = this.#nextCall();
    const { id, session, task, answers, patienceMs } = approval;
    const result = this.#queue.ask({ id, digest, session, task, answers, patienceMs, line }, call, this.#clock.now());
    if (result.kind === 'permitted') return { kind: 'allowed', approval: { id: result.approval, gates } };
    if (result.kind === 'refused') {
      return { kind: 'refused', why: result.why, ...(result.approval === undefined ? {} : { id: result.approval }) };
    }
    const outcome = new Promise<Release['outcome']>((resolve) => this.#waiting.set(call, resolve));
    if (result.isNew) await this.#begin({ asked, approval });
    else this.#update(result.approval, {});
    this.#plan();
    const settled = await outcome;
    if ('refused' in settled) return { kind: 'refused', why: settled.refused, id: result.approval };
    return { kind: 'allowed', approval: { id: result.approval, gates } };
  }

  /**
   * Asks whether a session may go on that a breaker stopped; resolves with the question's id once it is on record. Its answer takes
   * effect by itself, however late it comes while the question is open. Undefined: there is nobody to ask.
   */
  async askToGoOn(asked: AskedTrip): Promise<string | undefined> {
    if (!this.#canAsk(asked) && !(asked.waits && asked.mode !== 'deny')) return undefined;
    const { principal, trip, asks, policy, executable, key } = asked;
    const digest = tripDigest({
      principal,
      trip,
      asks,
      policy,
      executable: executable.sha256,
      key: key?.fingerprint,
    });
    const approval = describeTrip(asked, this.#newQuestion(digest));
    const { id, session, task, answers, patienceMs } = approval;
    const question = { id, digest, session, task, answers, patienceMs, ofSupervisor: true };
    const result = this.#queue.ask(question, this.#nextCall(), this.#clock.now());
    if (result.kind !== 'held') throw refused('This session was asked about already.');
    await this.#begin({ asked, approval });
    this.#plan();
    return id;
  }

  /** The open question about a breaker of this session. */
  openTrip(session: string): string | undefined {
    return [...this.#open.values()].find(({ asked }) => 'trip' in asked && asked.session.id === session)?.approval.id;
  }

  /** An approver answers what it was shown. Resolves once the answer is on record and in force. */
  async answer(
    surface: Surface,
    given: {
      readonly id: string;
      readonly digest: string;
      readonly answer: Answer;
      readonly code?: string | undefined;
    },
  ): Promise<Approval> {
    const { id, digest, answer, code } = given;
    const kept = this.#open.get(id);
    const shown = this.#surfaces.get(surface)?.get(id);
    if (kept === undefined || shown === undefined) throw refused(`The question ${id} is not open.`);
    if (isAllow(answer)) {
      if (code?.toUpperCase() !== shown) throw refused('The code is not the one that was shown with the question.');
      if (kept.approval.digest !== digest || !kept.approval.answers.includes(answer)) {
        throw refused('That answer was not offered for this question.');
      }
      // On record before it has any effect. Whoever answered differently meanwhile was first.
      await this.#audit.append(answeredEvent(kept.approval, answer));
      if (this.#open.get(id) !== kept) throw refused(`The question ${id} was answered meanwhile.`);
    }
    const answered = this.#queue.answer(id, digest, answer, this.#clock.now());
    if (answered.kind === 'refused') throw refused(`The answer to ${id} came too late, or for another question.`);
    try {
      if (isAllow(answer)) await this.#takeEffect(kept.asked, answer, id);
    } catch (error) {
      // Nothing was allowed after all, and no list may say otherwise.
      const why = 'what was allowed could not be given';
      this.#audit.observe(lapsedEvent(this.#close(id, { state: 'lapsed', why }) ?? kept.approval, why));
      this.#settle(answered.releases.map((release) => ({ ...release, outcome: { refused: 'withdrawn' } })));
      throw error;
    }
    const approval = this.#close(id, { state: isAllow(answer) ? 'allowed' : 'denied', answer }) ?? kept.approval;
    // A denial takes effect whether or not it can be recorded: it only narrows.
    if (!isAllow(answer)) this.#audit.observe(answeredEvent(kept.approval, answer));
    this.#settle(answered.releases);
    if (answer === 'deny-pause') await this.#effects.pause(approval.session);
    if (answer === 'deny-stop') await this.#effects.stop(approval.session);
    this.#plan();
    return approval;
  }

  /** Opens a surface: it is shown what is open now and what comes. Returns the closer. */
  attach(surface: Surface): () => void {
    this.#surfaces.set(surface, new Map());
    for (const { approval } of this.#open.values()) this.#show(surface, approval);
    return () => this.#surfaces.delete(surface);
  }

  /** Open approvals, oldest first; with `all`, the newest closed ones before them. */
  list(all: boolean): Approval[] {
    return [...(all ? this.#closed : []), ...[...this.#open.values()].map(({ approval }) => approval)];
  }

  /** Lets calls that a new grant covers be decided again. */
  grantsChanged(isCovered: (asked: AskedAction) => boolean): void {
    const covered = [...this.#open.values()]
      .filter(({ asked }) => 'request' in asked && isCovered(asked))
      .map(({ approval }) => approval.id);
    if (covered.length > 0)
      this.#withdraw(
        this.#queue.withdraw(({ id }) => covered.includes(id)),
        'it was granted meanwhile',
      );
  }

  endSession(session: string): void {
    this.#withdraw(this.#queue.endSession(session), 'its session ended');
  }

  endTask(task: string): void {
    this.#withdraw(this.#queue.endTask(task), 'its task ended');
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#withdraw(
      this.#queue.withdraw(() => true),
      'Gatehouse stopped',
    );
  }

  async #takeEffect(asked: Asked, answer: Answer, id: string): Promise<void> {
    if ('trip' in asked) await this.#effects.goOn(asked, answer !== 'allow-once', id);
    else if (answer !== 'allow-once') await this.#effects.give(asked, answer, id);
  }

  #newQuestion(digest: string): NewQuestion {
    return { id: shortIdFrom('a', this.#clock.random(4)), digest, askedAt: timestamp(this.#clock.now()) };
  }

  #nextCall(): string {
    this.#calls += 1;
    return `c${this.#calls}`;
  }

  #canAsk({ mode, session }: Asked): boolean {
    if (mode === 'deny') return false;
    if ([...this.#surfaces.keys()].some((surface) => this.#mayShow(surface, session, mode))) return true;
    // The terminal of a session that has just started is about to open its surface; that of a nested one is its parent's.
    return (
      session.actors === undefined && session.tty && this.#clock.now() - Date.parse(session.startedAt) < attachTimeoutMs
    );
  }

  #mayShow(surface: Surface, session: Session, mode: AskMode): boolean {
    if (surface.session !== undefined) return askedAt(session).includes(surface.session);
    return mode !== 'terminal';
  }

  async #begin(kept: Kept): Promise<void> {
    const { approval } = kept;
    // Beside the recording, which takes longer: what it says was before this question.
    const looking = 'request' in kept.asked ? this.#earlier(kept.asked) : undefined;
    try {
      await this.#audit.append(askedEvent(approval, wishOf(kept.asked)));
    } catch (error) {
      this.#log.error({ error: String(error) }, 'a question could not be recorded');
      this.#withdraw(
        this.#queue.withdraw(({ id }) => id === approval.id),
        'it could not be recorded',
      );
      return;
    }
    const before = looking === undefined ? undefined : await inTime(looking);
    // Its session may have ended meanwhile. Only now: a surface that opens before must not show what is not on record.
    const open = this.#queue.list().find(({ id }) => id === approval.id);
    if (open === undefined) return;
    kept.approval = { ...approval, held: open.held, ...(before === undefined ? {} : { before }) };
    this.#open.set(approval.id, kept);
    for (const surface of this.#surfaces.keys()) this.#show(surface, kept.approval);
  }

  #earlier({ request }: AskedAction): ReturnType<typeof earlierConnections> {
    const asked = { agent: request.principal.agent, resource: request.resource };
    return earlierConnections(asked, { reader: this.#reader, log: this.#log });
  }

  #show(surface: Surface, approval: Approval): void {
    const asked = this.#open.get(approval.id)?.asked;
    const codes = this.#surfaces.get(surface);
    if (codes === undefined || asked === undefined || !this.#mayShow(surface, asked.session, asked.mode)) return;
    const code = shownCode();
    codes.set(approval.id, code);
    surface.asked(approval, code);
  }

  #update(id: string, change: Partial<Approval>): Approval | undefined {
    const kept = this.#open.get(id);
    if (kept === undefined) return undefined;
    const held = this.#queue.list().find((each) => each.id === id)?.held ?? 0;
    kept.approval = { ...kept.approval, held, ...change };
    for (const [surface, codes] of this.#surfaces) if (codes.has(id)) surface.changed(kept.approval);
    return kept.approval;
  }

  #close(id: string, change: Partial<Approval>): Approval | undefined {
    const approval = this.#update(id, { ...change, held: 0 });
    this.#open.delete(id);
    for (const codes of this.#surfaces.values()) codes.delete(id);
    if (approval === undefined) return undefined;
    this.#closed.push(approval);
    if (this.#closed.length > closedKept) this.#closed.shift();
    return approval;
  }

  #withdraw(gone: { releases: readonly Release[]; lapsed: readonly string[] }, why: string): void {
    for (const id of gone.lapsed) {
      const approval = this.#close(id, { state: 'lapsed', why });
      if (approval !== undefined) this.#audit.observe(lapsedEvent(approval, why));
    }
    this.#settle(gone.releases);
    this.#plan();
  }

  #settle(releases: readonly Release[]): void {
    for (const { call, outcome } of releases) {
      const resolve = this.#waiting.get(call);
      this.#waiting.delete(call);
      resolve?.(outcome);
    }
  }

  #expire(): void {
    const { releases, lapsed } = this.#queue.expire(this.#clock.now());
    for (const id of new Set(releases.map(({ approval }) => approval))) this.#update(id, { state: 'pending' });
    this.#withdraw({ releases, lapsed }, 'nobody answered');
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const ms = this.#queue.msUntilNext(this.#clock.now());
    // At least a millisecond, so that a timer that fires early cannot spin; timers stand still while the machine sleeps.
    if (ms !== undefined)
      this.#timer = setTimeout(() => this.#expire(), Math.min(Math.max(ms, 1), lookAgainMs)).unref();
  }
}

function refused(what: string): Error {
  return operatingError('approval_refused', what, {
    remedy: 'Nothing was allowed by it. `gatehouse approvals list` shows what is open.',
  });
}
