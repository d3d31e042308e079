/**
 * Guarantee: an agent signs in once. Its login is kept in a store of that agent, given to its sessions in every workspace, and to no other
 * agent; what is taken from a home is an ordinary file of that home, and its keeping is on record first.
 *
 * Threat: a link or FIFO in place of a login (`adapters/agents/home-files.ts`); two sessions that overwrite each other's tokens; a
 * login of one agent that turns up in another's home.
 *
 * Limits: a file is looked at every few seconds while a session runs, and at its end; what came and went in between is not seen.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { KeptLogin } from '#contract/home.ts';
import type { Session } from '#contract/session.ts';
import {
  type HomeFile,
  listHomeFiles,
  readHomeFile,
  removeHomeFile,
  signatureOf,
  writeHomeFile,
} from '../adapters/agents/home-files.ts';
import { decideLogin, isWholeLogin, type LoginFile, type LoginPhase } from '../core/agents/login-sync.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { timestamp } from './clock.ts';
import { loginGoneEvent, loginKeptEvent, loginRefusedEvent } from './home-events.ts';

/** How often the logins of a running session are looked at. A change counts when it was there at two looks. */
const lookEveryMs = 2_000;
/** Places of a preset, and files of those that are folders. */
const filesMax = 128;

/** What a private home remembers beside it, where no session reaches. */
const homeRecordSchema = z.object({
  v: z.literal(1),
  workspace: z.string(),
  /** Digest of each login that home and store last agreed on. */
  logins: z.record(z.string(), z.string()),
});
export type HomeRecord = z.infer<typeof homeRecordSchema>;

/** Reads the record of a home; undefined when there is none that can be read. */
export async function readHomeRecord(path: string): Promise<HomeRecord | undefined> {
  try {
    return homeRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // None yet, or damaged: then the newer of home and store counts.
    return undefined;
  }
}

/** One home of a session that is beginning or running. */
export interface HomeInUse {
  readonly session: Pick<Session, 'id' | 'agent' | 'workspace' | 'taskId'>;
  /** The home itself, the folder of the agent's login, and the record beside the home. */
  readonly home: string;
  readonly store: string;
  readonly record: string;
  /** From `sharedLogins`. */
  readonly logins: readonly string[];
}

/** Keeps the logins of one home and its agent's store the same, from the start of a session until it is over. */
export class LoginKeeper {
  readonly #use: HomeInUse;
  readonly #parts: { readonly audit: AuditLog; readonly log: Logger };
  /** One agent's homes are looked at one after the other. */
  readonly #inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly #told = new Set<string>();
  #bases: Record<string, string> = {};
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #settled = '';
  #pending = '';

  constructor(
    use: HomeInUse,
    parts: { readonly audit: AuditLog; readonly log: Logger },
    inTurn: (work: () => Promise<void>) => Promise<void>,
  ) {
    this.#use = use;
    this.#parts = parts;
    this.#inTurn = inTurn;
  }

