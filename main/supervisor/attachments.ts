/**
 * Guarantee: only a process of the same person outside every session gets a token for the stream of a running session; that is on record
 * before it has the token, which opens the stream once and soon ends.
 *
 * Threat: a process of a session that got hold of the control socket and attaches to another session, or to its own from outside its
 * terminal; tokens kept for later.
 *
 * Limits: other software of the same person passes, as it can work that person's terminals anyway.
 */
import { randomBytes } from 'node:crypto';
import { operatingError } from '#contract/operating-error.ts';
import type { Session } from '#contract/session.ts';
import { readPeer, whyNotOutside } from '../adapters/processes/peer.ts';
import type { AuditLog } from '../core/audit/log.ts';
import type { Call } from './control-server.ts';
import { attachTimeoutMs, type RunningSession } from './running-session.ts';
import { viewersMax } from './session-viewers.ts';
import type { StreamEnd } from './stream-server.ts';
import { attachedEvent, detachedEvent } from './viewer-events.ts';

/** A session that runs. */
export interface RunningEntry {
  readonly session: Session;
  readonly running: RunningSession;
}

interface Token {
  readonly entry: RunningEntry;
  readonly end: StreamEnd;
  readonly timer: NodeJS.Timeout;
}

/** Lets clients attach to sessions that run. */
export class Attachments {
  readonly #audit: AuditLog;
  readonly #portcullis: string;
  readonly #find: (id: string) => RunningEntry | undefined;
  readonly #tokens = new Map<string, Token>();

  constructor(parts: {
    readonly audit: AuditLog;
    readonly portcullis: string;
    readonly find: (id: string) => RunningEntry | undefined;
  }) {
    this.#audit = parts.audit;
    this.#portcullis = parts.portcullis;
    this.#find = parts.find;
  }

  /** Gives the caller a token for the stream of a session. Who attaches to pipes only looks. */
  async attach(id: string, wantsReadOnly: boolean, call: Call) {
    const entry = this.#find(id);
    if (entry === undefined) {
      throw operatingError('session_not_running', `Session ${id} does not run.`, {
        remedy: '`gatehouse sessions` shows which do. What a session printed is not kept after its end.',
      });
    }
    const peer = await readPeer(this.#portcullis, call.connection);
    const supervisor = { pid: process.pid, uid: process.getuid?.() ?? -1 };
    const why = peer === undefined ? 'The kernel does not say who it is.' : await whyNotOutside(peer, supervisor);
    if (peer === undefined || why !== undefined) {
      throw operatingError('attach_refused', 'This program may not attach to a session.', { why });
    }
    const pending = [...this.#tokens.values()].filter((token) => token.entry.running === entry.running).length;
    if (entry.running.viewers.count + pending >= viewersMax) {
      throw operatingError('too_many', `${viewersMax} clients are attached to session ${id} already.`, {
        remedy: 'Leave one of them first.',
      });
    }
    const rights = { primary: false, readOnly: wantsReadOnly || !entry.session.tty, pid: peer.pid };
    const streamToken = randomBytes(32).toString('hex');
    const timer = setTimeout(() => this.#expire(streamToken, rights), attachTimeoutMs).unref();
    // Taken up before it is on record, so that the bound above holds for many who ask at once; given out after.
    this.#tokens.set(streamToken, {
      entry,
      timer,
      end: { attach: (client) => entry.running.viewers.add(client, rights) },
    });
    try {
      await this.#audit.append(attachedEvent(entry.session, rights));
    } catch (error) {
      clearTimeout(timer);
      this.#tokens.delete(streamToken);
      throw error;
    }
    return { session: entry.session, streamToken, readOnly: rights.readOnly };
  }

  /** Turns a token into its session's stream, once. */
  claim(streamToken: string): StreamEnd | undefined {
    const token = this.#tokens.get(streamToken);
    if (token === undefined) return undefined;
    clearTimeout(token.timer);
    this.#tokens.delete(streamToken);
    return token.end;
  }

  #expire(streamToken: string, rights: { readonly readOnly: boolean; readonly pid: number }): void {
    const token = this.#tokens.get(streamToken);
    this.#tokens.delete(streamToken);
    if (token !== undefined) this.#audit.observe(detachedEvent(token.entry.session, { ...rights, why: 'unused' }));
  }
}
