import { type BigIntStats, lstatSync, opendirSync } from 'node:fs';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { watchScope } from '../../core/agents/workspace-noise.ts';

/**
 * Guarantee: within the bounds, every Git folder that lies below a workspace's top when a session starts is found: of repositories
 * in folders of it, of submodules below `.git/modules`, of worktrees below `.git/worktrees`; and every `.git` file. Links are not
 * followed; when a bound is reached, that is said.
 *
 * Threat: an agent that writes a hook or `core.fsmonitor` into the repository under `vendor/`, or into a submodule's folder, which
 * the person's own `git status` at the top executes; one that does so where the last search found nothing, or that shuts a folder in one
 * session (`chmod 000 vendor`) and opens it in the next.
 *
 * Limits: insides of installed packages are not searched. A repository that the agent makes during the session is not there yet. On a
 * file system that does not keep the change times of folders, a later search may go by what an earlier one saw.
 */
export interface NestedRepositories {
  /** Absolute, in no order. */
  readonly gitFolders: readonly string[];
  /** Absolute: files that say where the repository of their folder is (gitrepository-layout(5)). */
  readonly gitFiles: readonly string[];
  /** Absolute: folders that their owner shut by their mode, and that whoever runs as the same user can open again inside. */
  readonly shut: readonly string[];
  /** False when a bound was reached. */
  readonly complete: boolean;
}

/** Names looked at: a tenth of a second of processor time, nearest to the top first. */
const entriesMax = 50_000;
/** Git folders that are held; each costs a few mounts, and portcullis holds a bounded number of them. */
export const nestedRepositoriesMax = 24;
/** Names after which others get a turn: a few milliseconds. */
const entriesATurn = 2_000;
/** Entries that are read from a folder at a time. */
const entriesARead = 512;

/** What of a folder is remembered from one search to the next, in all: folders, and names of folders in them. */
const foldersKeptMax = 16_384;
const namesKeptMax = 65_536;
/**
 * A folder that changed so shortly before it was read may have changed again within the same tick of the file system's clock, unseen by
 * its change time. It is read again until it has been still for so long.
 */
const settledNs = 2_000_000_000n;

/** What one folder held. */
interface Children {
  /** Absolute paths of the folders in it that are searched. */
  readonly folders: readonly string[];
  readonly isGitFolder: boolean;
  /** Its `.git` is a file. */
  readonly hasGitFile: boolean;
  /** It could not be looked into. */
  readonly isShut: boolean;
  /** How many names it has. */
  readonly looked: number;
}

/** What was in folders, for as long as their change time says that it is so still. No program can set that time back. */
const known = new Map<string, Children & { readonly state: string }>();
let namesKept = 0;

/** Looks for Git folders below a workspace's top. `workspace` is canonical. */
export async function findNestedRepositories(workspace: string): Promise<NestedRepositories> {
  const gitFolders: string[] = [];
  const gitFiles: string[] = [];
  const shut: string[] = [];
  const own = `${workspace}/.git`;
  const pending: string[] = [workspace];
  let entries = 0;
  let turn = entriesATurn;
  // Nearest to the top first, so that a deep or crowded folder does not use the bound up before the others are looked at.
  for (const folder of pending) {
    const children = childrenOf(folder, workspace, entriesMax - entries);
    entries += children.looked;
    if (children.isGitFolder && folder !== own && folder !== workspace) gitFolders.push(folder);
    if (children.hasGitFile && folder !== workspace) gitFiles.push(`${folder}/.git`);
    if (children.isShut && folder !== workspace) shut.push(folder);
    if (entries >= entriesMax || gitFolders.length + gitFiles.length + shut.length > nestedRepositoriesMax) {
      const folders = gitFolders.slice(0, nestedRepositoriesMax);
      const files = gitFiles.slice(0, nestedRepositoriesMax - folders.length);
      const rest = shut.slice(0, nestedRepositoriesMax - folders.length - files.length);
      return { gitFolders: folders, gitFiles: files, shut: rest, complete: false };
    }
    for (const child of children.folders) pending.push(child);
    if (entries < turn) continue;
    turn = entries + entriesATurn;
    await yieldToOthers();
  }
  return { gitFolders, gitFiles, shut, complete: true };
}

const nothing: Children = { folders: [], isGitFolder: false, hasGitFile: false, isShut: false, looked: 0 };

/** What is in a folder: as it was read before when it has not changed since, which takes one system call instead of many. */
function childrenOf(folder: string, workspace: string, most: number): Children {
  // A number of nanoseconds, exactly, since what changed within a microsecond changed.
  const facts = lstatSync(folder, { bigint: true, throwIfNoEntry: false });
  if (facts?.isDirectory() !== true) return nothing;
  if (isShutByOwner(facts)) return { ...nothing, isShut: true };
  const state = `${facts.dev} ${facts.ino} ${facts.ctimeNs} ${facts.mtimeNs}`;
  const before = known.get(folder);
  if (before?.state === state && before.looked <= most) return before;
  forget(folder);
  const settled = BigInt(Date.now()) * 1_000_000n - facts.ctimeNs > settledNs;
  const children = readFolder(folder, workspace, most);
  if (settled && children.looked < most) remember(folder, { ...children, state });
  return children;
}

/** Whether we may not read or search a folder of our own. Root may whatever the mode says; a folder of somebody else's, no session opens. */
function isShutByOwner({ uid, mode }: BigIntStats): boolean {
  const own = process.getuid?.() ?? 0;
  return own !== 0 && uid === BigInt(own) && (mode & 0o500n) !== 0o500n;
}

function readFolder(folder: string, workspace: string, most: number): Children {
  const folders: string[] = [];
  const files = new Set<string>();
  let looked = 0;
  try {
    const listing = opendirSync(folder, { bufferSize: entriesARead });
    try {
      for (let entry = listing.readSync(); entry !== null && looked < most; entry = listing.readSync()) {
        looked += 1;
        if (entry.isDirectory()) folders.push(entry.name);
        else if (nameFiles.has(entry.name) && entry.isFile()) files.add(entry.name);
      }
    } finally {
      listing.closeSync();
    }
  } catch {
    // Gone meanwhile, or shut: what cannot be read here cannot be obeyed by the same person's Git either.
  }
  // By what Git itself goes by (gitrepository-layout(5)): a worktree's own folder has the rest of it elsewhere.
  const isGitFolder =
    files.has('HEAD') && (files.has('commondir') || (folders.includes('objects') && folders.includes('refs')));
  const isOwn = folder === `${workspace}/.git`;
  // In a Git folder only submodules and worktrees lead further.
  const further = isGitFolder || isOwn ? folders.filter((name) => name === 'modules' || name === 'worktrees') : folders;
  const below = folder.slice(workspace.length + 1);
  return {
    folders: further
      .filter((name) => watchScope(below === '' ? name : `${below}/${name}`) === 'follow')
      .map((name) => `${folder}/${name}`),
    isGitFolder,
    hasGitFile: files.has('.git'),
    isShut: false,
    looked,
  };
}

const nameFiles: ReadonlySet<string> = new Set(['HEAD', 'commondir', '.git']);

function remember(folder: string, children: Children & { readonly state: string }): void {
  known.set(folder, children);
  namesKept += children.folders.length;
  for (const oldest of known.keys()) {
    if (known.size <= foldersKeptMax && namesKept <= namesKeptMax) break;
    forget(oldest);
  }
}

function forget(folder: string): void {
  const before = known.get(folder);
  if (before === undefined) return;
  known.delete(folder);
  namesKept -= before.folders.length;
}
