import { join } from 'node:path';
import type { DelegationStart } from '#contract/delegation.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Session, SessionStart, Task } from '#contract/session.ts';
import type { StartExamination } from '#contract/start-examination.ts';
import { DecisionCache } from '../core/policy/decision-cache.ts';
import { actorsFrom, ancestorsOf, mayNest } from './ancestry.ts';
import type { RunningEntry } from './attachments.ts';
import { bootClock } from './clock.ts';
import { decidingChain } from './deciding-chain.ts';
import type { DecidingSession } from './decisions.ts';
import { type DelegationSocket, type NestedSession, openDelegation } from './delegation-server.ts';
import { assertAsExamined, examineStart } from './examine-start.ts';
import { FairTurns } from './fair-turns.ts';
import { memoryPlaceOf } from './memory-pins.ts';
import { assertMayStart, assertNotItsOwn, narrowGround, nestedStart, retold } from './nested-start.ts';
import { pausedWithParent, setPaused } from './pausing.ts';
import { selectSessions } from './select-sessions.ts';
import { findActor } from './session-actor.ts';
import type { SessionEntry } from './session-entry.ts';
import { delegationClosedEvent, garbledEvent, type RefusedStart, refusedEvent } from './session-events.ts';
import { SessionLaunch } from './session-launch.ts';
import type { SessionParts } from './session-parts.ts';
import { gatherSession, type SessionGround } from './session-plan.ts';
import { SessionRegistry } from './session-registry.ts';
import type { StreamEnd } from './stream-server.ts';

const sessionsMax = 64;

/** What whoever asked for a session gets. */
export interface StartedSession {
  readonly session: Session;
  /** One use, for the stream socket. */
  readonly streamToken: string;
  readonly notices: string[];
}

