import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import type { Session, SessionStart, Task } from '#contract/session.ts';
import { looksLikeSecret } from '#contract/text/looks-like-secret.ts';
import { readGitHead } from '../adapters/agents/git-head.ts';
import { readGitIdentity, readRegistrySeeds } from '../adapters/agents/seed-home.ts';
import { delegationEnvironment } from '../core/agents/environment.ts';
import { buildSeedFiles } from '../core/agents/seed-files.ts';
import type { Actor } from './agents.ts';
import { mayNest } from './ancestry.ts';
import { timestamp } from './clock.ts';
import type { DelegationSocket } from './delegation-server.ts';
import { openExposed } from './exposed-ports.ts';
import { memoryPlaceOf } from './memory-pins.ts';
import { assertRuns } from './nested-start.ts';
import { RunningSession } from './running-session.ts';
import { assertIdentity, certifySession, identityNotices } from './session-actor.ts';
import { SessionEnding } from './session-ending.ts';
import { type Nesting, newEntry, type SessionEntry, taskText } from './session-entry.ts';
import { limitEvent, recordWorkspace, startedEvent, startingEvent, stoppingEvents } from './session-events.ts';
import { planMounts } from './session-grants.ts';
import type { SessionParts } from './session-parts.ts';
import { homeStoreOf, relaysOf, type SessionGround } from './session-plan.ts';
import type { SessionRegistry } from './session-registry.ts';
import { Transcript, transcriptPath } from './transcript.ts';
import { detachedEvent } from './viewer-events.ts';
import { holdWritten } from './written-folders.ts';

/** Opens the place where a session can start others; none for one that may not. */
export type OpenDelegation = (entry: SessionEntry) => Promise<DelegationSocket | undefined>;

/** The beginning of a session, in order: decide (mounts and grants), record, build the walls, run. */
export class SessionLaunch {
  readonly #parts: SessionParts;
  readonly #registry: SessionRegistry;
  readonly #ending: SessionEnding;
  readonly #openDelegation: OpenDelegation;

  constructor(parts: SessionParts, registry: SessionRegistry, openDelegation: OpenDelegation) {
    this.#parts = parts;
    this.#registry = registry;
    this.#openDelegation = openDelegation;
    this.#ending = new SessionEnding(parts, registry);
  }