  /** Gives the home what the agent has. */
  async begin(): Promise<void> {
    const { record, session, logins } = this.#use;
    const known = await readHomeRecord(record);
    this.#bases = { ...known?.logins };
    if (known === undefined) await this.#remember(session.workspace);
    if (logins.length === 0) return;
    await this.#inTurn(() => this.#agree('start'));
    this.#settled = await this.#signatures();
    this.#timer = setInterval(() => {
      // A slow disk must not make looks wait in a line.
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, lookEveryMs).unref();
  }

  /** Takes over what the session left. Nothing of it runs any more. */
  async end(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#looking;
    await this.#inTurn(() => this.#agree('end'));
  }

  async #look(): Promise<void> {
    if (this.#timer === undefined) return;
    try {
      const now = await this.#signatures();
      if (now === this.#settled) return;
      if (now !== this.#pending) {
        this.#pending = now;
        return;
      }
      await this.#inTurn(() => this.#agree('running'));
      this.#settled = await this.#signatures();
    } catch (error) {
      this.#parts.log.warn({ session: this.#use.session.id, error: String(error) }, 'looking after a login');
    }
  }

  /** Of both sides, so that a login that another session brought is noticed too. */
  async #signatures(): Promise<string> {
    const { home, store, logins } = this.#use;
    const files = await this.#files(logins);
    const signatures = files.flatMap((path) => [signatureOf(home, path), signatureOf(store, path)]);
    return JSON.stringify([files, await Promise.all(signatures)]);
  }

  /** Every file there is on either side. */
  async #files(logins: readonly string[]): Promise<string[]> {
    const { home, store } = this.#use;
    const listed = await Promise.all(logins.flatMap((path) => [listHomeFiles(home, path), listHomeFiles(store, path)]));
    return [...new Set([...listed.flat(), ...Object.keys(this.#bases)])].sort().slice(0, filesMax);
  }

  async #agree(phase: LoginPhase): Promise<void> {
    const before = JSON.stringify(this.#bases);
    try {
      for (const path of await this.#files(this.#use.logins)) await this.#agreeOn(path, phase);
    } finally {
      if (JSON.stringify(this.#bases) !== before) await this.#remember(this.#use.session.workspace);
    }
  }

  async #agreeOn(path: string, phase: LoginPhase): Promise<void> {
    const { home, store, session } = this.#use;
    const { audit } = this.#parts;
    // An agent that renames without end is bounded: names beyond are nobody's login.
    if (!Object.hasOwn(this.#bases, path) && Object.keys(this.#bases).length >= filesMax) {
      return this.#refuse('further files', `more than ${filesMax} are kept already`);
    }
    const [mine, kept] = await Promise.all([readHomeFile(home, path), readHomeFile(store, path)]);
    const found = { home: this.#judge(path, mine), store: kept.kind === 'file' ? kept : ('absent' as const) };
    const step = decideLogin({ base: this.#bases[path], ...found, phase });
    if (step === 'to-store' && mine.kind === 'file') {
      await audit.append(loginKeptEvent(session, path));
      const why = await writeHomeFile(store, path, mine.bytes).then(() => undefined, reasonOf);
      if (why !== undefined) return this.#refuse(path, why);
    } else if (step === 'to-home' && kept.kind === 'file') {
      // Whatever the agent made of the way to it: it is signed out here then, and starts all the same.
      const why = await writeHomeFile(home, path, kept.bytes).then(() => undefined, reasonOf);
      if (why !== undefined) return this.#refuse(path, why);
    } else if (step === 'remove-from-store') {
      await audit.append(loginGoneEvent(session, path));
      await removeHomeFile(store, path);
    } else if (step === 'remove-from-home') {
      // A folder that the agent shut keeps its copy, and the next session of this home starts all the same.
      const why = await removeHomeFile(home, path).then(() => undefined, reasonOf);
      if (why !== undefined) return this.#refuse(path, why);
    }
    this.#settle(path, step, mine, kept);
  }

  #settle(path: string, step: ReturnType<typeof decideLogin>, mine: HomeFile, kept: HomeFile): void {
    if (step === 'to-store' && mine.kind === 'file') this.#bases[path] = mine.sha256;
    else if (step === 'to-home' && kept.kind === 'file') this.#bases[path] = kept.sha256;
    else if (step === 'nothing' && mine.kind === 'file' && kept.kind === 'file' && mine.sha256 === kept.sha256) {
      this.#bases[path] = mine.sha256;
    } else if (step.startsWith('remove') || (mine.kind === 'absent' && kept.kind === 'absent')) {
      delete this.#bases[path];
    }
  }

  #judge(path: string, file: HomeFile): LoginFile {
    if (file.kind === 'absent') return 'absent';
    if (file.kind === 'file') return isWholeLogin(path, file.bytes) ? file : 'unusable';
    this.#refuse(path, file.why);
    return 'unusable';
  }

  /** Once for each reason, and so often at most: what an agent renames without end fills no record. */
  #refuse(path: string, why: string): void {
    const said = `${path}: ${why}`;
    if (this.#told.has(said) || this.#told.size >= filesMax) return;
    this.#told.add(said);
    this.#parts.audit.observe(loginRefusedEvent(this.#use.session, path, why));
  }

  async #remember(workspace: string): Promise<void> {
    const record: HomeRecord = { v: 1, workspace, logins: this.#bases };
    const beside = `${this.#use.record}.new`;
    await writeFile(beside, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    await rename(beside, this.#use.record);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What an agent has in its store. */
export async function listLogins(store: string, agentHome: string): Promise<KeptLogin[]> {
  const top = await listHomeFiles(agentHome, store);
  const found = await Promise.all(
    top.map(async (place): Promise<KeptLogin[]> => {
      const path = place.slice(store.length + 1);
      const file = await readHomeFile(join(agentHome, store), path);
      if (file.kind !== 'file') return [];
      return [{ path: `~/${path}`, bytes: file.bytes.length, changedAt: timestamp(file.changedAtMs) }];
    }),
  );
  return found.flat();
}
