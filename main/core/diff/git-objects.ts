/**
 * Guarantee: what is taken for the content of a file at a commit is exactly that. Commit, trees and file are each checked against the id
 * that the one before it names, beginning with the id that the supervisor wrote down when the session began.
 *
 * Threat: an agent writes into `.git/objects`, which is its own folder too, and replaces what Git stored, so that its changes look as if they
 * had always been there.
 *
 * Limits: SHA-1 as Git uses it: two contents of one id can be made, but only by whoever makes both.
 */
import { createHash } from 'node:crypto';

/** An object as `git cat-file --batch` gives it. */
export interface GitObject {
  readonly kind: string;
  readonly content: Buffer;
}

/** Entries of one tree that are looked through. */
const treeEntriesMax = 200_000;

/** Whether an object is what its id says. 40 hex digits are SHA-1, 64 SHA-256. */
export function isGenuine(id: string, { kind, content }: GitObject): boolean {
  const hash = createHash(id.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`${kind} ${content.length}\0`).update(content).digest('hex') === id;
}

/** The tree of a commit. Undefined for what is no commit. */
export function treeOf({ kind, content }: GitObject): string | undefined {
  if (kind !== 'commit') return undefined;
  return /^tree ([0-9a-f]{40}|[0-9a-f]{64})\n/u.exec(content.subarray(0, 80).toString('latin1'))?.[1];
}

/** What a tree has under a name. */
export interface TreeEntry {
  readonly kind: 'folder' | 'file' | 'link' | 'submodule' | 'other';
  readonly executable: boolean;
  readonly id: string;
}

/** Looks a name up. Undefined when the tree has none such, or is none. */
export function entryOf({ kind, content }: GitObject, name: string, idCharacters: number): TreeEntry | undefined {
  if (kind !== 'tree') return undefined;
  const wanted = Buffer.from(name, 'utf8');
  const idBytes = idCharacters / 2;
  for (let at = 0, entries = 0; at < content.length && entries < treeEntriesMax; entries += 1) {
    const space = content.indexOf(0x20, at);
    const end = space === -1 ? -1 : content.indexOf(0, space);
    if (end === -1 || end + 1 + idBytes > content.length) return undefined;
    if (content.subarray(space + 1, end).equals(wanted)) {
      const mode = content.subarray(at, space).toString('latin1');
      return { ...meaningOf(mode), id: content.subarray(end + 1, end + 1 + idBytes).toString('hex') };
    }
    at = end + 1 + idBytes;
  }
  return undefined;
}

function meaningOf(mode: string): Pick<TreeEntry, 'kind' | 'executable'> {
  switch (mode) {
    case '40000':
      return { kind: 'folder', executable: false };
    case '120000':
      return { kind: 'link', executable: false };
    case '160000':
      return { kind: 'submodule', executable: false };
    case '100755':
      return { kind: 'file', executable: true };
    default:
      return { kind: mode.startsWith('100') ? 'file' : 'other', executable: false };
  }
}
