/**
 * Guarantee: what a commit has at a path is read by Git inside walls that show it nothing but the repository's object store, read-only, with
 * no network and no setting of the repository, the person or the machine. What it answers is checked against the commit's id.
 *
 * Threat: a repository whose settings name a program (`core.fsmonitor`, `diff.external`, a filter, a hook, a promisor remote); objects and
 * packs that are made to break Git, or to keep it busy for ever; an agent that replaces what Git stored.
 *
 * Limits: objects in another store (`objects/info/alternates`) are not seen unless it lies in the same one. Where the walls cannot be built or
 * there is no Git, nothing is read: Git is never run outside of them.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { entryOf, type GitObject, isGenuine, type TreeEntry, treeOf } from '../../core/diff/git-objects.ts';
import type { Sandbox, SandboxedProcess, SandboxRequest } from '../../core/sandbox/sandbox.ts';
import { type ObjectAnswer, ObjectStream } from './object-stream.ts';

/** System folders only, as they are seen inside. */
const gitPlaces = ['/usr/bin/git', '/bin/git'];
/** All that is read of one commit at a time has to come within this. */
const readMsMax = 30_000;
/** Bytes of a commit or a tree. */
const treeBytesMax = 16 * 1024 * 1024;
/** Bytes of an object that is passed over. */
const passedBytesMax = 256 * 1024 * 1024;
/** Trees that are kept for the next path. */
const treesKeptMax = 256;
const limits = { memoryBytes: 512 * 1024 * 1024, processes: 64, openFiles: 256 };

/** What a commit has at a path. */
export type CommitFile =
  | { readonly kind: 'file'; readonly content: Buffer; readonly executable: boolean }
  | { readonly kind: 'large'; readonly sizeBytes: number; readonly executable: boolean }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder' | 'submodule' | 'missing' }
  | { readonly kind: 'unknown'; readonly why: string };

/** What reading a commit needs. */
export interface CommitPlace {
  readonly sandbox: Sandbox;
  readonly caller: SandboxRequest['caller'];
  /** A folder of ours in which one is made, and removed again. */
  readonly workFolder: string;
  /** The Git folder that has the objects. */
  readonly gitFolder: string;
  readonly commit: string;
}