/** The sessions: started, listed, paused and ended here; `SessionLaunch` and `SessionEnding` do the work in order. */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #registry = new SessionRegistry();
  readonly #launch: SessionLaunch;
  readonly #cache = new DecisionCache();
  readonly #nestedTurns = new FairTurns(1);
  #closed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#launch = new SessionLaunch(parts, this.#registry, (entry) => this.#openDelegation(entry));
  }

  get count(): number {
    return this.#registry.entries.size;
  }

  /** Starts a session; resolves when its command runs inside complete walls and waits for its client. */
  async start(start: SessionStart): Promise<StartedSession> {
    return this.#attempt(start, async (found) => {
      const { agents, memory } = this.#parts;
      const ground = await this.#gather(start, found);
      assertAsExamined(start, ground);
      const actor = await findActor(agents, start, ground);
      await memory.admit(memoryPlaceOf(ground));
      return this.#launch.launch(start, ground, actor);
    });
  }

  /** What `start` would start, before a person confirms it. One that is impossible is on record, as if it had been tried. */
  async examine(start: SessionStart): Promise<StartExamination> {
    return this.#attempt(start, async (found) => examineStart(this.#parts, start, await this.#gather(start, found)));
  }

  /** Starts what a session's agent asks for, as a session of its own with at most the authority of that one. */
  async #startNested(parent: SessionEntry, wanted: DelegationStart): Promise<NestedSession> {
    const entries = () => this.#registry.entries.values();
    const { agents, grants, memory } = this.#parts;
    // Its agent may be faster than the word that it runs.
    await parent.begun.promise;
    // One after the other, so that two who ask at once do not both get what is left.
    const root = actorsFrom(parent).at(-1)?.session ?? parent.session.id;
    const started = await this.#attempt({ command: wanted.command, parent: parent.session }, async (found) =>
      this.#nestedTurns.take(root, async () => {
        assertMayStart(parent, entries(), bootClock.now());
        const start = await nestedStart(parent, wanted, entries());
        // What lies in the workspace of the line is under its hand, also when the new session works in a folder of it.
        const gathered = await this.#gather(start, found, (ancestorsOf(parent).at(-1) ?? parent).session.workspace);
        assertNotItsOwn(parent, gathered, agents.find(gathered.agent));
        const actor = await findActor(agents, start, gathered);
        const ground = narrowGround(parent, gathered, actor, grants);
        // What the first agent wrote for the second one to obey waits for a person, as it does at any start.
        await memory.admit(memoryPlaceOf(ground));
        return this.#launch.launch(start, ground, actor, { parent, claim: wanted.claim });
      }),
    ).catch((error: unknown) => {
      // On record is what was wrong; who asked is told no more than it may know.
      throw retold(error, wanted, parent.session.workspace);
    });
    const { session, streamToken, notices } = started;
    // It may have begun a moment before its parent was paused.
    const child = this.#registry.entries.get(session.id);
    if (parent.session.state === 'paused' && child?.session.state === 'running') {
      const paused = this.pause([session.id], true, pausedWithParent);
      child.pausedWith = parent;
      await paused;
    }
    const end = this.claim(streamToken);
    if (end === undefined) throw operatingError('session_not_running', 'The session ended at once.');
    return { session, end, notices };
  }

  /** The place where a session starts others, unless it is as deep as sessions nest or there is no program to ask with. */
  async #openDelegation(entry: SessionEntry): Promise<DelegationSocket | undefined> {
    const { audit, log, product } = this.#parts;
    if (product === undefined || !mayNest(entry, product)) return undefined;
    return openDelegation({
      socketPath: join(entry.runtimeFolder, 'nested.sock'),
      product,
      start: (wanted) => this.#startNested(entry, wanted),
      leave: async (id) => {
        if (this.#registry.entries.has(id)) await this.end([id], 'stop', 'client_gone');
      },
      onRefused: (why) => audit.observe(garbledEvent(entry.session, why)),
      onClosed: (why) => audit.observe(delegationClosedEvent(entry.session, why)),
      log,
    });
  }

  async #gather(start: SessionStart, found: (agent: string) => void, within?: string): Promise<SessionGround> {
    const { caller, paths, shelf, rules } = this.#parts;
    const always = (name: string, workspace: string) => rules.of(name, workspace);
    const ground = await gatherSession(start, caller, paths, { ...shelf, always, within });
    found(ground.agent);
    return ground;
  }

  /** Does the work of a start; one that does not happen is on record. */
  async #attempt<T>(about: RefusedStart, work: (found: (agent: string) => void) => Promise<T>): Promise<T> {
    if (this.#closed) throw operatingError('supervisor_stopping', 'The supervisor is stopping.');
    if (this.#registry.entries.size >= sessionsMax) {
      throw operatingError('too_many', `${sessionsMax} sessions run already.`, { remedy: 'Stop some of them first.' });
    }
    let agent: string | undefined;
    try {
      return await work((found) => {
        agent = found;
      });
    } catch (error) {
      await this.#recordRefusal(about, error, agent);
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

  /**
   * Stops sessions where they are, with all that they started, or lets them go on, whatever stopped them: who may do that is asked
   * before. A paused one can be ended like any other; one whose parent is paused goes on with that.
   */
  pause(ids: readonly string[], paused: boolean, why: string): Promise<Session[]> {
    return setPaused(this.#parts, this.#registry.entries, ids, paused, why);
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
    return entry === undefined ? undefined : decidingChain(entry, this.#parts, this.#cache);
  }

  /** Who started a running session, nearest first; none for one that a person started. */
  actorsOf(sessionId: string): Session['actors'] {
    return this.#registry.entries.get(sessionId)?.session.actors;
  }

  async #recordRefusal(start: RefusedStart, error: unknown, agent: string | undefined): Promise<void> {
    await this.#parts.audit
      .append(refusedEvent(start, error, agent))
      // Nothing took effect, so nothing has to be undone; the caller gets the reason of the refusal itself.
      .catch((failure: unknown) => this.#parts.log.error({ failure: String(failure) }, 'a refusal was not recorded'));
  }
}
