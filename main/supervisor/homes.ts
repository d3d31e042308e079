/**
 * Guarantee: an agent has one private home in each workspace, and what it keeps there is seen by no other agent and in no other workspace,
 * but for its login, which is one for all. A home is taken away only while nothing uses it, and on record before.
 *
 * Threat: a home that is removed under a running session, or comes back half removed; a link in a home that leads the removal out of it.
 *
 * Limits: homes lie on the disk as they are, readable by whoever is the person.
 */
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AgentHome, KeptLogin } from '#contract/home.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import type { Session } from '#contract/session.ts';
import { measureTree, removeSetAside, removeTree, setAside } from '../adapters/agents/home-trees.ts';
import { type HomeSeed, seedHome } from '../adapters/agents/seed-home.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { sharedLogins } from '../core/agents/login-sync.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { homeResetEvent } from './home-events.ts';
import { LoginKeeper, listLogins, readHomeRecord } from './login-keeper.ts';

/** Homes of one agent that are told of. */
const homesMax = 1_000;
/** Beside the homes of an agent, whose names are hexadecimal. */
const loginFolder = 'login';

/** What homes are kept and recorded with. */
export interface HomesParts {
  readonly paths: Pick<StatePaths, 'homes'>;
  readonly audit: AuditLog;
  readonly log: Logger;
  readonly state: Pick<StateDatabase, 'sessions' | 'memoryPin' | 'saveMemoryPin'>;
}

/** A home in use. */
export interface HomeLease {
  /** The session is over: its login is taken over, and the home may be removed. */
  close(): Promise<void>;
}

/** What a reset took. */
export interface HomeReset {
  readonly homes: readonly AgentHome[];
  readonly logins: readonly string[];
}

/** Name of the folder of a home, below its agent's. */
export function homeIdOf(workspace: string): string {
  return createHash('sha256').update(workspace).digest('hex').slice(0, 16);
}

/** The private homes of all agents. */
export class Homes {
  readonly #parts: HomesParts;
  /** How many sessions use which home; negative while it is being removed. */
  readonly #uses = new Map<string, number>();
  readonly #turns = new Map<string, Promise<void>>();

  constructor(parts: HomesParts) {
    this.#parts = parts;
  }

  /** Removes what a reset before could not finish. */
  async sweep(): Promise<void> {
    await removeSetAside(this.#parts.paths.homes).catch((error: unknown) =>
      this.#parts.log.warn({ error: String(error) }, 'removing what is left of homes'),
    );
  }

