import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import type { ListedTranscript } from '#contract/transcript.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { timestamp } from './clock.ts';

/** The transcripts that were asked for, until they are removed: by hand, or with the content of the record that is as old. */
export class Transcripts {
  readonly #folder: string;
  readonly #audit: AuditLog;
  readonly #isRunning: (sessionId: string) => boolean;

  constructor(parts: {
    readonly stateFolder: string;
    readonly audit: AuditLog;
    readonly isRunning: (sessionId: string) => boolean;
  }) {
    this.#folder = join(parts.stateFolder, 'transcripts');
    this.#audit = parts.audit;
    this.#isRunning = parts.isRunning;
  }

  /** By session. */
  async list(): Promise<ListedTranscript[]> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    const listed = await Promise.all(
      names.sort().flatMap((name) => {
        const session = /^(.+)\.cast$/u.exec(name)?.[1];
        return session === undefined ? [] : [this.#look(session)];
      }),
    );
    return listed.filter((each) => each !== undefined);
  }

  /** Removes that of one session (by the beginning of its id), or all; those of sessions that run stay. */
  async remove(which: { readonly id: string } | { readonly all: true }): Promise<ListedTranscript[]> {
    const all = await this.list();
    const wanted = 'all' in which ? all : all.filter(({ session }) => session.startsWith(which.id));
    if ('id' in which && wanted.length !== 1) {
      throw operatingError(
        'not_found',
        `${wanted.length === 0 ? 'No transcript' : 'More than one transcript'} begins with ${which.id}.`,
        {
          remedy: '`gatehouse transcripts` lists them.',
        },
      );
    }
    const ended = wanted.filter(({ session }) => !this.#isRunning(session));
    if ('id' in which && ended.length === 0) {
      throw operatingError('invalid_request', `Session ${wanted[0]?.session} still writes its transcript.`, {
        remedy: 'Stop it first.',
      });
    }
    await this.#removeAll(ended, 'you removed it');
    return ended;
  }

  /** Removes those that were written before; with the record's content of that time. */
  async removeBefore(beforeMs: number): Promise<void> {
    const old = (await this.list()).filter(({ session, at }) => Date.parse(at) < beforeMs && !this.#isRunning(session));
    await this.#removeAll(old, 'it is older than what is kept');
  }

  async #look(session: string): Promise<ListedTranscript | undefined> {
    const path = join(this.#folder, `${session}.cast`);
    const found = await stat(path).catch(() => undefined);
    return found === undefined ? undefined : { session, path, bytes: found.size, at: timestamp(found.mtimeMs) };
  }

  async #removeAll(list: readonly ListedTranscript[], why: string): Promise<void> {
    for (const { session, path, bytes } of list) {
      await rm(path, { force: true });
      // It narrows: gone whether or not that can be recorded.
      this.#audit.observe({
        kind: 'transcript.removed',
        session,
        summary: `The transcript of session ${session} was removed: ${why}`,
        detail: { why, bytes },
      });
    }
  }
}
