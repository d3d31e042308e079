import { posix } from 'node:path';
import {
  packedCommit,
  packedRefsBytesMax,
  parseRef,
  type RefText,
  refBytesMax,
  refHopsMax,
} from '../../core/diff/git-refs.ts';
import { readSmallText } from './read-bounded.ts';

/** Where a workspace's repository stands. */
export interface GitHead {
  /** Canonical: the Git folder that has the objects. */
  readonly folder: string;
  readonly commit?: string;
  /** Why the commit is not known. */
  readonly unknown?: string;
}

/**
 * Reads which commit is checked out. `gitFolders` as `findWorkspace` gives them: of a worktree, the common folder first. Git itself is not
 * run: what it obeys belongs to whoever wrote the repository. A file that leads elsewhere can only make the commit an unknown one.
 */
export async function readGitHead(gitFolders: readonly string[]): Promise<GitHead | undefined> {
  const [folder] = gitFolders;
  const own = gitFolders.at(-1);
  if (folder === undefined || own === undefined) return undefined;
  const head = await readRef(posix.join(own, 'HEAD'));
  if (head === undefined) return { folder, unknown: 'its HEAD cannot be read' };
  let at: RefText = head;
  for (let hops = 0; hops < refHopsMax; hops += 1) {
    if ('commit' in at) return { folder, commit: at.commit };
    const { ref } = at;
    const next = await lookUp(ref, own, folder);
    if (next === undefined) return { folder, unknown: `it has no commit under ${ref}` };
    at = next;
  }
  return { folder, unknown: 'its HEAD leads from ref to ref' };
}

async function lookUp(ref: string, own: string, common: string): Promise<RefText | undefined> {
  // A worktree has refs of its own (`refs/bisect`); all others are common to all.
  for (const folder of new Set([own, common])) {
    const loose = await readRef(posix.join(folder, ref));
    if (loose !== undefined) return loose;
  }
  const packed = await readSmallText(posix.join(common, 'packed-refs'), packedRefsBytesMax);
  const commit = packed === undefined ? undefined : packedCommit(packed, ref);
  return commit === undefined ? undefined : { commit };
}

async function readRef(path: string): Promise<RefText | undefined> {
  const text = await readSmallText(path, refBytesMax);
  return text === undefined ? undefined : parseRef(text);
}
