import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { operatingError } from '#contract/operating-error.ts';
import type { Session, SessionStart, Task } from '#contract/session.ts';
import { readGitIdentity, seedHome } from '../adapters/agents/seed-home.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { looksLikeSecret } from '../core/agents/looks-like-secret.ts';
import { buildSeedFiles } from '../core/agents/seed-files.ts';
import type { AuditLog } from '../core/audit/log.ts';
import type { GrantTable } from '../core/grants/grant-table.ts';
import type { Egress } from '../core/network/egress.ts';
import { DecisionCache } from '../core/policy/decision-cache.ts';
import type { Sandbox } from '../core/sandbox/sandbox.ts';
import { sessionIdFrom } from '../core/sessions/ids.ts';
import type { Actor, Agents } from './agents.ts';
import type { AlwaysRules } from './always-rules.ts';
import { appearedEvents, appearedNotices, findAppeared } from './appeared-files.ts';
import { type Clock, timestamp } from './clock.ts';
import { decidingSession } from './deciding-session.ts';
import type { DecidingSession } from './decisions.ts';
import type { GrantKeeper } from './grant-keeper.ts';
import type { OwedRecords } from './owed-records.ts';
import type { Policies } from './policies.ts';
import { attachTimeoutMs, RunningSession } from './running-session.ts';
import { selectSessions } from './select-sessions.ts';
import { assertIdentity, certifySession, findActor, identityNotices } from './session-actor.ts';
import { newEntry, type SessionEntry, taskText } from './session-entry.ts';
import {
  endedEvent,
  limitEvent,
  pausedEvent,
  recordWorkspace,
  refusedEvent,
  startedEvent,
  startingEvent,
  stoppingEvents,
} from './session-events.ts';
import { planMounts } from './session-grants.ts';
import { type Caller, gatherSession, homeStoreOf, relaysOf, type SessionGround, type Shelf } from './session-plan.ts';
import type { StreamEnd } from './stream-server.ts';
import type { Tasks } from './tasks.ts';

const sessionsMax = 64;

/** What sessions are made of and with. */
export interface SessionParts {
  readonly paths: StatePaths;
  readonly caller: Caller;
  readonly shelf: Shelf;
  readonly state: StateDatabase;
  readonly audit: AuditLog;
  readonly tasks: Tasks;
  readonly grants: GrantTable;
  readonly keeper: GrantKeeper;
  readonly rules: AlwaysRules;
  readonly agents: Agents;
  readonly policies: Policies;
  readonly egress: () => Egress;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  readonly ownAddresses: () => readonly string[];
  readonly log: Logger;
  readonly owed: OwedRecords;
  /** A session is over. */
  readonly onGone: (sessionId: string) => void;
}

