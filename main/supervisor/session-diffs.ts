/**
 * Guarantee: of a session's workspace only files that are on record as changed while it ran are shown, and none that a rule hid from it.
 * What is shown goes to whoever asked and nowhere else: neither text nor diff is written to the log or kept.
 *
 * Threat: the windows draw what agents made and may ask for any path; a workspace is full of what an agent left there to be read: links,
 * pipes, huge files, names and texts that are made to mislead.
 *
 * Limits: "before" is the commit at which the folder stood. What was changed and not committed by then is in the diff too, and of a file that Git
 * does not have, nobody knows what it was.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { changedFiles } from '#contract/changed-file.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import { sessionIdSchema } from '#contract/session.ts';
import {
  commitIdSchema,
  type DiffBase,
  type DiffResult,
  type DiffSide,
  diffLinesMax,
  diffTextBytesMax,
  type FileDiff,
} from '#contract/session-diff.ts';
import { type CommitReader, openCommit } from '../adapters/diff/commit-reader.ts';
import type { DiffThread } from '../adapters/diff/diff-thread.ts';
import { readWorkspaceFile } from '../adapters/diff/workspace-file.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { isInside } from '../core/agents/system-folders.ts';
import { escapeControls } from '../core/audit/escape.ts';
import type { AuditReader } from '../core/audit/log.ts';
import { wholeText } from '../core/diff/hunks.ts';
import { recordedPath } from '../core/diff/recorded-path.ts';
import { type ComparedSide, comparedSide, type FoundFile, isSame, unknownSide } from '../core/diff/sides.ts';
import type { Sandbox } from '../core/sandbox/sandbox.ts';
import type { Caller } from './session-plan.ts';

/** Questions that wait for the one that is being answered. */
const waitingMax = 16;
/** Characters of all lines of one answer: with every one of them written as six bytes it still fits into a frame. */
const charactersMax = 400_000;
/** An answer that took this long is given; what it does not have can be asked for again. */
const answerMs = 4_000;
/** How long one file of a workspace may take, which lies on any file system. */
const fileMsMax = 10_000;
/** What stands in the record for what looked like a secret. */
const redactedMark = '[redacted:';
/** Events of one file that are looked through. */
const eventsMax = 1_000;

/** What diffs are made of and with. */
export interface SessionDiffParts {
  readonly reader: Pick<AuditReader, 'query'>;
  readonly sandbox: Sandbox;
  readonly caller: Caller;
  /** Where folders of sessions are made. */
  readonly workFolder: string;
  readonly thread: DiffThread;
  readonly now: () => number;
}

interface Question {
  readonly session: string;
  readonly paths: readonly string[];
  readonly countsOnly: boolean;
}

/** What the record says of a session's beginning, as far as it is needed here. */
const startSchema = z.object({
  workspace: z.string(),
  mounts: z.array(z.object({ path: z.string(), mode: z.string() })),
  git: z
    .object({ folder: z.string(), commit: commitIdSchema.optional(), unknown: z.string().optional() })
    .optional()
    .catch(undefined),
});
type Beginning = z.infer<typeof startSchema>;

/** The id of the one session that begins so, running or over. A whole one is taken as it is: the record may know it longer than the list. */
export function sessionBeginning(state: Pick<StateDatabase, 'sessionsBeginning'>, id: string): string {
  if (sessionIdSchema.safeParse(id).success) return id;
  const [found, other] = state.sessionsBeginning(id);
  if (found !== undefined && (other === undefined || found.id === id)) return found.id;
  throw operatingError(
    'not_found',
    found === undefined ? `There is no session ${id}.` : `${id} could be several sessions.`,
    {
      remedy: '`gatehouse sessions --all` shows their ids.',
    },
  );
}