/** Begins to read a commit. Rejects when it cannot be read at all. Close it in any case. */
export async function openCommit(place: CommitPlace): Promise<CommitReader> {
  const git = gitPlaces.find(isExecutable);
  if (git === undefined) throw new Error('Git is not installed on this machine');
  const folder = posix.join(place.workFolder, `look-${randomBytes(6).toString('hex')}`);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const [runtimeFolder, homeStore] = [posix.join(folder, 'run'), posix.join(folder, 'home')];
    await mkdir(folder, { mode: 0o700 });
    await mkdir(runtimeFolder, { mode: 0o700 });
    await mkdir(homeStore, { mode: 0o700 });
    await makeEmptyRepository(posix.join(homeStore, repositoryName), place.commit);
    const process = await place.sandbox.launch(requestFor(place, git, { runtimeFolder, homeStore }));
    const reader = new CommitReader(process, place.commit, remove);
    try {
      await reader.begin();
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const repositoryName = 'look.git';

/** A repository of our own without anything in it, so that the settings of the one that is looked into are never read. */
async function makeEmptyRepository(folder: string, commit: string): Promise<void> {
  const format = commit.length === 64 ? '1\n[extensions]\n\tobjectFormat = sha256' : '0';
  await mkdir(posix.join(folder, 'refs'), { recursive: true });
  await mkdir(posix.join(folder, 'objects'));
  await writeFile(posix.join(folder, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(posix.join(folder, 'config'), `[core]\n\tbare = true\n\trepositoryFormatVersion = ${format}\n`);
}

function requestFor(
  { caller, gitFolder }: CommitPlace,
  git: string,
  folders: Pick<SandboxRequest, 'runtimeFolder' | 'homeStore'>,
): SandboxRequest {
  const objects = posix.join(gitFolder, 'objects');
  return {
    ...folders,
    sessionId: `${randomBytes(2).toString('hex')}-look-inside`,
    caller,
    binds: [{ path: objects, mode: 'read-only', reason: 'what Git stored' }],
    links: [],
    command: { path: git, argv: ['git', '--no-optional-locks', '-c', 'core.fsmonitor=false', 'cat-file', '--batch'] },
    cwd: '/',
    environment: {
      PATH: '/usr/bin:/bin',
      LC_ALL: 'C',
      GIT_DIR: posix.join(caller.home, repositoryName),
      GIT_OBJECT_DIRECTORY: objects,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_NO_REPLACE_OBJECTS: '1',
    },
    proxyPort: 3128,
    relays: [],
    limits,
    terminal: undefined,
  };
}

/** What one commit has, path by path. */
export class CommitReader {
  readonly #process: SandboxedProcess;
  readonly #commit: string;
  readonly #stream = new ObjectStream();
  readonly #remove: () => Promise<void>;
  readonly #deadline = new AbortController();
  /** By id. */
  readonly #trees = new Map<string, GitObject>();
  #root = '';
  #said = '';

  constructor(process: SandboxedProcess, commit: string, remove: () => Promise<void>) {
    this.#process = process;
    this.#commit = commit;
    this.#remove = remove;
    process.onOutput((name, bytes) => {
      if (name === 'stdout') return this.#stream.push(bytes);
      if (this.#said.length < 300) this.#said += Buffer.from(bytes).toString('utf8').slice(0, 300);
      return undefined;
    });
    process.ended.then(
      () => this.#stream.end(new Error(this.#said.trim() === '' ? 'Git ended' : `Git ended: ${this.#said.trim()}`)),
      (cause: unknown) => this.#stream.end(new Error('Git ended', { cause })),
    );
    after(readMsMax, undefined, { signal: this.#deadline.signal, ref: false }).then(
      () => {
        this.#stream.end(new Error(`reading took more than ${readMsMax / 1000} s`));
        process.kill();
      },
      // Closed in time.
      () => undefined,
    );
  }

  /** Finds the commit's tree. */
  async begin(): Promise<void> {
    const tree = treeOf(await this.#genuine(this.#commit, 'the commit'));
    if (tree === undefined) throw new Error('what HEAD named is no commit');
    this.#root = tree;
  }

  /** What the commit has at a path, relative to its top. A file that is longer than `bytesMax` is not read. Never two at once. */
  async read(path: string, bytesMax: number): Promise<CommitFile> {
    const parts = path.split('/');
    let entry: TreeEntry = { kind: 'folder', executable: false, id: this.#root };
    for (const part of parts) {
      if (entry.kind === 'submodule') return { kind: 'unknown', why: 'it lies in a repository of its own' };
      if (entry.kind !== 'folder') return { kind: 'missing' };
      const found = entryOf(await this.#tree(entry.id), part, this.#commit.length);
      if (found === undefined) return { kind: 'missing' };
      entry = found;
    }
    if (entry.kind === 'folder' || entry.kind === 'submodule') return { kind: entry.kind };
    if (entry.kind === 'other') return { kind: 'unknown', why: 'Git stored something else than a file there' };
    return this.#file(entry, bytesMax);
  }

  /** Ends Git and removes what was made for it. */
  async close(): Promise<void> {
    this.#deadline.abort();
    this.#stream.end(new Error('closed'));
    this.#process.kill();
    await this.#process.ended.catch(() => undefined);
    await this.#remove();
  }

  async #file({ id, kind, executable }: TreeEntry, bytesMax: number): Promise<CommitFile> {
    const answer = await this.#ask(id, bytesMax);
    if (answer.found === 'nothing') return { kind: 'unknown', why: 'Git does not have its content here' };
    if (answer.found === 'large') return { kind: 'large', sizeBytes: answer.sizeBytes, executable };
    if (answer.object.kind !== 'blob' || !isGenuine(id, answer.object)) return { kind: 'unknown', why: notGenuine };
    const { content } = answer.object;
    return kind === 'link' ? { kind, target: content.toString('utf8') } : { kind: 'file', content, executable };
  }

  async #tree(id: string): Promise<GitObject> {
    const known = this.#trees.get(id);
    if (known !== undefined) return known;
    const tree = await this.#genuine(id, 'a folder of the commit');
    if (this.#trees.size >= treesKeptMax) this.#trees.clear();
    this.#trees.set(id, tree);
    return tree;
  }

  async #genuine(id: string, what: string): Promise<GitObject> {
    const answer = await this.#ask(id, treeBytesMax);
    if (answer.found === 'nothing') throw new Error(`Git does not have ${what}`);
    if (answer.found === 'large') throw new Error(`${what} has ${answer.sizeBytes} bytes`);
    if (!isGenuine(id, answer.object)) throw new Error(notGenuine);
    return answer.object;
  }

  async #ask(id: string, bytesMax: number): Promise<ObjectAnswer> {
    await this.#process.write(Buffer.from(`${id}\n`));
    return this.#stream.next(bytesMax, passedBytesMax);
  }
}

const notGenuine = 'what Git stored is not what its id says: the repository is damaged, or somebody changed it';
