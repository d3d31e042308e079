import { rmSync } from 'node:fs';
import { childrenOf } from './ancestry.ts';
import { appearedEvents, appearedNotices, findAppeared } from './appeared-files.ts';
import { timestamp } from './clock.ts';
import { portClosedEvent } from './exposed-ports.ts';
import { attachTimeoutMs, type RunningSession } from './running-session.ts';
import type { SessionEntry } from './session-entry.ts';
import { endedEvent } from './session-events.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionRegistry } from './session-registry.ts';

/** The end of a session, in order: processes, connections, watch, record, then the last frame to the client; its grants and own task end with it. */
export class SessionEnding {
  readonly #parts: SessionParts;
  readonly #registry: SessionRegistry;

  constructor(parts: SessionParts, registry: SessionRegistry) {
    this.#parts = parts;
    this.#registry = registry;
  }

  /** Follows the process to its end and closes everything that belongs to it. */
  async settle(entry: SessionEntry, running: RunningSession): Promise<void> {
    const exit = await running.process.ended;
    const { audit, clock, grants, log, owed, state, tasks } = this.#parts;
    entry.session = { ...entry.session, state: 'stopping' };
    // Its state is seen by whatever would start in it now; what has started ends with it.
    await this.#endChildren(entry);
    const appeared = findAppeared(entry.missing);
    try {
      await this.closeHome(entry);
      await this.closeWayOut(entry);
      await entry.watch?.finish();
      for (const event of appearedEvents(entry.session, appeared)) audit.observe(event);
      await audit.flush();
    } catch (error) {
      log.error({ session: entry.session.id, error: String(error) }, 'closing a session');
    }
    entry.session = {
      ...entry.session,
      state: 'ended',
      endedAt: timestamp(clock.now()),
      exit,
      endReason: running.endReason,
    };
    const { id, taskId } = entry.session;
    const { session } = entry;
    // Before its own task ends: the grants end with it.
    const used = entry.uses.sum(grants.list({ all: false, taskId }));
    await owed
      .write(
        `the end of session ${id}`,
        () =>
          audit.append(
            endedEvent(session, exit, running.endReason, { outputBytes: running.outputBytes, grants: used }),
          ),
        () => state.saveSession(session),
      )
      // The session is over whatever can be written; its end follows as soon as it can.
      .catch(() => undefined);
    await entry.parent?.running
      ?.childEnded(running)
      .catch((error: unknown) => log.warn({ error: String(error) }, 'processor time'));
    this.forget(entry);
    running.finish(exit, appearedNotices(entry.session, appeared), used);
    if (entry.ownTask) {
      await tasks
        .end(taskId, 'its session ended')
        .catch((error: unknown) => log.error({ error: String(error) }, 'ending a task'));
    }
  }

  /** The running sessions that one started. */
  childrenOf(entry: SessionEntry): SessionEntry[] {
    return childrenOf(entry, this.#registry.entries.values());
  }

  /** Begins to end what a session started, with the same grace that itself has. */
  stopChildren(entry: SessionEntry): void {
    for (const child of this.childrenOf(entry)) {
      child.endWanted ??= 'parent_ended';
      void child.running?.stop('parent_ended');
    }
  }

  /** Resolves when nothing is left of what a session started. */
  async #endChildren(entry: SessionEntry): Promise<void> {
    const ended = this.childrenOf(entry).map((child) => {
      child.endWanted ??= 'parent_ended';
      void child.running?.kill('parent_ended');
      return child.gone.promise;
    });
    await Promise.all(ended);
  }

  /** Its login stays in its home when it cannot be taken over now; the next session of that home brings it. */
  async closeHome(entry: SessionEntry): Promise<void> {
    try {
      await entry.home?.close();
    } catch (error) {
      this.#parts.log.warn({ session: entry.session.id, error: String(error) }, 'closing the home of a session');
    }
  }

  /** Without a worker there is no way out either: that must not keep a session from being over. */
  async closeWayOut(entry: SessionEntry): Promise<void> {
    entry.delegation?.close();
    try {
      const exposed = await this.#parts.egress().closeSession(entry.session.id);
      for (const report of exposed) this.#parts.audit.observe(portClosedEvent(entry.session, report));
    } catch (error) {
      this.#parts.log.warn({ session: entry.session.id, error: String(error) }, 'closing the way out of a session');
    }
  }

  /** Nothing of it is left; who waits for its end is told. */
  forget(entry: SessionEntry): void {
    try {
      rmSync(entry.runtimeFolder, { recursive: true, force: true });
    } catch (error) {
      this.#parts.log.warn({ session: entry.session.id, error: String(error) }, 'removing the folder of a session');
    }
    const token = entry.running?.streamToken;
    // A short command may be over before its client opens the stream: the end still waits for it a while.
    if (token !== undefined) setTimeout(() => this.#registry.tokens.delete(token), attachTimeoutMs).unref();
    this.#registry.entries.delete(entry.session.id);
    this.#parts.agents.release(entry.session.id);
    this.#parts.onGone(entry.session.id);
    entry.begun.resolve();
    entry.gone.resolve();
  }
}
