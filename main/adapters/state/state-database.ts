import Database from 'better-sqlite3';
import { z } from 'zod';
import { type Agent, agentSchema } from '#contract/agent.ts';
import { type Grant, grantSchema } from '#contract/grant.ts';
import { type MemoryPin, memoryPinSchema } from '#contract/memory.ts';
import { operatingError } from '#contract/operating-error.ts';
import { type Retention, retentionSchema } from '#contract/record.ts';
import { type Session, sessionSchema, type Task, taskSchema } from '#contract/session.ts';
import { Redactor } from '../../core/audit/redact.ts';

/** How many ended sessions and tasks are kept for lists; the audit log keeps them all. */
const endedRowsMax = 10_000;
/** How many agents in workspaces have the texts of their instructions kept, at most 1 MiB each, to show what changed. */
const pinsWithTextsMax = 64;

/**
 * The supervisor's working state: tasks, grants and sessions as rows of `state.db`. The audit log is the record; this
 * is what a restarted supervisor continues from. One writer: whoever holds the supervisor lock.
 */
export class StateDatabase {
  readonly #path: string;
  readonly #database: Database.Database;
  /** A command line is kept for lists alone: what looks like a secret in it stays out of this file too. */
  readonly #redactor = new Redactor();

  /** Opens it, creating it when there is none. Throws `state_unusable` when it is damaged or cannot be written. */
  constructor(path: string) {
    this.#path = path;
    this.#database = this.#attempt(() => new Database(path));
    this.#attempt(() => {
      this.#database.pragma('journal_mode = WAL');
      this.#database.pragma('synchronous = FULL');
      // A damaged page would come up in the middle of a session's start or end; the file is small.
      const found = this.#database.pragma('quick_check(1)', { simple: true });
      if (found !== 'ok') throw stateError(path, true, String(found).split('\n').at(-1) ?? '');
      this.#database.exec(`
        CREATE TABLE IF NOT EXISTS task (id TEXT PRIMARY KEY, ended INTEGER NOT NULL, row TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, ended INTEGER NOT NULL, row TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS "grant" (id TEXT PRIMARY KEY, ended INTEGER NOT NULL, row TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS saved_search (name TEXT PRIMARY KEY, query TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS memory_pin
          (agent TEXT NOT NULL, workspace TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (agent, workspace)) STRICT;
        CREATE TABLE IF NOT EXISTS agent (name TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS session_open ON session(ended) WHERE ended = 0;
      `);
    });
  }

  saveTask(task: Task): void {
    const kept: Task = { ...task, text: this.#redactor.redact(task.text) };
    this.#save('task', kept, task.endedAt !== undefined);
  }

  saveSession(session: Session): void {
    const command = session.command.map((argument) => this.#redactor.redact(argument));
    const kept: Session = { ...session, command, task: this.#redactor.redact(session.task) };
    this.#save('session', kept, session.state === 'ended');
  }

  saveGrants(grants: readonly Grant[]): void {
    const save = this.#database.transaction(() => {
      for (const grant of grants) this.#save('grant', grant, grant.revokedAt !== undefined);
    });
    this.#attempt(() => save());
  }

  /** Newest first. */
  tasks(all: boolean): Task[] {
    return this.#rows('task', taskSchema, all);
  }

  sessions(all: boolean): Session[] {
    return this.#rows('session', sessionSchema, all);
  }

  grants(all: boolean): Grant[] {
    return this.#rows('grant', grantSchema, all);
  }

  task(id: string): Task | undefined {
    const row = this.#attempt(() => this.#database.prepare('SELECT row FROM task WHERE id = ?').pluck().get(id));
    return row === undefined ? undefined : taskSchema.parse(JSON.parse(z.string().parse(row)));
  }

  /** Those whose id begins so, two at most: more than one is ambiguous. */
  sessionsBeginning(id: string): Session[] {
    const rows = this.#attempt(() =>
      this.#database.prepare('SELECT row FROM session WHERE substr(id, 1, ?) = ? LIMIT 2').pluck().all(id.length, id),
    );
    return z
      .array(z.string())
      .parse(rows)
      .map((row) => sessionSchema.parse(JSON.parse(row)));
  }

  /** By name, retired ones too. */
  agents(): Agent[] {
    const rows = this.#attempt(() => this.#database.prepare('SELECT row FROM agent ORDER BY name').pluck().all());
    return z
      .array(z.string())
      .parse(rows)
      .map((row) => agentSchema.parse(JSON.parse(row)));
  }

  saveAgent(agent: Agent): void {
    const kept: Agent = { ...agent, purpose: this.#redactor.redact(agent.purpose) };
    this.#attempt(() =>
      this.#database
        .prepare('INSERT INTO agent VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET row = excluded.row')
        .run(agent.name, JSON.stringify(kept)),
    );
  }

  memoryPin(agent: string, workspace: string): MemoryPin | undefined {
    const row = this.#attempt(() =>
      this.#database
        .prepare('SELECT row FROM memory_pin WHERE agent = ? AND workspace = ?')
        .pluck()
        .get(agent, workspace),
    );
    return row === undefined ? undefined : memoryPinSchema.parse(JSON.parse(z.string().parse(row)));
  }

  /** By agent and workspace. */
  memoryPins(): MemoryPin[] {
    const rows = this.#attempt(() =>
      this.#database.prepare('SELECT row FROM memory_pin ORDER BY agent, workspace').pluck().all(),
    );
    return z
      .array(z.string())
      .parse(rows)
      .map((row) => memoryPinSchema.parse(JSON.parse(row)));
  }

  /** Of the oldest beyond the bound the texts go, never the digests. */
  saveMemoryPin(pin: MemoryPin): void {
    const keep = this.#database.transaction(() => {
      const { agent, workspace } = pin;
      this.#database.prepare('DELETE FROM memory_pin WHERE agent = ? AND workspace = ?').run(agent, workspace);
      this.#database.prepare('INSERT INTO memory_pin VALUES (?, ?, ?)').run(agent, workspace, JSON.stringify(pin));
      const old: unknown = this.#database
        .prepare(`SELECT row FROM memory_pin WHERE row LIKE '%"text":%' ORDER BY rowid DESC LIMIT -1 OFFSET ?`)
        .pluck()
        .all(pinsWithTextsMax);
      for (const row of z.array(z.string()).parse(old)) {
        const { files, ...rest } = memoryPinSchema.parse(JSON.parse(row));
        const bare: MemoryPin = { ...rest, files: files.map(({ text: _, ...file }) => file) };
        this.#database
          .prepare('UPDATE memory_pin SET row = ? WHERE agent = ? AND workspace = ?')
          .run(JSON.stringify(bare), bare.agent, bare.workspace);
      }
    });
    this.#attempt(() => keep());
  }

  /** By name. */
  savedSearches(): { name: string; query: string }[] {
    const rows = this.#database.prepare('SELECT name, query FROM saved_search ORDER BY name').all();
    return z.array(z.object({ name: z.string(), query: z.string() })).parse(rows);
  }

  saveSearch({ name, query }: { readonly name: string; readonly query: string }): void {
    this.#database
      .prepare('INSERT INTO saved_search VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET query = excluded.query')
      .run(name, query);
  }

  removeSearch(name: string): void {
    this.#database.prepare('DELETE FROM saved_search WHERE name = ?').run(name);
  }

  /** Everything is kept unless somebody said otherwise. */
  retention(): Retention {
    const value = this.#database.prepare("SELECT value FROM setting WHERE name = 'retention'").pluck().get();
    return value === undefined ? {} : retentionSchema.parse(JSON.parse(z.string().parse(value)));
  }

  saveRetention(retention: Retention): void {
    this.#database
      .prepare("INSERT INTO setting VALUES ('retention', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .run(JSON.stringify(retention));
  }

  /** When somebody last looked through who may do what. */
  reviewedAt(): string | undefined {
    const value = this.#database.prepare("SELECT value FROM setting WHERE name = 'reviewed'").pluck().get();
    return value === undefined ? undefined : z.string().parse(value);
  }

  saveReviewedAt(at: string): void {
    this.#database
      .prepare("INSERT INTO setting VALUES ('reviewed', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .run(at);
  }

  /** Of the library that keeps both databases. */
  sqliteVersion(): string {
    return z.string().parse(this.#database.prepare('SELECT sqlite_version()').pluck().get());
  }

  close(): void {
    this.#database.close();
  }

  #save(table: 'task' | 'session' | 'grant', row: { readonly id: string }, ended: boolean): void {
    this.#attempt(() => {
      this.#database
        .prepare(`INSERT INTO "${table}" (id, ended, row) VALUES (?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, row = excluded.row`)
        .run(row.id, ended ? 1 : 0, JSON.stringify(row));
      if (!ended) return;
      this.#database
        .prepare(`DELETE FROM "${table}" WHERE ended = 1 AND rowid <= (SELECT max(rowid) FROM "${table}") - ?`)
        .run(endedRowsMax);
    });
  }

  #rows<T>(table: 'task' | 'session' | 'grant', schema: z.ZodType<T>, all: boolean): T[] {
    const rows = this.#attempt(() =>
      this.#database
        .prepare(`SELECT row FROM "${table}" ${all ? '' : 'WHERE ended = 0'} ORDER BY rowid DESC LIMIT ?`)
        .pluck()
        .all(endedRowsMax),
    );
    return z
      .array(z.string())
      .parse(rows)
      .map((row) => schema.parse(JSON.parse(row)));
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
      const damaged = error.code.startsWith('SQLITE_CORRUPT') || error.code === 'SQLITE_NOTADB';
      throw stateError(this.#path, damaged, error.message, error);
    }
  }
}

function stateError(path: string, damaged: boolean, why: string, cause?: Error): Error {
  if (damaged) {
    return operatingError('state_unusable', `The state file ${path} is damaged.`, {
      why: `${why}.`,
      remedy: `Move ${path} away with its -wal and -shm, and start again: tasks and grants end with it, the record is another file.`,
      cause,
    });
  }
  return operatingError('state_unusable', `The state file ${path} cannot be used.`, {
    why: `${why}.`,
    remedy: 'Its folder must be writable and have room; `gatehouse doctor` looks at it.',
    cause,
  });
}
