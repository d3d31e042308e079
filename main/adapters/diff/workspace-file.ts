/**
 * Guarantee: what is read is the regular file that the workspace has at that path, whole or not at all. Every step is taken from the folder
 * before it, and none through a link, so that nothing outside the workspace is ever opened, and of what is inside only ordinary files.
 *
 * Threat: the agent swaps a folder on the way for a link to `~/.ssh` while it is read; leaves a FIFO or a socket, that nobody ever answers;
 * a file of a gigabyte, or one that grows as fast as it is read.
 *
 * Limits: a file that is written meanwhile may be read half old, half new.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';

/** A place of the tree, without any right to read or write what is there (open(2)); Node does not name it. */
const O_PATH = 0o10000000;
const placeFlags = O_PATH | constants.O_NOFOLLOW;
const chunkBytes = 64 * 1024;
/** Folders on the way. */
const depthMax = 256;

/** What stands at a path of a workspace. */
export type WorkspaceFile =
  | { readonly kind: 'file'; readonly content: Buffer; readonly executable: boolean }
  | { readonly kind: 'large'; readonly sizeBytes: number; readonly executable: boolean }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder' | 'missing' }
  | { readonly kind: 'other' | 'unknown'; readonly why: string };

/** Reads a file of at most `bytesMax`. `workspace` is canonical, `path` relative to it. Rejects when the workspace is not there. */
export async function readWorkspaceFile(workspace: string, path: string, bytesMax: number): Promise<WorkspaceFile> {
  const parts = path.split('/');
  if (parts.length > depthMax || parts.some((part) => part === '' || part === '.' || part === '..')) {
    return { kind: 'unknown', why: 'it is no path below the folder' };
  }
  const held: FileHandle[] = [];
  const step = async (place: string, flags: number) => {
    const handle = await open(place, flags);
    held.push(handle);
    return handle;
  };
  try {
    let folder = await openTop(workspace, step);
    for (const part of parts.slice(0, -1)) folder = await step(below(folder, part), placeFlags | constants.O_DIRECTORY);
    const last = parts.at(-1) ?? '';
    const place = await step(below(folder, last), placeFlags);
    const facts = await place.stat();
    if (facts.isSymbolicLink()) return { kind: 'link', target: await readlink(below(folder, last)) };
    if (facts.isDirectory()) return { kind: 'folder' };
    if (!facts.isFile()) return { kind: 'other', why: whatElse(facts) };
    return await readPlace(place, facts, bytesMax, step);
  } catch (cause) {
    return notRead(cause);
  } finally {
    await Promise.all(held.map((handle) => handle.close()));
  }
}

type Step = (place: string, flags: number) => Promise<FileHandle>;

class NoWorkspace extends Error {}

/** The folder above may have been moved since the session; a link in its place leads to another one. */
async function openTop(workspace: string, step: Step): Promise<FileHandle> {
  const top = await step(workspace, placeFlags | constants.O_DIRECTORY).catch((cause: unknown) => {
    throw new NoWorkspace(`${workspace} is not there any more.`, { cause });
  });
  if ((await readlink(`/proc/self/fd/${top.fd}`)) !== workspace)
    throw new NoWorkspace(`${workspace} leads to another folder now.`);
  return top;
}

/** By the open folder: whatever its name means by now. */
function below(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

async function readPlace(place: FileHandle, facts: Stats, bytesMax: number, step: Step): Promise<WorkspaceFile> {
  const executable = (facts.mode & 0o100) !== 0;
  if (facts.size > bytesMax) return { kind: 'large', sizeBytes: facts.size, executable };
  // The same file, opened again to be read: no name is looked up any more, so there is nothing to swap.
  const file = await step(`/proc/self/fd/${place.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  const pieces: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, length);
    if (bytesRead === 0) return { kind: 'file', content: Buffer.concat(pieces), executable };
    length += bytesRead;
    if (length > bytesMax) return { kind: 'large', sizeBytes: length, executable };
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

function whatElse(facts: Stats): string {
  if (facts.isFIFO()) return 'a named pipe';
  if (facts.isSocket()) return 'a socket';
  return 'a device';
}

function notRead(cause: unknown): WorkspaceFile {
  if (cause instanceof NoWorkspace) throw cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  const errno = cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number' ? cause.errno : undefined;
  if (code === 'ENOENT') return { kind: 'missing' };
  // O_DIRECTORY on a link or a file: what was there before is not there any more.
  if (code === 'ENOTDIR' || code === 'ELOOP') return { kind: 'unknown', why: 'a folder on the way to it is no folder' };
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return { kind: 'unknown', why: `the system says: ${words ?? code ?? String(cause)}` };
}
