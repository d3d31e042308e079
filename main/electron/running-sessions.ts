import type { Session } from '#contract/session.ts';
import type { SupervisorLink } from './supervisor-link.ts';

/** What runs, as the supervisor said it last: asked anew whenever a session changes, one question at a time. */
export class RunningSessions {
  readonly #link: SupervisorLink;
  readonly #onChange: (sessions: readonly Session[]) => void;
  #sessions: readonly Session[] = [];
  #isAsking = false;
  #isStale = false;

  constructor(link: SupervisorLink, onChange: (sessions: readonly Session[]) => void) {
    this.#link = link;
    this.#onChange = onChange;
  }

  get sessions(): readonly Session[] {
    return this.#sessions;
  }

  /** Something changed. */
  async refresh(): Promise<void> {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        this.#set((await this.#link.control().call('session.list', { all: false })).sessions);
      }
    } catch {
      // The connection went: that is a change of its own, and the next one asks again.
      this.#isStale = false;
    } finally {
      this.#isAsking = false;
    }
  }

  /** The supervisor is gone, and with it whatever ran. */
  clear(): void {
    this.#set([]);
  }

  #set(sessions: readonly Session[]): void {
    this.#sessions = sessions;
    this.#onChange(sessions);
  }
}
