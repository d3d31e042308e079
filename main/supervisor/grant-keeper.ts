/**
 * Guarantee: the policy administrator (NIST SP 800-207 §3.1.2): a grant is on record before it is in force; when it ends, by hand
 * or by time, nothing new is let through by it and connections that it let through are closed.
 *
 * Threat: authority that goes on in an open connection after its grant was taken back or its time was over.
 *
 * Limits: what was read or sent stays read and sent. A folder shown to a running session stays visible to it until the
 * session ends; revoking says so.
 */
import type { Logger } from 'pino';
import type { NewEvent } from '#contract/audit.ts';
import type { Grant } from '#contract/grant.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Session, Task } from '#contract/session.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import type { AuditLog } from '../core/audit/log.ts';
import type { GrantTable } from '../core/grants/grant-table.ts';
import { formatGrantSpec, type GrantPattern } from '../core/grants/spec.ts';
import type { Egress } from '../core/network/egress.ts';
import { shortIdFrom } from '../core/sessions/ids.ts';
import { atTime, type Clock, timestamp } from './clock.ts';
import type { OwedRecords } from './owed-records.ts';
import type { PlannedGrant } from './session-plan.ts';

/** How often uses are written to the state database. */
const usesSavedMs = 5_000;

const givers: Readonly<Record<Grant['giver'], string>> = {
  person: 'you',
  preset: 'the preset',
  workspace: 'Gatehouse',
  always: 'your always-rule',
};

/** What a revocation did. */
export interface Revoked {
  readonly grant: Grant;
  /** Connections that it closed. */
  readonly closed: number;
  /** Sessions that go on seeing the folder until they end. */
  readonly visibleTo: readonly string[];
}

/** What the keeper needs of the others. */
export interface KeeperParts {
  readonly audit: AuditLog;
  readonly grants: GrantTable;
  readonly state: StateDatabase;
  readonly clock: Clock;
  readonly owed: OwedRecords;
  readonly egress: () => Egress | undefined;
  /** Running sessions of a task. */
  readonly sessionsOf: (taskId: string) => readonly Session[];
  /** Calls that wait for a person may be covered now. */
  readonly onIssued: (grant: Grant) => void;
  readonly log: Logger;
}

/** Gives grants and takes them back. */
export class GrantKeeper {
  readonly #parts: KeeperParts;
  readonly #ends = new Map<string, () => void>();
  readonly #saving: NodeJS.Timeout;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#saving = setInterval(() => this.#saveUses(), usesSavedMs).unref();
  }

  /** Issues one grant: on record, then in force until its end or its task's. `expiresAt` is milliseconds since 1970. */
  async issue(order: {
    readonly task: Task;
    readonly session: { readonly id?: string; readonly agent?: string };
    readonly pattern: GrantPattern;
    readonly giver: Grant['giver'];
    readonly expiresAt: number;
    /** The answer that gave it. */
    readonly approval?: string;
    /** The always-rule that gave it. */
    readonly rule?: string;
  }): Promise<Grant> {
    const { audit, grants, state, clock } = this.#parts;
    const { task, session, pattern, giver, approval, rule } = order;
    const spec = formatGrantSpec(pattern);
    const id = shortIdFrom('g', clock.random(4));
    const expiresAt = Math.min(order.expiresAt, Date.parse(task.expiresAt));
    const until = timestamp(expiresAt);
    const ofRule = rule === undefined ? {} : { rule };
    await audit.append({
      kind: 'grant.issued',
      ...(session.id === undefined ? {} : { session: session.id }),
      task: task.id,
      ...(session.agent === undefined ? {} : { agent: session.agent }),
      action: pattern.action,
      summary: `Granted ${spec} until ${until}, by ${givers[giver]}`,
      detail: { grant: id, spec, giver, expiresAt: until, ...(approval === undefined ? {} : { approval }), ...ofRule },
    });
    const grant = grants.issue({ id, pattern, taskId: task.id, giver, issuedAt: clock.now(), expiresAt, ...ofRule });
    state.saveGrants([grant]);
    this.watch(grant);
    this.#parts.onIssued(grant);
    return grant;
  }

  /** Issues what a session begins with, but for what its task holds already. */
  async issueAll(task: Task, session: Session, planned: readonly PlannedGrant[]): Promise<void> {
    const held = new Set(this.#parts.grants.list({ all: false, taskId: task.id }).map((grant) => grant.spec));
    for (const { pattern, giver, rule } of planned) {
      const spec = formatGrantSpec(pattern);
      if (held.has(spec)) continue;
      held.add(spec);
      const ofRule = rule === undefined ? {} : { rule };
      await this.issue({ task, session, pattern, giver, expiresAt: Number.POSITIVE_INFINITY, ...ofRule });
    }
  }

  /** Ends the grant when its time is over. */
  watch(grant: Grant): void {
    const end = () => void this.#end(grant.id, 'its time was over').catch((error: unknown) => this.#warn(error));
    this.#ends.set(grant.id, atTime(this.#parts.clock, Date.parse(grant.expiresAt), end));
  }

  /** Takes a grant back while its agent runs. Throws `not_found` when it is not in force. */
  async revoke(id: string, why: string): Promise<Revoked> {
    const revoked = await this.#end(id, why);
    if (revoked !== undefined) return revoked;
    throw operatingError('not_found', `No grant ${id} is in force.`, {
      remedy: '`gatehouse grants list` shows those that are.',
    });
  }

  /** The task is over: its grants are, too. Its sessions end with it, and so do their connections. */
  endTask(taskId: string): readonly Grant[] {
    const ended = this.#parts.grants.endTask(taskId, this.#parts.clock.now());
    for (const { id } of ended) this.#forget(id);
    return ended;
  }

  close(): void {
    clearInterval(this.#saving);
    for (const cancel of this.#ends.values()) cancel();
    this.#saveUses();
  }

  async #end(id: string, why: string): Promise<Revoked | undefined> {
    const { audit, grants, state, clock, egress, owed, sessionsOf } = this.#parts;
    // Narrowing is never held up: it is over in memory before anything else is tried.
    const grant = grants.revoke(id, clock.now());
    if (grant === undefined) return undefined;
    this.#forget(id);
    const sessions = sessionsOf(grant.taskId);
    const counts = await Promise.all(sessions.map((session) => egress()?.cut(session.id, [id]) ?? 0));
    const closed = counts.reduce((sum, count) => sum + count, 0);
    const visibleTo = grant.action.startsWith('file.') ? sessions.map((session) => session.id) : [];
    const event: NewEvent = {
      kind: 'grant.ended',
      task: grant.taskId,
      action: grant.action,
      summary: `The grant ${grant.spec} ended: ${why}${closed > 0 ? `; ${closed} open connections were closed` : ''}`,
      detail: { grant: id, spec: grant.spec, why, closed, visibleTo: [...visibleTo], uses: grant.uses },
    };
    await owed.write(
      `the end of the grant ${id}`,
      () => audit.append(event),
      () => state.saveGrants([grant]),
    );
    return { grant, closed, visibleTo };
  }

  #forget(id: string): void {
    this.#ends.get(id)?.();
    this.#ends.delete(id);
  }

  #saveUses(): void {
    try {
      this.#parts.state.saveGrants(this.#parts.grants.takeUsed());
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown): void {
    this.#parts.log.error({ error: String(error) }, 'grants');
  }
}
