import { randomBytes } from 'node:crypto';
import { sessionIdFrom } from '../core/sessions/ids.ts';
import type { SessionEntry } from './session-entry.ts';

/** The sessions that are not over, and the single-use tokens with which clients take their streams. */
export class SessionRegistry {
  readonly entries = new Map<string, SessionEntry>();
  readonly tokens = new Map<string, SessionEntry>();

  /** An id that no session has now. */
  freshId(): string {
    for (;;) {
      const id = sessionIdFrom(randomBytes(4));
      if (!this.entries.has(id)) return id;
    }
  }
}