  /** Makes or finds the home of a session and gives it the agent's login. Rejects while it is being removed. */
  async open(
    session: Pick<Session, 'id' | 'agent' | 'workspace' | 'taskId'>,
    { login, config }: Pick<Preset['homeFiles'], 'login' | 'config'>,
    seed: HomeSeed,
  ): Promise<HomeLease> {
    const { agent, workspace } = session;
    const key = join(agent, homeIdOf(workspace));
    this.#take(key, agent);
    const keeper = new LoginKeeper(
      {
        session,
        home: seed.homeStore,
        store: this.#in(agent, loginFolder),
        record: `${seed.homeStore}.json`,
        logins: sharedLogins({ login, config }),
      },
      this.#parts,
      (work) => this.#inTurn(agent, work),
    );
    let open = true;
    const release = () => {
      if (!open) return;
      open = false;
      const left = (this.#uses.get(key) ?? 1) - 1;
      if (left === 0) this.#uses.delete(key);
      else this.#uses.set(key, left);
    };
    try {
      await seedHome(seed);
      await keeper.begin();
    } catch (error) {
      release();
      throw error;
    }
    return { close: () => keeper.end().finally(release) };
  }

  /** The homes of an agent, the largest first, and its login. */
  async list(agent: string): Promise<{ homes: AgentHome[]; login: KeptLogin[] }> {
    const names = (await readdir(this.#in(agent)).catch(() => [])).filter((name) => /^[0-9a-f]{16}$/u.test(name));
    const workspaces = new Map(
      this.#parts.state.sessions(true).map(({ workspace }) => [homeIdOf(workspace), workspace] as const),
    );
    const homes: AgentHome[] = [];
    for (const id of names.slice(0, homesMax)) {
      const place = this.#in(agent, id);
      const workspace = (await readHomeRecord(`${place}.json`))?.workspace ?? workspaces.get(id);
      const sessions = Math.max(0, this.#uses.get(join(agent, id)) ?? 0);
      homes.push({ ...(workspace === undefined ? {} : { workspace }), id, ...(await measureTree(place)), sessions });
    }
    return {
      homes: homes.sort((one, other) => other.bytes - one.bytes),
      login: await listLogins(loginFolder, this.#in(agent)),
    };
  }

  /** Paths of the login that a session of the agent is given. */
  async loginsOf(agent: string, { login }: Pick<Preset['homeFiles'], 'login'>): Promise<string[]> {
    if (login.length === 0) return [];
    return (await listLogins(loginFolder, this.#in(agent))).map(({ path }) => path);
  }

  /**
   * Removes the home of an agent in one workspace, or all of them, and its login when that is said. Rejects with `agent_refused`
   * while a session uses what would go, and removes nothing then.
   */
  async reset(
    agent: string,
    what: {
      readonly workspace?: string | undefined;
      readonly homes: boolean;
      readonly login: boolean;
      readonly why: string;
    },
  ): Promise<HomeReset> {
    const found = await this.list(agent);
    const wanted = what.workspace === undefined ? undefined : homeIdOf(what.workspace);
    const homes = what.homes ? found.homes.filter(({ id }) => wanted === undefined || id === wanted) : [];
    const logins = what.login ? found.login.map(({ path }) => path) : [];
    if (homes.length === 0 && logins.length === 0) return { homes, logins };
    const keys = (what.login ? found.homes : homes).map(({ id }) => join(agent, id));
    this.#close(keys, agent);
    try {
      const workspaces = homes.map(({ workspace, id }) => workspace ?? id);
      await this.#parts.audit.append(homeResetEvent(agent, { workspaces, logins, why: what.why }));
      const gone: string[] = [];
      for (const { id } of homes) {
        gone.push(await setAside(this.#in(agent), id));
        await rm(`${this.#in(agent, id)}.json`, { force: true });
      }
      for (const { workspace } of homes) if (workspace !== undefined) this.#unpin(agent, workspace);
      // Homes that stay lose their copies when they are used next: what they agreed on is no longer there.
      if (logins.length > 0) gone.push(await setAside(this.#in(agent), loginFolder));
      for (const path of gone) await removeTree(path);
    } finally {
      for (const key of keys) this.#uses.delete(key);
    }
    return { homes, logins };
  }

  /** What the person removed need not be accepted as gone by the same person. */
  #unpin(agent: string, workspace: string): void {
    const { state } = this.#parts;
    const pin = state.memoryPin(agent, workspace);
    if (pin === undefined) return;
    state.saveMemoryPin({ ...pin, files: pin.files.filter(({ place }) => place !== 'home') });
  }

  #take(key: string, agent: string): void {
    const uses = this.#uses.get(key) ?? 0;
    if (uses < 0) {
      throw operatingError('agent_refused', `The home of ${agent} in this workspace is being removed.`, {
        remedy: 'Start again when that is done.',
      });
    }
    this.#uses.set(key, uses + 1);
  }

  #close(keys: readonly string[], agent: string): void {
    if (keys.some((key) => (this.#uses.get(key) ?? 0) !== 0)) {
      throw operatingError('agent_refused', `Sessions of ${agent} use what would be removed.`, {
        remedy: 'Stop them first: `gatehouse sessions` shows them.',
      });
    }
    for (const key of keys) this.#uses.set(key, -1);
  }

  #in(agent: string, ...parts: string[]): string {
    return join(this.#parts.paths.homes, agent, ...parts);
  }

  #inTurn(agent: string, work: () => Promise<void>): Promise<void> {
    const result = (this.#turns.get(agent) ?? Promise.resolve()).then(work);
    // Whoever asked hears of a failure; the next one goes on.
    this.#turns.set(
      agent,
      result.catch(() => undefined),
    );
    return result;
  }
}