/** Shows what sessions changed, one question after the other. */
export class SessionDiffs {
  readonly #parts: SessionDiffParts;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(parts: SessionDiffParts) {
    this.#parts = parts;
  }

  /** What changed in files of a session. Rejects when its folder is gone, or too many ask. */
  async of(question: Question): Promise<DiffResult> {
    if (this.#waiting >= waitingMax) {
      throw operatingError('too_many', `${waitingMax} questions about changed files wait already.`, {
        remedy: 'Try again in a moment.',
      });
    }
    this.#waiting += 1;
    const answer = this.#last.then(() => this.#answer(question));
    this.#last = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Nothing is compared any more. */
  close(): Promise<void> {
    return this.#parts.thread.close();
  }

  async #answer({ session, paths, countsOnly }: Question): Promise<DiffResult> {
    const beginning = await this.#beginningOf(session);
    const { base, commit } = await this.#open(beginning);
    const endsAt = this.#parts.now() + answerMs;
    const files: FileDiff[] = [];
    let room = charactersMax;
    try {
      for (const path of paths) {
        // One at least, so that whoever asks for the rest comes to an end.
        if (files.length > 0 && (room <= 0 || this.#parts.now() > endsAt)) break;
        const file = await this.#fileDiff({ session, path, beginning, commit, base, countsOnly, room });
        room -= charactersOf(file);
        files.push(file);
      }
    } finally {
      await commit?.close();
    }
    return { base, files, rest: paths.slice(files.length) };
  }

  async #beginningOf(id: string): Promise<Beginning> {
    const { events } = await this.#parts.reader.query({ query: 'kind:session.starting', session: id, limit: 1 });
    // What retention erased has no detail any more: then nobody knows either what a rule hid.
    const { data } = startSchema.safeParse(events[0]?.detail);
    if (data !== undefined) return { ...data, workspace: recordedPath(data.workspace) };
    throw operatingError('not_found', `The record does not have how session ${id} began.`, {
      why: events.length === 0 ? 'There was no such session.' : 'It was erased, as retention says.',
      remedy: '`gatehouse sessions --all` shows the ids of those that were.',
    });
  }

  async #open({ git }: Beginning): Promise<{ base: DiffBase; commit: CommitReader | undefined }> {
    const none = (why: string) => ({ base: { kind: 'none' as const, why }, commit: undefined });
    if (git === undefined) return none('the folder is not the top of a Git repository');
    const { commit } = git;
    const gitFolder = recordedPath(git.folder);
    if (commit === undefined) {
      return none(`of its Git repository, ${git.unknown ?? 'no commit was found'}`);
    }
    const { sandbox, caller, workFolder } = this.#parts;
    try {
      const reader = await openCommit({ sandbox, caller, workFolder, gitFolder, commit });
      return { base: { kind: 'commit', commit }, commit: reader };
    } catch (error) {
      return none(`commit ${commit.slice(0, 12)}, at which it stood, cannot be read: ${reasonOf(error)}`);
    }
  }

  async #fileDiff(asked: {
    readonly session: string;
    readonly path: string;
    readonly beginning: Beginning;
    readonly commit: CommitReader | undefined;
    readonly base: DiffBase;
    readonly countsOnly: boolean;
    readonly room: number;
  }): Promise<FileDiff> {
    const { session, path, beginning, commit, base, countsOnly, room } = asked;
    const { workspace } = beginning;
    const change = await this.#outcomeOf(session, workspace, path);
    const bare = { path, change, hunks: [], left: 0 };
    const name = recordedPath(path);
    const shut = whyNotShown(join(workspace, name), beginning);
    if (shut !== undefined) return { ...bare, before: shut, after: shut };
    const before = await this.#before(name, change, commit, base);
    const after = comparedSide(await this.#after(workspace, name));
    const bounds = { lines: countsOnly ? 0 : diffLinesMax, characters: countsOnly ? 0 : room };
    if (before.text === undefined || after.text === undefined) {
      const sides = { ...bare, before: before.side, after: after.side };
      // Nothing to compare it with: what is there now is all that can be shown.
      const present = before.side.kind === 'unknown' && after.text !== undefined ? wholeText(after.text, bounds) : {};
      return { ...sides, ...present, ...(isSame(before, after) ? { same: true as const } : {}) };
    }
    const diff = await this.#parts.thread.compare(before.text, after.text, bounds);
    if (diff === undefined) {
      const why = 'comparing it took too long';
      return { ...bare, before: { ...before.side, why }, after: { ...after.side, why } };
    }
    const { added, removed, hunks, left, coarse } = diff;
    const sides = { path, change, before: before.side, after: after.side };
    return { ...sides, added, removed, hunks: [...hunks], left, ...(coarse === undefined ? {} : { coarse }) };
  }

  /** Rejects with `not_found` for a file that the record does not name. */
  async #outcomeOf(id: string, workspace: string, path: string): Promise<FileDiff['change']> {
    const quoted = join(escapeControls(workspace), path).replace(/["\\]/gu, '\\$&');
    const query = `kind:workspace.changed path:"${quoted}"`;
    const { events } = await this.#parts.reader.query({ query, session: id, limit: eventsMax });
    const found = changedFiles(events).find((file) => file.path === path);
    if (found !== undefined) return found.change;
    throw operatingError('not_found', `The record names no change to ${path} while session ${id} ran.`, {
      remedy: `\`gatehouse log session:${id} kind:workspace.changed\` shows what changed.`,
    });
  }

  /** What stood there when the session began: in the commit, or nothing when the record says that it was made since. */
  async #before(
    path: string,
    change: FileDiff['change'],
    commit: CommitReader | undefined,
    base: DiffBase,
  ): Promise<ComparedSide> {
    const isNew = change === 'created' || change === 'came and went';
    const missing = { side: { kind: 'missing' as const }, text: '' };
    if (commit === undefined) {
      if (isNew) return missing;
      return { side: unknownSide(base.kind === 'none' ? base.why : ''), text: undefined };
    }
    const found = await commit
      .read(path, diffTextBytesMax)
      .catch((error: unknown): FoundFile => ({ kind: 'unknown', why: reasonOf(error) }));
    if (found.kind !== 'missing') return comparedSide(found);
    if (isNew) return missing;
    return { side: unknownSide('it was there, and Git did not have it'), text: undefined };
  }

  async #after(workspace: string, path: string): Promise<FoundFile> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<FoundFile>((resolve) => {
      const why = `reading it took more than ${fileMsMax / 1000} s`;
      timer = setTimeout(() => resolve({ kind: 'unknown', why }), fileMsMax);
    });
    try {
      return await Promise.race([readWorkspaceFile(workspace, path, diffTextBytesMax), late]);
    } catch (cause) {
      throw operatingError('not_found', 'The folder of this session cannot be looked into.', {
        why: `${reasonOf(cause)}.`,
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A place that a rule hides, or of which nobody knows which file it is. */
function whyNotShown(place: string, { mounts }: Beginning): DiffSide | undefined {
  const hidden = mounts.filter(({ mode }) => mode === 'hidden').map(({ path }) => recordedPath(path));
  if (hidden.some((path) => isInside(place, path) || path.includes(redactedMark))) return { kind: 'hidden' };
  if (place.includes(redactedMark)) return unknownSide('its name looks like a secret, and is not on record');
  return place.includes('\ufffd') ? unknownSide('its name is not valid UTF-8') : undefined;
}

function charactersOf({ hunks }: FileDiff): number {
  return hunks.reduce((sum, { lines }) => sum + lines.reduce((all, { text }) => all + text.length, 0), 0);
}

/** Without its full stop: it goes on in a sentence. */
function reasonOf(error: unknown): string {
  const data = error instanceof GatehouseError ? error.data : undefined;
  const text = data === undefined ? (error instanceof Error ? error.message : String(error)) : (data.why ?? data.what);
  return text.replace(/\.$/u, '');
}
