/**
 * Guarantee: a call gets "allowed" only from an answer that a person gave to the approval with its digest, while it could
 * be given, and a permit for one use is used once. No order of time-outs, closes, repeats, floods and clock changes
 * makes an allow that nobody gave.
 *
 * Threat: an agent that asks until somebody clicks, swaps the action after the answer, waits for a time-out to count as
 * yes, or floods the queue so that the question that matters is lost among others.
 *
 * Limits: who may answer is checked before (the approver connection); whether policy still allows it is checked after,
 * by the caller.
 *
 * Pure: time comes in with every call, in milliseconds, and what has to happen comes out as values.
 */
import { type Answer, isAllow } from '#contract/approval.ts';

/** Bounds; each is a number of things or milliseconds. */
export interface QueueBounds {
  /** Approvals that wait for a person at one time, per session and in all. */
  readonly openPerSession: number;
  readonly open: number;
  /** Calls held by one approval. */
  readonly heldPerApproval: number;
  /** New questions of one session within `windowMs`. */
  readonly askedPerWindow: number;
  readonly windowMs: number;
  /** How long an approval whose calls were given up can still be answered. */
  readonly pendingMs: number;
  /** How long the permit of an answer that came too late waits for the next try. */
  readonly permitMs: number;
  /** After a denial the same action is denied without a question for this long, doubled at each repetition. */
  readonly cooldownMs: number;
  readonly cooldownMsMax: number;
  /** Denials remembered per session; the oldest go first, which asks again. */
  readonly denialsPerSession: number;
}

/** The bounds in force unless a test asks for tighter ones. */
export const queueBounds: QueueBounds = {
  openPerSession: 16,
  open: 256,
  heldPerApproval: 64,
  askedPerWindow: 12,
  windowMs: 60_000,
  pendingMs: 15 * 60_000,
  permitMs: 2 * 60_000,
  cooldownMs: 10_000,
  cooldownMsMax: 10 * 60_000,
  denialsPerSession: 1000,
};

/** A question, as the queue needs it. */
export interface Question {
  readonly id: string;
  readonly digest: string;
  readonly session: string;
  readonly task: string;
  /** Answers that may be given to it. */
  readonly answers: readonly Answer[];
  /** How long a call is held, in milliseconds. */
  readonly patienceMs: number;
  /** Asked by Gatehouse itself about the session, once at a time: no flood of the session's own questions keeps it out. */
  readonly ofSupervisor?: boolean;
  /**
   * Of a session that another one started: the first of them, and the digest as if that one asked. Floods and denials count for the whole
   * line, so that nobody asks again through a session that is new.
   */
  readonly line?: { readonly session: string; readonly digest: string };
}

/** Under what a question's floods and denials are remembered. */
function lineOf({ session, digest, line }: Question): { readonly session: string; readonly digest: string } {
  return line ?? { session, digest };
}

/** Why a call was not allowed. */
export type Refusal =
  /** A person said no, now or to the same action before. */
  | 'denied'
  /** Nobody answered in time; an answer still counts for the next try. */
  | 'pending'
  /** The session asks too much. */
  | 'flood'
  /** The session or its task ended, or nobody is there to ask any more. */
  | 'withdrawn';

/** What becomes of one held call. */
export interface Release {
  readonly call: string;
  readonly approval: string;
  readonly outcome: { readonly allowed: Answer } | { readonly refused: Refusal };
}

/** What becomes of a new call. */
export type Asked =
  | { readonly kind: 'held'; readonly approval: string; readonly isNew: boolean }
  /** Lifted once: an answer came after an earlier call had been given up. Used up by this. */
  | { readonly kind: 'permitted'; readonly approval: string }
  | { readonly kind: 'refused'; readonly why: Refusal; readonly approval?: string };

/** An approval that is open: calls wait for it, or could again. */
interface Open {
  readonly question: Question;
  /** Until when calls are held. */
  readonly patience: number;
  /** Until when it can be answered. */
  readonly life: number;
  readonly held: Set<string>;
}

interface Permit {
  readonly approval: string;
  readonly task: string;
  readonly until: number;
}

interface Denial {
  readonly until: number | undefined;
  readonly task: string;
  readonly times: number;
}

/** What an answer did. */
export type Answered =
  | { readonly kind: 'done'; readonly releases: readonly Release[]; readonly leavesPermit: boolean }
  | { readonly kind: 'refused'; readonly why: 'unknown' | 'other_digest' | 'not_offered' | 'too_late' };

