import { operatingError } from '#contract/operating-error.ts';
import type { Session, SessionStart, Task } from '#contract/session.ts';
import { DecisionCache } from '../core/policy/decision-cache.ts';
import type { RunningEntry } from './attachments.ts';
import { decidingSession } from './deciding-session.ts';
import type { DecidingSession } from './decisions.ts';
import { memoryPlaceOf } from './memory-pins.ts';
import { selectSessions } from './select-sessions.ts';
import { findActor } from './session-actor.ts';
import type { SessionEntry } from './session-entry.ts';
import { pausedEvent, refusedEvent } from './session-events.ts';
import { SessionLaunch } from './session-launch.ts';
import type { SessionParts } from './session-parts.ts';
import { gatherSession } from './session-plan.ts';
import { SessionRegistry } from './session-registry.ts';
import type { StreamEnd } from './stream-server.ts';

const sessionsMax = 64;

/** The sessions: started, listed, paused and ended here; `SessionLaunch` and `SessionEnding` do the work in order. */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #registry = new SessionRegistry();
  readonly #launch: SessionLaunch;
  readonly #cache = new DecisionCache();
  #closed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#launch = new SessionLaunch(parts, this.#registry);
  }

  get count(): number {
    return this.#registry.entries.size;
  }

  /** Starts a session; resolves when its command runs inside complete walls and waits for its client. */
  async start(start: SessionStart): Promise<{ session: Session; streamToken: string; notices: string[] }> {
    if (this.#closed) throw operatingError('supervisor_stopping', 'The supervisor is stopping.');
    if (this.#registry.entries.size >= sessionsMax) {
      throw operatingError('too_many', `${sessionsMax} sessions run already.`, { remedy: 'Stop some of them first.' });
    }
    let agent: string | undefined;
    try {
      const { caller, paths, shelf, rules, agents, memory } = this.#parts;
      const always = (name: string, workspace: string) => rules.of(name, workspace);
      const ground = await gatherSession(start, caller, paths, { ...shelf, always });
      agent = ground.agent;
      const actor = await findActor(agents, start, ground);
      await memory.admit(memoryPlaceOf(ground));
      return await this.#launch.launch(start, ground, actor);
    } catch (error) {
      await this.#recordRefusal(start, error, agent);
      throw error;
    }
  }

  list(all: boolean): Session[] {
    return this.#parts.state.sessions(all).map((session) => {
      const viewers = this.#registry.entries.get(session.id)?.running?.viewers.count;
      return viewers === undefined ? session : { ...session, viewers };
    });
  }

  /** The sessions that `which` names: all running ones, or one by the beginning of its id. */
  select(which: { id: string } | { all: true }): string[] {
    return selectSessions(which, [...this.#registry.entries.keys()], () => this.list(true));
  }

  /** Ends sessions, with a grace or at once; resolves with what became of them when all are gone. */
  async end(
    ids: readonly string[],
    how: 'stop' | 'kill',
    reason: NonNullable<Session['endReason']>,
  ): Promise<Session[]> {
    return Promise.all(
      ids.map(async (id) => {
        const entry = this.#registry.entries.get(id);
        if (entry === undefined) throw operatingError('session_not_running', `Session ${id} does not run.`);
        entry.endWanted ??= reason;
        void entry.running?.[how](reason);
        await entry.gone.promise;
        return entry.session;
      }),
    );
  }

  /** Stops sessions where they are, or lets them go on, whatever stopped them: who may do that is asked before. A paused one can be ended like any other. */
  async pause(ids: readonly string[], paused: boolean, why: string): Promise<Session[]> {
    const { audit, state } = this.#parts;
    const before = paused ? 'running' : 'paused';
    const isBefore = (entry: SessionEntry) => entry.running !== undefined && entry.session.state === before;
    const change = (entry: SessionEntry): void => {
      if (paused) entry.running?.process.pause();
      else {
        entry.breakers.goOn();
        entry.running?.process.resume();
      }
      entry.session = { ...entry.session, state: paused ? 'paused' : 'running' };
    };
    const entries = ids.flatMap((id) => this.#registry.entries.get(id) ?? []).filter(isBefore);
    // A pause narrows, so it does not wait for its record; going on does, and one that ended meanwhile does not.
    if (paused) entries.forEach(change);
    await Promise.all(entries.map(({ session }) => audit.append(pausedEvent(session, paused, why))));
    if (!paused) entries.filter(isBefore).forEach(change);
    return entries.map(({ session }) => {
      state.saveSession(session);
      return session;
    });
  }

  /** Running sessions of a task. */
  ofTask(taskId: string): Session[] {
    return [...this.#registry.entries.values()]
      .map(({ session }) => session)
      .filter((session) => session.taskId === taskId);
  }

  /** Running sessions of an agent. */
  ofAgent(agent: string): string[] {
    return [...this.#registry.entries.values()]
      .filter(({ session }) => session.agent === agent)
      .map(({ session }) => session.id);
  }

  /** Ends every session of a task that is over. */
  async endTask(task: Task): Promise<void> {
    await this.end(
      this.ofTask(task.id).map(({ id }) => id),
      'stop',
      'task_ended',
    );
  }

  /** No new sessions; ends those that run. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.end([...this.#registry.entries.keys()], 'stop', 'supervisor_stopped');
  }

  /** The session with its stream, as long as it runs. */
  runningEntry(id: string): RunningEntry | undefined {
    const entry = this.#registry.entries.get(id);
    return entry?.running === undefined ? undefined : { session: entry.session, running: entry.running };
  }

  /** Turns a stream token into its session, once. */
  claim(token: string): StreamEnd | undefined {
    const entry = this.#registry.tokens.get(token);
    this.#registry.tokens.delete(token);
    return entry?.running;
  }

  /** The session as a decision sees it, as long as it runs. */
  find(sessionId: string): DecidingSession | undefined {
    const entry = this.#registry.entries.get(sessionId);
    return entry === undefined ? undefined : decidingSession(entry, this.#parts, this.#cache);
  }

  async #recordRefusal(start: SessionStart, error: unknown, agent: string | undefined): Promise<void> {
    await this.#parts.audit
      .append(refusedEvent(start, error, agent))
      // Nothing took effect, so nothing has to be undone; the caller gets the reason of the refusal itself.
      .catch((failure: unknown) => this.#parts.log.error({ failure: String(failure) }, 'a refusal was not recorded'));
  }
}
