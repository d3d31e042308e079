import type { Logger } from 'pino';
import { operatingError } from '#contract/operating-error.ts';
import type { AuditLog } from '../core/audit/log.ts';
import type { Egress } from '../core/network/egress.ts';

/** Keeps one egress worker running: one that ends takes every session with it, and another is begun. */
export class EgressKeeper {
  readonly #audit: AuditLog;
  readonly #log: Logger;
  readonly #begin: () => Promise<Egress>;
  readonly #endSessions: () => Promise<void>;
  #current: Egress | undefined;

  constructor(parts: {
    readonly audit: AuditLog;
    readonly log: Logger;
    readonly begin: () => Promise<Egress>;
    readonly endSessions: () => Promise<void>;
  }) {
    this.#audit = parts.audit;
    this.#log = parts.log;
    this.#begin = parts.begin;
    this.#endSessions = parts.endSessions;
  }

  /** The worker, as long as there is one. */
  get current(): Egress | undefined {
    return this.#current;
  }

  /** The worker; throws `egress_unavailable` when there is none, so that nothing starts without a guarded way out. */
  running(): Egress {
    if (this.#current !== undefined) return this.#current;
    throw operatingError('egress_unavailable', 'The egress worker does not run, so nothing may start.', {
      remedy: 'It starts again by itself within seconds: try again. If this stays, the log says why it ended.',
    });
  }

  /** Takes on a worker that has come up, on record. */
  async keep(started: Egress): Promise<void> {
    this.#current = started;
    await this.#audit.append({
      kind: 'egress.started',
      summary: 'The egress worker runs',
      detail: { pid: started.pid },
    });
    void started.failed.then((why) => this.#failed(why));
  }

  async #failed(why: string): Promise<void> {
    // Every session's way out is closed with the worker; a session without one is ended rather than left half alive.
    this.#current = undefined;
    this.#log.error({ why }, 'the egress worker ended');
    await this.#audit
      .append({ kind: 'egress.failed', summary: `The egress worker ended: ${why}`, detail: { why } })
      .catch((error: unknown) => this.#log.error({ error: String(error) }, 'not recorded'));
    await this.#endSessions();
    await this.#begin()
      .then((started) => this.keep(started))
      .catch((error: unknown) => this.#log.error({ error: String(error) }, 'no egress worker'));
  }
}