/** The approvals of every session. */
export class ApprovalQueue {
  /** The latest time that was ever told: a clock that is set back stands still here. */
  #now = Number.NEGATIVE_INFINITY;
  readonly #bounds: QueueBounds;
  readonly #open = new Map<string, Open>();
  /** Session → digest → open approval. */
  readonly #byDigest = new Map<string, Map<string, Open>>();
  /** Session → digest → permit for one use. */
  readonly #permits = new Map<string, Map<string, Permit>>();
  /** Session → digest → denial. */
  readonly #denials = new Map<string, Map<string, Denial>>();
  /** Session → moments of its newest questions. */
  readonly #asked = new Map<string, number[]>();

  constructor(bounds: Partial<QueueBounds> = {}) {
    this.#bounds = { ...queueBounds, ...bounds };
  }

  /** A call asks. An identical question that is open already holds it too; `question.id` then goes unused. */
  ask(question: Question, call: string, at: number): Asked {
    this.#tick(at);
    const { session, digest } = question;
    const permit = this.#permits.get(session)?.get(digest);
    if (permit !== undefined) {
      this.#permits.get(session)?.delete(digest);
      if (!this.#isPast(permit.until)) return { kind: 'permitted', approval: permit.approval };
    }
    const line = lineOf(question);
    const denial = this.#denials.get(line.session)?.get(line.digest);
    if (denial !== undefined && (denial.until === undefined || !this.#isPast(denial.until))) {
      return { kind: 'refused', why: 'denied' };
    }
    const open = this.#byDigest.get(session)?.get(digest);
    if (open !== undefined && !this.#isPast(open.life)) return this.#join(open, call);
    if (open !== undefined) this.#close(open);
    if (question.ofSupervisor !== true && this.#isFlood(line.session)) return { kind: 'refused', why: 'flood' };
    this.#add(question, call);
    return { kind: 'held', approval: question.id, isNew: true };
  }

  /** A person answers. Every held call of the approval gets the answer; with none left, an allow becomes a permit. */
  answer(id: string, digest: string, answer: Answer, at: number): Answered {
    this.#tick(at);
    const open = this.#open.get(id);
    if (open === undefined) return { kind: 'refused', why: 'unknown' };
    if (this.#isPast(open.life)) return { kind: 'refused', why: 'too_late' };
    if (open.question.digest !== digest) return { kind: 'refused', why: 'other_digest' };
    if (!open.question.answers.includes(answer)) return { kind: 'refused', why: 'not_offered' };
    const allows = isAllow(answer);
    const isLate = this.#isPast(open.patience);
    // Calls whose patience is over get what `expire` would have told them, however late that comes.
    const outcome = isLate
      ? ({ refused: 'pending' } as const)
      : allows
        ? ({ allowed: answer } as const)
        : ({ refused: 'denied' } as const);
    const releases = this.#release(open, outcome);
    const leavesPermit = allows && (isLate || releases.length === 0);
    this.#close(open);
    if (leavesPermit) this.#permit(open.question);
    const line = lineOf(open.question);
    if (allows) this.#denials.get(line.session)?.delete(line.digest);
    else this.#deny(open.question, answer);
    return { kind: 'done', releases, leavesPermit };
  }

  /** Lets go of the calls whose patience is over, and of approvals that nobody can answer any more. */
  expire(at: number): { readonly releases: readonly Release[]; readonly lapsed: readonly string[] } {
    this.#tick(at);
    const releases: Release[] = [];
    const lapsed: string[] = [];
    for (const open of [...this.#open.values()]) {
      if (this.#isPast(open.patience)) releases.push(...this.#release(open, { refused: 'pending' }));
      if (!this.#isPast(open.life)) continue;
      this.#close(open);
      lapsed.push(open.question.id);
    }
    return { releases, lapsed };
  }

  /** When `expire` has something to do next, in milliseconds; undefined when nothing is open. */
  msUntilNext(at: number): number | undefined {
    this.#tick(at);
    const waits = [...this.#open.values()].map(({ held, patience, life }) =>
      Math.max(0, (held.size > 0 ? patience : life) - this.#now),
    );
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /** The caller of a held call went away: its approval stays, an answer counts for the next try. */
  abandon(call: string): void {
    for (const open of this.#open.values()) open.held.delete(call);
  }

  /** Takes back every open question that `concerns` names, answering its calls with `withdrawn`. */
  withdraw(concerns: (question: Question) => boolean): {
    readonly releases: readonly Release[];
    readonly lapsed: readonly string[];
  } {
    const gone = [...this.#open.values()].filter(({ question }) => concerns(question));
    const releases = gone.flatMap((open) => this.#release(open, { refused: 'withdrawn' }));
    for (const open of gone) this.#close(open);
    return { releases, lapsed: gone.map(({ question }) => question.id) };
  }

  /** Forgets a session that ended: its questions, permits and denials. */
  endSession(session: string): ReturnType<ApprovalQueue['withdraw']> {
    const withdrawn = this.withdraw((question) => question.session === session);
    this.#permits.delete(session);
    this.#denials.delete(session);
    this.#asked.delete(session);
    return withdrawn;
  }

  /** Forgets what was asked and answered for a task that ended. */
  endTask(task: string): ReturnType<ApprovalQueue['withdraw']> {
    for (const denials of this.#denials.values()) {
      for (const [digest, denial] of denials) if (denial.task === task) denials.delete(digest);
    }
    for (const permits of this.#permits.values()) {
      for (const [digest, permit] of permits) if (permit.task === task) permits.delete(digest);
    }
    return this.withdraw((question) => question.task === task);
  }

  /** Ids of the open approvals, oldest first, and how many calls each holds. */
  list(): readonly { readonly id: string; readonly held: number }[] {
    return [...this.#open.values()].map(({ question, held }) => ({ id: question.id, held: held.size }));
  }

  #tick(at: number): void {
    if (at > this.#now) this.#now = at;
  }

  #isPast(end: number): boolean {
    return this.#now >= end;
  }

  #after(ms: number): number {
    return this.#now + ms;
  }

  #join(open: Open, call: string): Asked {
    const id = open.question.id;
    // A prompt nobody answered in time is still there: no second one, and no second wait.
    if (this.#isPast(open.patience)) return { kind: 'refused', why: 'pending', approval: id };
    if (open.held.size >= this.#bounds.heldPerApproval) return { kind: 'refused', why: 'flood', approval: id };
    open.held.add(call);
    return { kind: 'held', approval: id, isNew: false };
  }

  #isFlood(session: string): boolean {
    const ofLine = [...this.#open.values()].filter(({ question }) => lineOf(question).session === session).length;
    const { openPerSession, open, askedPerWindow, windowMs } = this.#bounds;
    if (this.#open.size >= open || ofLine >= openPerSession) return true;
    const recent = (this.#asked.get(session) ?? []).filter((asked) => !this.#isPast(asked + windowMs));
    if (recent.length >= askedPerWindow) return true;
    this.#asked.set(session, [...recent, this.#now]);
    return false;
  }

  #add(question: Question, call: string): void {
    const open: Open = {
      question,
      patience: this.#after(question.patienceMs),
      life: this.#after(question.patienceMs + this.#bounds.pendingMs),
      held: new Set([call]),
    };
    this.#open.set(question.id, open);
    const ofSession = this.#byDigest.get(question.session) ?? new Map<string, Open>();
    this.#byDigest.set(question.session, ofSession.set(question.digest, open));
  }

  #release(open: Open, outcome: Release['outcome']): Release[] {
    const releases = [...open.held].map((call) => ({ call, approval: open.question.id, outcome }));
    open.held.clear();
    return releases;
  }

  #close(open: Open): void {
    const { id, session, digest } = open.question;
    this.#open.delete(id);
    const ofSession = this.#byDigest.get(session);
    ofSession?.delete(digest);
    if (ofSession?.size === 0) this.#byDigest.delete(session);
  }

  #permit({ id, session, task, digest }: Question): void {
    const ofSession = this.#permits.get(session) ?? new Map<string, Permit>();
    const until = this.#after(this.#bounds.permitMs);
    this.#permits.set(session, ofSession.set(digest, { approval: id, task, until }));
  }

  #deny(question: Question, answer: Answer): void {
    const { task } = question;
    const { session, digest } = lineOf(question);
    const { cooldownMs, cooldownMsMax, denialsPerSession } = this.#bounds;
    const ofSession = this.#denials.get(session) ?? new Map<string, Denial>();
    const times = (ofSession.get(digest)?.times ?? 0) + 1;
    const until =
      answer === 'deny-task'
        ? undefined
        : this.#after(Math.min(cooldownMs * 2 ** Math.min(times - 1, 30), cooldownMsMax));
    ofSession.delete(digest);
    this.#denials.set(session, ofSession.set(digest, { until, task, times }));
    const [oldest] = ofSession.keys();
    if (ofSession.size > denialsPerSession && oldest !== undefined) ofSession.delete(oldest);
  }
}