/**
 * The sessions. Starting one, in order: gather, decide (mounts and grants), record, build the walls, run. Ending one:
 * processes, connections, watch, record, then the last frame to the client; its grants and its own task end with it.
 */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #entries = new Map<string, SessionEntry>();
  readonly #tokens = new Map<string, SessionEntry>();
  readonly #cache = new DecisionCache();
  #closed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Starts a session; resolves when its command runs inside complete walls and waits for its client. */
  async start(start: SessionStart): Promise<{ session: Session; streamToken: string; notices: string[] }> {
    if (this.#closed) throw operatingError('supervisor_stopping', 'The supervisor is stopping.');
    if (this.#entries.size >= sessionsMax) {
      throw operatingError('too_many', `${sessionsMax} sessions run already.`, { remedy: 'Stop some of them first.' });
    }
    let agent: string | undefined;
    try {
      const { caller, paths, shelf, rules, agents } = this.#parts;
      const always = (name: string, workspace: string) => rules.of(name, workspace);
      const ground = await gatherSession(start, caller, paths, { ...shelf, always });
      agent = ground.agent;
      return await this.#launch(start, ground, await findActor(agents, start, ground));
    } catch (error) {
      await this.#recordRefusal(start, error, agent);
      throw error;
    }
  }

  list(all: boolean): Session[] {
    return this.#parts.state.sessions(all);
  }

  /** The sessions that `which` names: all running ones, or one by the beginning of its id. */
  select(which: { id: string } | { all: true }): string[] {
    return selectSessions(which, [...this.#entries.keys()], () => this.list(true));
  }

  /** Ends sessions, with a grace or at once; resolves with what became of them when all are gone. */
  async end(
    ids: readonly string[],
    how: 'stop' | 'kill',
    reason: NonNullable<Session['endReason']>,
  ): Promise<Session[]> {
    return Promise.all(
      ids.map(async (id) => {
        const entry = this.#entries.get(id);
        if (entry === undefined) throw operatingError('session_not_running', `Session ${id} does not run.`);
        entry.endWanted ??= reason;
        void entry.running?.[how](reason);
        await entry.gone.promise;
        return entry.session;
      }),
    );
  }

  /** Stops sessions where they are, or lets them go on. A paused one can be ended like any other. */
  async pause(ids: readonly string[], paused: boolean, why: string): Promise<Session[]> {
    const { audit, state } = this.#parts;
    const before = paused ? 'running' : 'paused';
    const isBefore = (entry: SessionEntry) => entry.running !== undefined && entry.session.state === before;
    const change = (entry: SessionEntry): void => {
      if (paused) entry.running?.process.pause();
      else entry.running?.process.resume();
      entry.session = { ...entry.session, state: paused ? 'paused' : 'running' };
    };
    const entries = ids.flatMap((id) => this.#entries.get(id) ?? []).filter(isBefore);
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
    return [...this.#entries.values()].map(({ session }) => session).filter((session) => session.taskId === taskId);
  }

  /** Running sessions of an agent. */
  ofAgent(agent: string): string[] {
    return [...this.#entries.values()]
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
    await this.end([...this.#entries.keys()], 'stop', 'supervisor_stopped');
  }

  /** Turns a stream token into its session, once. */
  claim(token: string): StreamEnd | undefined {
    const entry = this.#tokens.get(token);
    this.#tokens.delete(token);
    return entry?.running;
  }

  /** The session as a decision sees it, as long as it runs. */
  find(sessionId: string): DecidingSession | undefined {
    const entry = this.#entries.get(sessionId);
    return entry === undefined ? undefined : decidingSession(entry, this.#parts, this.#cache);
  }

  async #launch(start: SessionStart, ground: SessionGround, actor: Actor) {
    const parts = this.#parts;
    const policySet = await parts.policies.forWorkspace(ground.workspace.path, parts.caller.home);
    const id = this.#freshId();
    const joined = start.taskId === undefined ? undefined : parts.tasks.getRunning(start.taskId);
    if (joined !== undefined && joined.workspace !== ground.workspace.path) {
      throw operatingError(
        'workspace_refused',
        `Task ${joined.id} is about ${joined.workspace}, not ${ground.workspace.path}.`,
        {
          remedy: 'Run in its workspace, or make a new task.',
        },
      );
    }
    // Decided before anything is made: what cannot be held by mounts refuses the start and leaves nothing behind.
    const mounts = planMounts({ parts, ground, policySet, sessionId: id, joined });
    const task = joined ?? (await parts.tasks.create(taskText(start), ground.workspace.path, start.forMs, id));
    const ownTask = joined === undefined;
    const identity = await certifySession(parts, { id, ground, actor, task, ownTask });
    const entry = newEntry({ id, start, ground, policySet, mounts, task, parts, ownTask, identity });
    this.#entries.set(id, entry);
    try {
      assertIdentity(identity, ground.agent);
      await this.#prepare(entry, start, task, mounts);
      const started = await this.#run(entry, start, mounts);
      return { ...started, notices: [...started.notices, ...identityNotices(ground.agent, actor)] };
    } catch (error) {
      await this.#abandon(entry);
      throw error;
    }
  }

  /** Records what will be, then makes the folders, the home and the way out. */
  async #prepare(
    entry: SessionEntry,
    start: SessionStart,
    task: Task,
    mounts: ReturnType<typeof planMounts>,
  ): Promise<void> {
    const { audit, caller, egress, paths, keeper } = this.#parts;
    const { session, ground } = entry;
    for (const [name, value] of Object.entries(start.environment)) {
      if (looksLikeSecret(name, value) && value.length >= 6) audit.addSecret(value, name);
    }
    await keeper.issueAll(task, session, ground.grants);
    await audit.append(
      startingEvent(session, ground, mounts, {
        policyDigest: entry.policySet.digest,
        passed: Object.keys(start.environment),
        identity: entry.identity?.claims,
      }),
    );
    // From here on something may be left of it: a successor of this supervisor has to know that it was.
    this.#parts.state.saveSession(session);
    mkdirSync(entry.runtimeFolder, { mode: 0o700 });
    await seedHome({
      homeStore: homeStoreOf(paths, session.agent, session.workspace),
      git: await readGitIdentity(caller.home),
      workspace: session.workspace,
      files: buildSeedFiles({ preset: ground.preset, workspace: session.workspace, passed: start.environment }),
    });
    await egress().openSession(session.id, join(entry.runtimeFolder, 'egress.sock'));
  }

  async #run(entry: SessionEntry, start: SessionStart, mounts: ReturnType<typeof planMounts>) {
    const { audit, caller, clock, paths, sandbox, state } = this.#parts;
    const { ground, session } = entry;
    // Before the agent's first instruction, so that the sweep at the end knows every change since as one of this session.
    entry.watch = recordWorkspace(session, clock.now(), audit);
    const process = await sandbox.launch({
      sessionId: session.id,
      caller,
      homeStore: homeStoreOf(paths, session.agent, session.workspace),
      runtimeFolder: entry.runtimeFolder,
      binds: mounts.binds,
      links: ground.toolLinks,
      command: { path: ground.command.path, argv: [ground.command.argv0, ...start.command.slice(1)] },
      cwd: ground.workspace.cwd,
      environment: ground.environment(session.id),
      egressSocket: join(entry.runtimeFolder, 'egress.sock'),
      proxyPort: ground.proxyPort,
      relays: relaysOf(ground.grants),
      limits: ground.limits,
      terminal: start.terminal,
    });
    const running = new RunningSession(process, ground.limits);
    entry.running = running;
    running.onStopping((reason) => this.#stopping(entry, reason));
    running.onLimit((hit) => audit.observe(limitEvent(session, hit)));
    this.#tokens.set(running.streamToken, entry);
    void this.#settle(entry, running);
    if (entry.endWanted !== undefined) void running.kill(entry.endWanted);
    entry.session = { ...session, state: 'running' };
    state.saveSession(entry.session);
    await audit.append(startedEvent(session, process, ground.command.path));
    return { session: entry.session, streamToken: running.streamToken, notices: [...ground.notices] };
  }

  #stopping(entry: SessionEntry, reason: NonNullable<Session['endReason']>): void {
    if (entry.session.state === 'ended') return;
    entry.session = { ...entry.session, state: 'stopping' };
    for (const event of stoppingEvents(entry.session, reason)) this.#parts.audit.observe(event);
  }

  /** Follows the process to its end and closes everything that belongs to it. */
  async #settle(entry: SessionEntry, running: RunningSession): Promise<void> {
    const exit = await running.process.ended;
    const { audit, clock, log, owed, state, tasks } = this.#parts;
    entry.session = { ...entry.session, state: 'stopping' };
    const appeared = findAppeared(entry.missing);
    try {
      await this.#closeWayOut(entry);
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
    await owed
      .write(
        `the end of session ${id}`,
        () => audit.append(endedEvent(session, exit, running.endReason, running.outputBytes)),
        () => state.saveSession(session),
      )
      // The session is over whatever can be written; its end follows as soon as it can.
      .catch(() => undefined);
    this.#forget(entry);
    running.finish(exit, appearedNotices(entry.session, appeared));
    if (entry.ownTask) {
      await tasks
        .end(taskId, 'its session ended')
        .catch((error: unknown) => log.error({ error: String(error) }, 'ending a task'));
    }
  }

  /** Takes back a start that failed half-way. */
  async #abandon(entry: SessionEntry): Promise<void> {
    const { clock, log, state, tasks } = this.#parts;
    if (entry.running !== undefined) {
      await entry.running.kill('failed');
      await entry.gone.promise;
      return;
    }
    const endedAt = timestamp(clock.now());
    entry.session = { ...entry.session, state: 'ended', endedAt, endReason: 'failed' };
    state.saveSession(entry.session);
    await entry.watch?.finish();
    await this.#closeWayOut(entry);
    this.#forget(entry);
    if (entry.ownTask) {
      await tasks
        .end(entry.session.taskId, 'its session did not start')
        .catch((error: unknown) => log.error({ error: String(error) }, 'ending a task'));
    }
  }

  /** Without a worker there is no way out either: that must not keep a session from being over. */
  async #closeWayOut(entry: SessionEntry): Promise<void> {
    try {
      await this.#parts.egress().closeSession(entry.session.id);
    } catch (error) {
      this.#parts.log.warn({ session: entry.session.id, error: String(error) }, 'closing the way out of a session');
    }
  }

  #forget(entry: SessionEntry): void {
    try {
      rmSync(entry.runtimeFolder, { recursive: true, force: true });
    } catch (error) {
      this.#parts.log.warn({ session: entry.session.id, error: String(error) }, 'removing the folder of a session');
    }
    const token = entry.running?.streamToken;
    // A short command may be over before its client opens the stream: the end still waits for it a while.
    if (token !== undefined) setTimeout(() => this.#tokens.delete(token), attachTimeoutMs).unref();
    this.#entries.delete(entry.session.id);
    this.#parts.agents.release(entry.session.id);
    this.#parts.onGone(entry.session.id);
    entry.gone.resolve();
  }

  async #recordRefusal(start: SessionStart, error: unknown, agent: string | undefined): Promise<void> {
    await this.#parts.audit
      .append(refusedEvent(start, error, agent))
      // Nothing took effect, so nothing has to be undone; the caller gets the reason of the refusal itself.
      .catch((failure: unknown) => this.#parts.log.error({ failure: String(failure) }, 'a refusal was not recorded'));
  }

  #freshId(): string {
    for (;;) {
      const id = sessionIdFrom(randomBytes(4));
      if (!this.#entries.has(id)) return id;
    }
  }
}
