import { lstat, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { gitConfigBytesMax, parseGitConfig } from '../../core/agents/git-config.ts';
import { gitFileBytesMax, parseGitFile, parsePathFile } from '../../core/agents/gitfile.ts';
import { isInside, isInsideAny, kernelFolders } from '../../core/agents/system-folders.ts';
import type { SandboxBind } from '../../core/sandbox/sandbox.ts';
import { systemFolders } from '../../core/sandbox/system-paths.ts';
import { followPath } from './follow-path.ts';
import { findNestedRepositories, nestedRepositoriesMax } from './nested-repositories.ts';
import { findObeyedPaths } from './obeyed-paths.ts';
import { readSmallText } from './read-bounded.ts';

/**
 * Guarantee: the workspace is a folder the person meant, never the home, the system or Gatehouse's own state; a folder
 * outside it is added only when that folder itself says, by its back-link, that it is this worktree's repository.
 *
 * Threat: a repository that brings a `.git` file pointing at another repository, so that its history and hooks become
 * writable; a `.git` planted above the working directory to widen the workspace. Nothing of the workspace is executed.
 *
 * Limits: alternates (`objects/info/alternates`) outside are not followed; a repository with a separate Git folder that
 * does not point back works without Git inside.
 */
export interface WorkspaceQuestion {
  /** The caller's working directory. */
  readonly cwd: string;
  /** What `--workspace` said; relative to `cwd`. Absent: the Git top level of `cwd`, else `cwd`. */
  readonly workspace: string | undefined;
  /** Canonical. */
  readonly home: string;
  /** Canonical folders of Gatehouse's own state. */
  readonly stateFolders: readonly string[];
  /** The caller's user id: whose repositories count as theirs. */
  readonly uid: number;
}

export interface FoundWorkspace {
  /** Canonical. */
  readonly path: string;
  /** Canonical working directory inside the workspace; the workspace itself when the caller stood elsewhere. */
  readonly cwd: string;
  /** Git's own folders of this workspace, canonical: `.git`, or a worktree's own and common folder. */
  readonly gitFolders: readonly string[];
  /** Folders outside the workspace that belong to it, and guarded files of theirs and of nested repositories read-only; parents first. */
  readonly extraBinds: readonly SandboxBind[];
  /** What a person should know, e.g. that the repository's Git folder stays outside. */
  readonly notices: readonly string[];
}

/** As many folders up as a path has components at most (PATH_MAX / 2). */
const foldersUpMax = 2048;

/** Finds the workspace of a run. Rejects with `workspace_refused`. */
export async function findWorkspace(question: WorkspaceQuestion): Promise<FoundWorkspace> {
  const cwd = await canonicalFolder(question.cwd, question.cwd);
  const path =
    question.workspace === undefined
      ? ((await findTopLevel(cwd, question)) ?? cwd)
      : await canonicalFolder(posix.resolve(cwd, question.workspace), question.workspace);
  const why = refusal(path, question);
  if (why !== undefined) throw refused(path, why);
  const found = await findGitFolders(path, question);
  const nested = await holdObeyed(path, question.home, found.gitFolders);
  return {
    path,
    cwd: isInside(cwd, path) ? cwd : path,
    gitFolders: found.gitFolders,
    extraBinds: [...found.extraBinds, ...nested.binds],
    notices: [...found.notices, ...nested.notices],
  };
}

async function canonicalFolder(path: string, asTyped: string): Promise<string> {
  if (path.includes('\0')) throw refused(asTyped, 'it is not a path');
  const followed = path.startsWith('/') ? await followPath(path) : undefined;
  // Bytes that are not UTF-8 arrive as U+FFFD, which may be the name of another folder, with other things in it.
  if (path.includes('\ufffd') || followed?.real.includes('\ufffd'))
    throw refused(asTyped, 'its name is not valid UTF-8');
  if (followed === undefined) throw refused(asTyped, 'it does not exist');
  const facts = await stat(followed.real).catch(() => undefined);
  if (!facts?.isDirectory()) throw refused(asTyped, 'it is not a folder');
  return followed.real;
}

/** Shared places: fine to work below, never to hand over whole. */
const sharedFolders = ['/opt', '/tmp', '/var', '/var/tmp', '/var/lib', '/home', '/root', '/srv', '/mnt', '/media'];
/** Folders of the home that hold secrets or everything at once. */
const privateFolders = ['.ssh', '.gnupg', '.aws', '.azure', '.kube', '.docker', '.password-store', '.mozilla'];
const broadFolders = ['.config', '.local', '.local/share', '.local/state', '.cache'];

function refusal(path: string, { home, stateFolders }: WorkspaceQuestion): string | undefined {
  if (path === '/') return 'it is the root of the file system';
  if (path === home) return 'it is your home folder';
  if (isInside(home, path)) return 'it contains your home folder';
  const own = stateFolders.find((folder) => isInside(path, folder) || isInside(folder, path));
  if (own !== undefined) return `it holds Gatehouse's own state (${own})`;
  const system = [...systemFolders.filter((folder) => folder !== '/opt'), '/etc', ...kernelFolders];
  if (!isInside(path, home) && isInsideAny(path, system)) return 'it belongs to the system';
  if (sharedFolders.includes(path)) return 'it is shared with everything else in it';
  if (privateFolders.some((name) => isInside(path, posix.join(home, name)))) return 'it holds your secrets';
  if (broadFolders.some((name) => path === posix.join(home, name))) return 'it holds the settings of every program';
  return undefined;
}

function refused(path: string, why: string): Error {
  return operatingError('workspace_refused', `${path} cannot be a workspace.`, {
    why: `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}.`,
    remedy: 'Go to the folder of one project, or name it with --workspace DIR.',
  });
}

/** The nearest folder upwards with a `.git`, below the home; a folder that everybody may write to never counts. */
async function findTopLevel(cwd: string, question: WorkspaceQuestion): Promise<string | undefined> {
  let folder = cwd;
  for (let up = 0; up < foldersUpMax && folder !== '/' && folder !== question.home; up += 1) {
    const git = await lstat(posix.join(folder, '.git')).catch(() => undefined);
    const facts = git === undefined ? undefined : await lstat(folder).catch(() => undefined);
    if (git !== undefined && facts !== undefined && (git.isDirectory() || git.isFile())) {
      // A `.git` that another user planted above (in /tmp, say) must not widen the workspace.
      const isOwn = git.uid === question.uid || git.uid === facts.uid;
      return isOwn && (facts.mode & 0o002) === 0 ? folder : undefined;
    }
    folder = posix.dirname(folder);
  }
  return undefined;
}

type GitFolders = Pick<FoundWorkspace, 'gitFolders' | 'extraBinds' | 'notices'>;

async function findGitFolders(workspace: string, question: WorkspaceQuestion): Promise<GitFolders> {
  const marker = posix.join(workspace, '.git');
  const facts = await lstat(marker).catch(() => undefined);
  if (facts?.isDirectory()) return { gitFolders: [marker], extraBinds: [], notices: [] };
  if (!facts?.isFile()) return { gitFolders: [], extraBinds: [], notices: [] };
  const found = await followGitFile(workspace, marker, question);
  // The file says where Git finds its settings and hooks, so it is as much a protected file as they are (GRT-7).
  const held = { path: marker, mode: 'read-only' as const, reason: gitFileReason };
  return { ...found, extraBinds: [...found.extraBinds, held] };
}

async function followGitFile(workspace: string, marker: string, question: WorkspaceQuestion): Promise<GitFolders> {
  const text = await readSmallText(marker, gitFileBytesMax);
  const target = text === undefined ? undefined : parseGitFile(text);
  const gitFolder = target === undefined ? undefined : (await followPath(posix.resolve(workspace, target)))?.real;
  if (gitFolder === undefined) return outside('Its .git file points nowhere; Git will not work inside.');
  if (isInside(gitFolder, workspace)) {
    return { gitFolders: [gitFolder], extraBinds: await guardedFiles([gitFolder]), notices: [] };
  }
  const common = (await worktreeCommon(gitFolder, marker)) ?? (await submoduleFolder(gitFolder, workspace));
  if (common === undefined) {
    return outside(`Its Git folder ${gitFolder} does not point back here and stays outside; Git will not work inside.`);
  }
  const why = refusal(common, question);
  if (why !== undefined) return outside(`Its Git folder ${common} stays outside: ${why}.`);
  const gitFolders = [...new Set([common, gitFolder])];
  return { gitFolders, extraBinds: await guardedBinds(common, gitFolders), notices: [] };
}

function outside(notice: string): GitFolders {
  return { gitFolders: [], extraBinds: [], notices: [notice] };
}

/**
 * The common folder of a worktree (gitrepository-layout(5)): its own folder must be `COMMON/worktrees/NAME`, and its
 * `gitdir` file must point back at exactly this `.git` file, which nobody but the repository's owner could arrange.
 */
async function worktreeCommon(gitFolder: string, marker: string): Promise<string | undefined> {
  const back = await readPath(posix.join(gitFolder, 'gitdir'), gitFolder);
  const common = await readPath(posix.join(gitFolder, 'commondir'), gitFolder);
  if (back !== marker || common === undefined) return undefined;
  return posix.dirname(gitFolder) === posix.join(common, 'worktrees') && (await isRepository(common))
    ? common
    : undefined;
}

/** The folder of a submodule below its superproject's `.git/modules`: its `core.worktree` must point back here. */
async function submoduleFolder(gitFolder: string, workspace: string): Promise<string | undefined> {
  const superproject = /^(.+)\/\.git\/modules\/.+$/u.exec(gitFolder)?.[1];
  if (superproject === undefined || !isInside(workspace, superproject)) return undefined;
  const config = await readSmallText(posix.join(gitFolder, 'config'), gitConfigBytesMax);
  const worktree = config === undefined ? undefined : parseGitConfig(config).get('core.worktree');
  const back = worktree === undefined ? undefined : await followPath(posix.resolve(gitFolder, worktree));
  return back?.real === workspace && (await isRepository(gitFolder)) ? gitFolder : undefined;
}

async function readPath(file: string, base: string): Promise<string | undefined> {
  const text = await readSmallText(file, gitFileBytesMax);
  const path = text === undefined ? undefined : parsePathFile(text);
  return path === undefined ? undefined : (await followPath(posix.resolve(base, path)))?.real;
}

async function isRepository(folder: string): Promise<boolean> {
  const head = await lstat(posix.join(folder, 'HEAD')).catch(() => undefined);
  const objects = await lstat(posix.join(folder, 'objects')).catch(() => undefined);
  return head !== undefined && objects?.isDirectory() === true;
}

const gitFileReason = 'it says where Git finds what it executes';

/** What Git executes, obeys, or finds the others by, in one of its folders. */
const guardedNames = ['config', 'config.worktree', 'hooks', 'info/attributes', 'commondir', 'gitdir'];

/** The repository writable, but what Git executes or obeys in it read-only (GRT-7), and nothing above that renamed away. */
async function guardedBinds(common: string, gitFolders: readonly string[]): Promise<SandboxBind[]> {
  const files = await guardedFiles(gitFolders);
  return [
    { path: common, mode: 'read-write', reason: 'the Git repository of this workspace' },
    ...keepFolders(common, files),
    ...files,
  ];
}

async function guardedFiles(gitFolders: readonly string[]): Promise<SandboxBind[]> {
  const paths = gitFolders.flatMap((folder) => guardedNames.map((name) => posix.join(folder, name)));
  const existing = await Promise.all(
    paths.map(async (path) => ((await lstat(path).catch(() => undefined))?.isSymbolicLink() === false ? [path] : [])),
  );
  return existing.flat().map((path) => ({ path, mode: 'read-only', reason: 'Git executes or obeys it' }));
}

/** What Git executes or obeys inside the workspace beyond its own folder's guarded names: see the two finders. */
async function holdObeyed(
  workspace: string,
  home: string,
  known: readonly string[],
): Promise<{ readonly binds: readonly SandboxBind[]; readonly notices: readonly string[] }> {
  const { gitFolders: nested, gitFiles, shut, complete } = await findNestedRepositories(workspace);
  const gitFolders = [...new Set([...known, ...nested])];
  const obeyed = await findObeyedPaths({ workspace, home, gitFolders });
  const files = [
    ...(await guardedFiles(nested.filter((folder) => !known.includes(folder)))),
    ...gitFiles.map((path) => ({ path, mode: 'read-only' as const, reason: gitFileReason })),
    ...shut.map((path) => ({
      path,
      mode: 'read-only' as const,
      reason: 'it is shut by its mode, so nobody saw what Git obeys in it',
    })),
    ...obeyed.map((path) => ({
      path,
      mode: 'read-only' as const,
      reason: 'Git’s settings say that it executes or obeys it',
    })),
  ];
  const notices = [
    ...(complete
      ? []
      : [
          `The workspace holds more files or repositories than are searched (${nestedRepositoriesMax} repositories): hooks and settings in some nested repositories can be changed.`,
        ]),
    ...(shut.length === 0
      ? []
      : [`The workspace holds folders that are shut by their mode; they stay as they are: ${shut.join(', ')}.`]),
  ];
  return { binds: [...keepFolders(workspace, files), ...files], notices };
}

/**
 * The same for a folder that a grant lets the agent change: what Git executes or obeys in it, in repositories below it, and in a bare
 * repository that it is. An agent that may push to it must not leave a hook there, which the person's own next push runs.
 */
export async function holdGranted(
  folder: string,
  home: string,
): Promise<{ readonly binds: readonly SandboxBind[]; readonly notices: readonly string[] }> {
  const facts = await lstat(folder).catch(() => undefined);
  if (facts?.isDirectory() !== true) return { binds: [], notices: [] };
  const own = await Promise.all(
    [folder, posix.join(folder, '.git')].map(async (path) => ((await isRepository(path)) ? [path] : [])),
  );
  const files = await guardedFiles(own.flat());
  const { binds, notices } = await holdObeyed(folder, home, own.flat());
  return {
    binds: [...keepFolders(folder, files), ...files, ...binds],
    notices: notices.map((notice) => notice.replace(/^The workspace/u, folder)),
  };
}

/** Binds onto themselves of the folders above held files, so that none can be renamed away. */
function keepFolders(top: string, files: readonly SandboxBind[]): SandboxBind[] {
  return files
    .flatMap((file) => foldersBetween(top, file.path))
    .map((path) => ({ path, mode: 'read-write', reason: 'stays in place, since what Git obeys is inside' }));
}

/** The folders below `top` on the way to `path`: a mount point stays where it is, but a folder above it could be renamed. */
function foldersBetween(top: string, path: string): string[] {
  const folders: string[] = [];
  for (let at = posix.dirname(path); at !== top && isInside(at, top); at = posix.dirname(at)) folders.push(at);
  return folders;
}
