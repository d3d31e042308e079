import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, opendir, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { MemoryFile, PinnedFile } from '#contract/memory.ts';
import { operatingError } from '#contract/operating-error.ts';
import { textBytesMax } from '../../core/agents/memory.ts';
import { type FollowedInside, followInside, type SeenFolder } from './follow-inside.ts';

/**
 * Guarantee: what an agent will be told at its start is read here as it would find it, whole and within bounds: each file by its
 * digest, short texts with their text. What cannot be read so is an error that names it, never left out.
 *
 * Threat: an instruction file that is a link to another, a FIFO that makes the supervisor hang, a file that never ends, a folder that is
 * swapped for a link while it is read, or a name that is shown as another.
 *
 * Limits: of a link that leads out of workspace and private home, only where it leads is known.
 */
export interface MemoryQuestionGround {
  /** Canonical; the same path inside. */
  readonly workspace: string;
  /** Where the agent's home is inside, and what is there on the host. */
  readonly home: SeenFolder;
  /** Relative to the workspace; files, or folders with everything in them. */
  readonly workspaceFiles: readonly string[];
  /** Relative to the home. */
  readonly homeFiles: readonly string[];
  /** Databases in the home. */
  readonly stores: readonly string[];
}

/** Files of one agent in one workspace, and how deep folders of them go. */
const filesMax = 256;
const depthMax = 8;
/** A longer file is no instruction that anybody wrote. */
const fileBytesMax = 64 * 1024 * 1024;
/** All of them together: a sparse file costs an agent nothing, and each start the time to read it. */
const allBytesMax = 128 * 1024 * 1024;
/** Files and folders that are looked at; empty folders are none of the files above. */
const placesMax = 1_024;
const chunkBytes = 64 * 1024;

/** Looks at all of them. Rejects with `memory_refused` for what cannot be pinned. */
export async function readMemoryFiles(ground: MemoryQuestionGround): Promise<PinnedFile[]> {
  const { workspace, home } = ground;
  const reader = new MemoryReader([{ inside: workspace, host: workspace }, home]);
  for (const path of ground.workspaceFiles) await reader.add({ place: 'workspace', top: workspace, path });
  for (const path of ground.homeFiles) await reader.add({ place: 'home', top: home.inside, path });
  for (const path of ground.stores) await reader.add({ place: 'home', top: home.inside, path, store: true });
  return [...reader.files.values()];
}

interface Named {
  readonly place: MemoryFile['place'];
  /** Its place as the agent sees it. */
  readonly top: string;
  readonly path: string;
  readonly store?: true;
}

class MemoryReader {
  /** By place and path. */
  readonly files = new Map<string, PinnedFile>();
  readonly #folders: readonly SeenFolder[];
  #places = 0;
  #bytes = 0;

  constructor(folders: readonly SeenFolder[]) {
    this.#folders = folders;
  }

  async add(named: Named, depth = 0): Promise<void> {
    const { place, path } = named;
    const key = `${place} ${path}`;
    if (this.files.has(key)) return;
    if (path.includes('\ufffd')) throw refused(named, 'its name is not valid UTF-8');
    this.#places += 1;
    if (this.#places > placesMax) throw refused(named, `there are more than ${placesMax} files and folders to look at`);
    const found = this.#follow(named);
    if (found.kind === 'missing') return;
    // Read as U+FFFD it seems to lead nowhere, while the agent reads what is there.
    if (found.inside.includes('\ufffd')) throw refused(named, 'it leads to a name that is not valid UTF-8');
    if (this.files.size >= filesMax) throw refused(named, `there are more than ${filesMax} such files`);
    const store = named.store === true ? { store: true as const } : {};
    if (found.kind === 'elsewhere') {
      const target = Buffer.from(found.inside);
      const sha256 = createHash('sha256').update(target).digest('hex');
      this.files.set(key, { place, path, sha256, sizeBytes: target.length, link: found.inside, ...store });
      return;
    }
    if (found.facts.isDirectory()) return this.#addFolder(named, found.host, depth);
    if (!found.facts.isFile()) throw refused(named, 'it is neither a file nor a folder');
    if (this.#bytes + found.facts.size > allBytesMax) {
      throw refused(named, `with it, such files have more than ${allBytesMax / 1024 ** 2} MiB together`);
    }
    const read = await readWhole(found.host).catch((cause: unknown) => {
      throw refused(named, cause instanceof Unpinnable ? cause.message : `the system says ${codeOf(cause)}`);
    });
    this.#bytes += read.sizeBytes;
    this.files.set(key, { place, path, ...read, ...(found.linked ? { link: found.inside } : {}), ...store });
  }

  #follow(named: Named): FollowedInside {
    try {
      return followInside(posix.join(named.top, named.path), this.#folders);
    } catch (cause) {
      throw refused(named, `the system says ${codeOf(cause)}`);
    }
  }

  async #addFolder(named: Named, host: string, depth: number): Promise<void> {
    if (depth >= depthMax) throw refused(named, `it is more than ${depthMax} folders deep`);
    const names = await readNames(host).catch((cause: unknown) => {
      throw refused(named, `the system says ${codeOf(cause)}`);
    });
    if (names.length > filesMax) throw refused(named, `it holds more than ${filesMax} names`);
    for (const name of names.sort()) await this.add({ ...named, path: posix.join(named.path, name) }, depth + 1);
  }
}

/** One name more than may be, however many there are. */
async function readNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) {
    names.push(name);
    if (names.length > filesMax) break;
  }
  return names;
}

class Unpinnable extends Error {}

/** A regular file without any link on its way, by its digest; with its text when that is short and is one. */
async function readWhole(path: string): Promise<Pick<PinnedFile, 'sha256' | 'sizeBytes' | 'text'>> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new Unpinnable('it is no ordinary file');
    if (facts.size > fileBytesMax) throw new Unpinnable(`it is longer than ${fileBytesMax / 1024 ** 2} MiB`);
    // A folder on the way may have been swapped for a link since it was looked at.
    if ((await readlink(`/proc/self/fd/${file.fd}`)) !== path) throw new Unpinnable('it was moved while it was read');
    return await hashOpen(file);
  } finally {
    await file.close();
  }
}

async function hashOpen(file: FileHandle): Promise<Pick<PinnedFile, 'sha256' | 'sizeBytes' | 'text'>> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, sizeBytes);
    if (bytesRead === 0) break;
    sizeBytes += bytesRead;
    if (sizeBytes > fileBytesMax) throw new Unpinnable(`it is longer than ${fileBytesMax / 1024 ** 2} MiB`);
    const part = buffer.subarray(0, bytesRead);
    hash.update(part);
    if (sizeBytes <= textBytesMax) kept.push(part);
  }
  const text = sizeBytes <= textBytesMax ? textOf(Buffer.concat(kept)) : undefined;
  return { sha256: hash.digest('hex'), sizeBytes, ...(text === undefined ? {} : { text }) };
}

/** Undefined for what is no text. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}

function refused({ place, path }: Named, why: string): Error {
  const name = place === 'home' ? `~/${path} of the agent’s own home` : path;
  return operatingError('memory_refused', `${name} cannot be pinned, and the agent would read it.`, {
    why: `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}.`,
    remedy:
      place === 'home'
        ? 'It must be an ordinary file that can be read: `gatehouse agents reset-home` removes it with that home.'
        : 'It must be an ordinary file that can be read: mend it, or remove it.',
  });
}
