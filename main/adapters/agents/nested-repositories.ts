import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { posix } from 'node:path';
import { watchScope } from '../../core/agents/workspace-noise.ts';

/**
 * Guarantee: within the bounds, every Git folder that lies below a workspace's top when a session starts is found: of
 * repositories in folders of it, and of submodules below `.git/modules`. Links are not followed; when a bound is reached,
 * that is said.
 *
 * Threat: an agent that writes a hook or `core.fsmonitor` into the repository under `vendor/`, or into a submodule's folder, which
 * the person's own `git status` at the top executes.
 *
 * Limits: insides of installed packages are not searched. A repository that the agent makes during the session is not there yet.
 */
export interface NestedRepositories {
  /** Absolute, in no order. */
  readonly gitFolders: readonly string[];
  /** False when a bound was reached. */
  readonly complete: boolean;
}

/** Names looked at: a third of a second of processor time, nearest to the top first. */
const entriesMax = 20_000;
/** Git folders that are held; each costs a few mounts, and portcullis holds a bounded number of them. */
export const nestedRepositoriesMax = 24;

/** Looks for Git folders below a workspace's top. `workspace` is canonical. */
export async function findNestedRepositories(workspace: string): Promise<NestedRepositories> {
  const gitFolders: string[] = [];
  const pending: string[] = [''];
  let entries = 0;
  // Nearest to the top first, so that a deep or crowded folder does not use the bound up before the others are looked at.
  for (const folder of pending) {
    const children = await foldersIn(posix.join(workspace, folder), entriesMax - entries);
    entries += children.looked;
    const isGit = folder === '.git' || isGitFolder(children);
    if (isGit && folder !== '.git' && folder !== '') gitFolders.push(posix.join(workspace, folder));
    if (entries >= entriesMax || gitFolders.length > nestedRepositoriesMax) {
      return { gitFolders: gitFolders.slice(0, nestedRepositoriesMax), complete: false };
    }
    // In a Git folder only submodules lead further.
    const further = isGit ? children.folders.filter((name) => name === 'modules') : children.folders;
    const paths = further.map((name) => posix.join(folder, name));
    pending.push(...paths.filter((path) => watchScope(path) === 'follow'));
  }
  return { gitFolders, complete: true };
}

interface Children {
  readonly folders: readonly string[];
  readonly files: ReadonlySet<string>;
  readonly looked: number;
}

async function foldersIn(path: string, most: number): Promise<Children> {
  const folders: string[] = [];
  const files = new Set<string>();
  let looked = 0;
  try {
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      looked += 1;
      if (looked > most) break;
      if (isFolder(entry)) folders.push(entry.name);
      else if (entry.name === 'HEAD') files.add(entry.name);
    }
  } catch {
    // Gone meanwhile, or shut: what cannot be read here cannot be obeyed by the same person's Git either.
  }
  return { folders, files, looked };
}

function isFolder(entry: Dirent): boolean {
  return entry.isDirectory() && !entry.isSymbolicLink();
}

/** By what Git itself goes by (gitrepository-layout(5)). */
function isGitFolder({ folders, files }: Children): boolean {
  return files.has('HEAD') && folders.includes('objects') && folders.includes('refs');
}