  /** Launches what was gathered. Resolves when the command runs inside complete walls; on failure nothing is left. */
  async launch(start: SessionStart, gathered: SessionGround, actor: Actor, nesting?: Nesting) {
    const parts = this.#parts;
    const { home } = parts.caller;
    const { ground, policySet } = await holdWritten({
      ground: gathered,
      policySet: await parts.policies.forWorkspace(gathered.workspace.path, home),
      standing: start.taskId === undefined ? [] : parts.grants.list({ all: false, taskId: start.taskId }),
      home,
    });
    const id = this.#registry.freshId();
    const joined = start.taskId === undefined ? undefined : parts.tasks.getRunning(start.taskId);
    // A nested session works in its parent's workspace or in a folder of it; that was looked at where it was asked for.
    if (joined !== undefined && nesting === undefined && joined.workspace !== ground.workspace.path) {
      throw operatingError(
        'workspace_refused',
        `Task ${joined.id} is about ${joined.workspace}, not ${ground.workspace.path}.`,
        {
          remedy: 'Run in its workspace, or make a new task.',
        },
      );
    }
    // Decided before anything is made: what cannot be held by mounts refuses the start and leaves nothing behind.
    const accepted = actor.agent !== undefined;
    const mounts = planMounts({ parts, ground, policySet, sessionId: id, joined, parent: nesting?.parent, accepted });
    const task = joined ?? (await parts.tasks.create(taskText(start), ground.workspace.path, start.forMs, id));
    const ownTask = joined === undefined;
    const identity = await certifySession(parts, { id, ground, actor, task, ownTask, parent: nesting?.parent });
    let entry: SessionEntry;
    try {
      entry = newEntry({ id, start, ground, policySet, mounts, task, parts, ownTask, identity, nesting });
    } catch (error) {
      // What was made for it goes with it: neither a task nor a credential is left without a session.
      parts.agents.release(id);
      if (ownTask) await parts.tasks.end(task.id, 'its session did not start');
      throw error;
    }
    this.#registry.entries.set(id, entry);
    try {
      assertIdentity(identity, ground.agent);
      // From here on its parent's end finds it; what came before is seen here.
      if (nesting !== undefined) assertRuns(nesting.parent);
      await this.#prepare(entry, start, task, mounts);
      // As late as can be: what is pinned or compared now is what the agent reads.
      const pinned = await parts.memory.settle(memoryPlaceOf(ground), id);
      const started = await this.#run(entry, start, mounts);
      return { ...started, notices: [...started.notices, ...identityNotices(ground.agent, actor), ...pinned] };
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
    const { audit, caller, egress, homes, paths, keeper } = this.#parts;
    const { session, ground } = entry;
    for (const [name, value] of Object.entries(start.environment)) {
      if (looksLikeSecret(name, value) && value.length >= 6) audit.addSecret(value, name);
    }
    // A nested session uses what its task holds already: its own preset gives its parent nothing, and itself no more.
    if (entry.parent === undefined) await keeper.issueAll(task, session, ground.grants);
    await audit.append(
      startingEvent(session, ground, mounts, {
        policyDigest: entry.policySet.digest,
        passed: Object.keys(start.environment),
        nests: mayNest(entry, this.#parts.product),
        identity: entry.identity?.claims,
        logins: await homes.loginsOf(session.agent, ground.preset.homeFiles),
        breakers: start.breakers ?? {},
        git: await readGitHead(ground.workspace.gitFolders),
      }),
    );
    // From here on something may be left of it: a successor of this supervisor has to know that it was.
    this.#parts.state.saveSession(session);
    mkdirSync(entry.runtimeFolder, { mode: 0o700 });
    entry.home = await homes.open(session, ground.preset.homeFiles, {
      homeStore: homeStoreOf(paths, session.agent, session.workspace),
      git: await readGitIdentity(caller.home),
      workspace: session.workspace,
      files: [
        ...buildSeedFiles({ preset: ground.preset, workspace: session.workspace, passed: start.environment }),
        ...(await readRegistrySeeds(caller.home)),
      ],
    });
    await egress().openSession(session.id, join(entry.runtimeFolder, 'egress.sock'));
    entry.delegation = await this.#openDelegation(entry);
    await openExposed(this.#parts, session, entry.runtimeFolder);
  }

  async #run(entry: SessionEntry, start: SessionStart, mounts: ReturnType<typeof planMounts>) {
    const { audit, caller, clock, log, paths, sandbox, state } = this.#parts;
    const { ground, session } = entry;
    const environment = ground.environment(session.id);
    // Before the agent's first instruction, so that the sweep at the end knows every change since as one of this session.
    entry.watch = recordWorkspace(session, clock.now(), audit, entry.breakers);
    const transcript =
      session.transcript === true ? await Transcript.open(paths.state, session, start.terminal, log) : undefined;
    const launched = sandbox.launch({
      sessionId: session.id,
      caller,
      homeStore: homeStoreOf(paths, session.agent, session.workspace),
      runtimeFolder: entry.runtimeFolder,
      binds: mounts.binds,
      links: ground.toolLinks,
      command: { path: ground.command.path, argv: [ground.command.argv0, ...start.command.slice(1)] },
      cwd: ground.workspace.cwd,
      environment: { ...environment, ...delegationEnvironment(environment, entry.delegation !== undefined) },
      ...(entry.delegation === undefined ? {} : { delegation: entry.delegation.inside }),
      egressSocket: join(entry.runtimeFolder, 'egress.sock'),
      proxyPort: ground.proxyPort,
      relays: relaysOf(ground.grants),
      exposed: ground.exposed.map(({ port }) => port),
      limits: ground.limits,
      terminal: start.terminal,
    });
    launched.catch(() => transcript?.close());
    const process = await launched;
    const running = new RunningSession(process, ground.limits, {
      terminal: session.tty,
      keep: start.keep === true,
      detached: start.detached === true,
      ...(transcript === undefined ? {} : { transcript }),
    });
    entry.running = running;
    running.onStopping((reason) => this.#stopping(entry, reason));
    running.children = () => this.#ending.childrenOf(entry).flatMap((child) => child.running ?? []);
    running.onLeft(async (left) => {
      await audit.append(detachedEvent(session, left));
    });
    running.onLimit((hit) => audit.observe(limitEvent(session, hit)));
    this.#registry.tokens.set(running.streamToken, entry);
    void this.#ending.settle(entry, running);
    if (entry.endWanted !== undefined) void running.kill(entry.endWanted);
    entry.session = { ...session, state: 'running' };
    entry.begun.resolve();
    entry.breakers.follow(process);
    state.saveSession(entry.session);
    await audit.append(startedEvent(session, process, ground.command.path));
    const written = `everything it prints is written, with whatever secrets are in it, to ${transcriptPath(paths.state, session.id)}`;
    const notices = [...ground.notices, ...(transcript === undefined ? [] : [written])];
    return { session: entry.session, streamToken: running.streamToken, notices };
  }

  #stopping(entry: SessionEntry, reason: NonNullable<Session['endReason']>): void {
    if (entry.session.state === 'ended') return;
    entry.session = { ...entry.session, state: 'stopping' };
    for (const event of stoppingEvents(entry.session, reason)) this.#parts.audit.observe(event);
    this.#ending.stopChildren(entry);
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
    await this.#ending.closeHome(entry);
    await this.#ending.closeWayOut(entry);
    this.#ending.forget(entry);
    if (entry.ownTask) {
      await tasks
        .end(entry.session.taskId, 'its session did not start')
        .catch((error: unknown) => log.error({ error: String(error) }, 'ending a task'));
    }
  }
}
