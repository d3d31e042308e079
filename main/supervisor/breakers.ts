/**
 * Guarantee: a session whose breaker tripped stands still before anything else is done about it, is denied everything, and goes on only
 * by an answer that a person gave to exactly that trip. Where nobody can be asked it is ended.
 *
 * Threat: an agent that does within seconds what cannot be taken back, resumes itself, or asks until its question drowns.
 *
 * Limits: what happened before the trip has happened. Whoever goes slowly stays below (`core/breakers`).
 */
import type { Logger } from 'pino';
import type { NewEvent } from '#contract/audit.ts';
import type { BreakerName, Trip } from '#contract/breaker.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Session } from '#contract/session.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { tripInWords } from '../core/breakers/trip-words.ts';
import type { Principal } from '../core/policy/request.ts';
import type { Approvals } from './approvals.ts';
import type { AskedTrip } from './asked-questions.ts';
import type { DecidingSession } from './decisions.ts';

/** What breakers do to sessions. */
export interface BreakerSessions {
  find(sessionId: string): DecidingSession | undefined;
  pause(ids: readonly string[], paused: boolean, why: string): Promise<readonly Session[]>;
  end(ids: readonly string[], how: 'stop' | 'kill', reason: NonNullable<Session['endReason']>): Promise<unknown>;
}

interface BreakersParts {
  readonly audit: AuditLog;
  readonly log: Logger;
  readonly sessions: () => BreakerSessions;
  readonly approvals: () => Pick<Approvals, 'askToGoOn' | 'openTrip'>;
}

/** What becomes of sessions whose breaker tripped. */
export class Breakers {
  readonly #parts: BreakersParts;
  /** Task → breakers that a person switched off for it. */
  readonly #off = new Map<string, Set<BreakerName>>();
  /** Session → a question on its way: one at a time. */
  readonly #asking = new Map<string, Promise<string | undefined>>();

  constructor(parts: BreakersParts) {
    this.#parts = parts;
  }

  /** Whether a person switched this breaker off for the task. */
  isOff(taskId: string, name: BreakerName): boolean {
    return this.#off.get(taskId)?.has(name) === true;
  }

  /** The session stands still when this returns; the rest follows. */
  tripped(sessionId: string, trip: Trip): void {
    const { sessions, log } = this.#parts;
    // A pause narrows: it does not wait for its record.
    const paused = sessions().pause([sessionId], true, `it ${tripInWords(trip)}`);
    this.#follow(sessionId, trip, paused).catch((error: unknown) =>
      log.error({ session: sessionId, error: String(error) }, 'after a breaker tripped'),
    );
  }

  /** Asks whether a session that a breaker stopped may go on, if it is not asked already; the id of the question. */
  async ask(sessionId: string, how: { readonly waits: boolean }): Promise<string | undefined> {
    const open = this.#parts.approvals().openTrip(sessionId) ?? this.#asking.get(sessionId);
    if (open !== undefined) return open;
    const asked = this.#askedOf(sessionId);
    if (asked === undefined) return undefined;
    const asking = this.#parts
      .approvals()
      .askToGoOn({ ...asked, waits: asked.waits || how.waits })
      .finally(() => this.#asking.delete(sessionId));
    this.#asking.set(sessionId, asking);
    return asking;
  }

  /** Lets a session go on, on record before it does. Rejects when it is not stopped by that trip any more. */
  async goOn({ session, trip }: AskedTrip, forTask: boolean, approval: string): Promise<void> {
    const { sessions } = this.#parts;
    if (sessions().find(session.id)?.breakers.tripped !== trip) throw notStopped(session.id);
    const off = this.#off.get(session.taskId) ?? new Set<BreakerName>();
    const isNew = forTask && !off.has(trip.breaker);
    if (isNew) this.#off.set(session.taskId, off.add(trip.breaker));
    try {
      const [resumed] = await sessions().pause([session.id], false, `you let it go on (${approval})`);
      if (resumed === undefined) {
        throw sessions().find(session.id)?.breakers.tripped === trip ? heldUp(session.id) : notStopped(session.id);
      }
    } catch (error) {
      if (isNew) off.delete(trip.breaker);
      throw error;
    }
  }

  /** Ends a session as a person wants: one that a breaker stopped gets no time to go on with what it did. */
  async stop(sessionId: string): Promise<void> {
    const { sessions } = this.#parts;
    const isTripped = sessions().find(sessionId)?.breakers.tripped !== undefined;
    await sessions().end([sessionId], isTripped ? 'kill' : 'stop', 'stopped');
  }

  endTask(taskId: string): void {
    this.#off.delete(taskId);
  }

  async #follow(sessionId: string, trip: Trip, paused: Promise<unknown>): Promise<void> {
    const { audit, log, sessions } = this.#parts;
    const found = sessions().find(sessionId);
    if (found === undefined) return;
    let id: string | undefined;
    try {
      await paused;
      await audit.append(trippedEvent(found.principal, trip));
      id = await this.ask(sessionId, { waits: false });
    } catch (error) {
      // It stands still all the same; `gatehouse resume` asks again.
      log.error({ session: sessionId, error: String(error) }, 'a breaker could not ask');
      if (found.askingTrip(trip).mode !== 'deny') return;
    }
    if (id === undefined && sessions().find(sessionId) !== undefined)
      await sessions().end([sessionId], 'kill', 'breaker');
  }

  #askedOf(sessionId: string): AskedTrip | undefined {
    const found = this.#parts.sessions().find(sessionId);
    const trip = found?.breakers.tripped;
    return trip === undefined ? undefined : found?.askingTrip(trip);
  }
}

/** That a breaker tripped: the session stands still already. */
function trippedEvent({ sessionId, taskId, agent }: Principal, trip: Trip): NewEvent {
  const { breaker, count, spanMs, threshold, windowMs, objects, number } = trip;
  return {
    kind: 'breaker.tripped',
    session: sessionId,
    task: taskId,
    agent,
    summary: `${agent} ${tripInWords(trip)}; paused`,
    detail: { breaker, count, spanMs: Math.round(spanMs), threshold, windowMs, number, objects: [...objects] },
  };
}

function notStopped(id: string): Error {
  return operatingError('session_not_running', `Session ${id} is not stopped by that any more.`, {
    remedy: '`gatehouse sessions` shows what runs.',
  });
}

function heldUp(id: string): Error {
  return operatingError('session_not_running', `Session ${id} cannot go on now.`, {
    why: 'The session that started it stands still, or it was paused again meanwhile.',
    remedy: `\`gatehouse resume ${id}\` asks again.`,
  });
}
