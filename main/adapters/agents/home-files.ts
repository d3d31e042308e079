/**
 * Guarantee: a file of a private home is read and written below that home and nowhere else, whatever the agent made of the way to it, and
 * only when it is an ordinary one of bounded size with a single name.
 *
 * Threat: a link planted where a login is expected, or in place of a folder on the way, so that the supervisor reads a file of the person
 * or writes over one; a FIFO that makes it wait; a file that never ends; a folder that is swapped while it is walked.
 *
 * Limits: who runs as the person can change all of this outside the walls anyway.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type BigIntStats, constants, type Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, rename, rm, unlink } from 'node:fs/promises';

/** A login is a few kilobytes. */
const fileBytesMax = 1024 * 1024;
/** Files of a login that is a folder, and how deep it goes. */
const filesMax = 64;
const depthMax = 4;
/** Names that are looked at for them: an agent may fill such a folder with millions, or with folders that hold nothing. */
const namesMax = 256;

/** What is at a place of a home. */
export type HomeFile =
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly sha256: string; readonly changedAtMs: number };

/** Reads one file below `root`, which is ours; `path` is relative and has no dots. */
export async function readHomeFile(root: string, path: string): Promise<HomeFile> {
  const folder = await openParent(root, path, false);
  if (!('fd' in folder)) return folder;
  try {
    const file = await open(within(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await readOpened(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    return asRefusal(error);
  } finally {
    await folder.close();
  }
}

async function readOpened(file: FileHandle): Promise<HomeFile> {
  const before = await file.stat({ bigint: true });
  const why = whyNot(before);
  if (why !== undefined) return { kind: 'refused', why };
  const bytes = Buffer.alloc(Math.min(Number(before.size) + 1, fileBytesMax + 1));
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (signature(before) !== signature(await file.stat({ bigint: true })) || length !== Number(before.size)) {
    return { kind: 'refused', why: 'it changed while it was read' };
  }
  const content = bytes.subarray(0, length);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { kind: 'file', bytes: content, sha256, changedAtMs: Number(before.mtimeMs) };
}

function whyNot(facts: BigIntStats): string | undefined {
  if (!facts.isFile()) return 'it is no ordinary file';
  if (facts.nlink > 1n) return 'it has a second name (a hard link)';
  return facts.size > BigInt(fileBytesMax) ? `it has more than ${fileBytesMax} bytes` : undefined;
}

function signature({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Something that changes whenever the file does; the same for all that is no file to be read. */
export async function signatureOf(root: string, path: string): Promise<string> {
  const folder = await openParent(root, path, false);
  if (!('fd' in folder)) return folder.kind;
  try {
    const file = await open(within(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return signature(await file.stat({ bigint: true }));
    } finally {
      await file.close();
    }
  } catch (error) {
    return asRefusal(error).kind;
  } finally {
    await folder.close();
  }
}

/** Replaces a file as a whole, or whatever else has its name but a folder; folders on the way are made. Rejects when they are no folders. */
export async function writeHomeFile(root: string, path: string, bytes: Uint8Array): Promise<void> {
  const folder = await openParent(root, path, true);
  if (!('fd' in folder)) throw new Error(folder.kind === 'refused' ? folder.why : 'its folder is gone');
  const beside = `/proc/self/fd/${folder.fd}/.gatehouse-${randomBytes(8).toString('hex')}`;
  try {
    const file = await open(
      beside,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, within(folder, path));
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  } finally {
    await folder.close();
  }
}

/** Removes a file, if there is one. */
export async function removeHomeFile(root: string, path: string): Promise<void> {
  const folder = await openParent(root, path, false);
  if (!('fd' in folder)) return;
  try {
    await unlink(within(folder, path));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  } finally {
    await folder.close();
  }
}

/** The place itself, or the files below it when it is a folder, relative to `root`. Links are named, never followed. */
export async function listHomeFiles(root: string, path: string): Promise<string[]> {
  const found: string[] = [];
  let looked = 0;
  const walk = async (place: string, depth: number): Promise<void> => {
    const names = await readFolder(root, place, namesMax - looked);
    if (names === undefined) {
      found.push(place);
      return;
    }
    looked += names.length;
    for (const entry of names.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      if (found.length >= filesMax) return;
      const below = `${place}/${entry.name}`;
      if (!entry.isDirectory()) found.push(below);
      else if (depth < depthMax) await walk(below, depth + 1);
    }
  };
  await walk(path, 1);
  return found;
}

/** So many of its names; undefined for what is no folder. */
async function readFolder(root: string, path: string, max: number): Promise<Dirent[] | undefined> {
  const folder = await openFolders(root, path.split('/'), false);
  if (!('fd' in folder)) return undefined;
  try {
    const names: Dirent[] = [];
    if (max <= 0) return names;
    for await (const entry of await opendir(`/proc/self/fd/${folder.fd}`)) {
      names.push(entry);
      if (names.length >= max) break;
    }
    return names;
  } finally {
    await folder.close();
  }
}

/** The folder of a file, opened; every later step goes by that descriptor. */
async function openParent(
  root: string,
  path: string,
  create: boolean,
): Promise<FileHandle | Exclude<HomeFile, { kind: 'file' }>> {
  return openFolders(root, path.split('/').slice(0, -1), create);
}

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

async function openFolders(
  root: string,
  parts: readonly string[],
  create: boolean,
): Promise<FileHandle | Exclude<HomeFile, { kind: 'file' }>> {
  let current: FileHandle;
  try {
    if (create) await mkdir(root, { recursive: true, mode: 0o700 });
    current = await open(root, folderFlags);
  } catch (error) {
    return asRefusal(error);
  }
  for (const part of parts) {
    const next = `/proc/self/fd/${current.fd}/${part}`;
    try {
      if (create) await mkdir(next, { mode: 0o700 }).catch(ignoreExisting);
      const opened = await open(next, folderFlags);
      await current.close();
      current = opened;
    } catch (error) {
      await current.close();
      return asRefusal(error);
    }
  }
  return current;
}

function ignoreExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

function within(folder: FileHandle, path: string): string {
  return `/proc/self/fd/${folder.fd}/${path.slice(path.lastIndexOf('/') + 1)}`;
}

function asRefusal(error: unknown): Exclude<HomeFile, { kind: 'file' }> {
  const code = codeOf(error);
  if (code === 'ENOENT') return { kind: 'absent' };
  if (code === 'ELOOP') return { kind: 'refused', why: 'it is a symbolic link' };
  if (code === 'ENOTDIR') return { kind: 'refused', why: 'what leads to it is no folder' };
  if (code === undefined) throw error;
  return { kind: 'refused', why: `the system says ${code}` };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
