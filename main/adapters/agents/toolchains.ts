import { lstat, readdir, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Toolchain } from '#contract/toolchain.ts';
import { joinBinds } from '../../core/agents/join-binds.ts';
import { isInside, isSystemVisible, tooWide } from '../../core/agents/system-folders.ts';
import type { SandboxBind } from '../../core/sandbox/sandbox.ts';
import { followPath, type LinkHop } from './follow-path.ts';

/**
 * Guarantee: what is bound for a toolchain is read-only, lies below a root of that toolchain, and never is, contains or
 * replaces the home, a system folder or the workspace.
 *
 * Threat: a variable or a link that points a toolchain's root at something wider or private; credential files that
 * package managers keep beside their programs.
 *
 * Limits: the data files name what is known; a secret that a person put into a toolchain's program folder is seen.
 */
export interface ToolchainQuestion {
  readonly toolchains: readonly Toolchain[];
  /** Canonical. */
  readonly home: string;
  /** Canonical. */
  readonly workspace: string;
  /** The caller's variables that may move a root, e.g. `CARGO_HOME`. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface FoundToolchain {
  readonly id: string;
  readonly title: string;
  /** Canonical roots that exist. */
  readonly roots: readonly string[];
  /** `read-only` and `hidden`; parents first. */
  readonly binds: readonly SandboxBind[];
  /** Links that lead from where the root is expected to where it is. */
  readonly links: readonly LinkHop[];
  /** Canonical folders of executables. */
  readonly pathEntries: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A `*` in a pattern stands for at most this many names. */
const namesMax = 256;

/** Every toolchain of the person that exists, in the order of the data files. */
export async function findToolchains(question: ToolchainQuestion): Promise<FoundToolchain[]> {
  const found = await Promise.all(question.toolchains.map((toolchain) => findToolchain(toolchain, question)));
  return found.filter((toolchain) => toolchain !== undefined);
}

async function findToolchain(toolchain: Toolchain, question: ToolchainQuestion): Promise<FoundToolchain | undefined> {
  const roots: string[] = [];
  const links: LinkHop[] = [];
  const binds: SandboxBind[] = [];
  const pathEntries: string[] = [];
  for (const root of rootCandidates(toolchain, question)) {
    const followed = await followPath(root);
    if (followed === undefined || roots.includes(followed.real) || !isAllowed(followed.real, question)) continue;
    const folders = await expandAll(followed.real, toolchain.folders, question);
    if (folders.length === 0) continue;
    roots.push(followed.real);
    links.push(...followed.hops.filter((hop) => !isSystemVisible(hop.at, question.home)));
    const hidden = await expandAll(followed.real, toolchain.hidden, question);
    binds.push(
      ...folders.map((path) => ({ path, mode: 'read-only' as const, reason: `toolchain ${toolchain.title}` })),
    );
    binds.push(
      ...hidden
        .filter((path) => folders.some((folder) => isInside(path, folder)))
        .map((path) => ({ path, mode: 'hidden' as const, reason: `may hold credentials of ${toolchain.title}` })),
    );
    pathEntries.push(...(await expandAll(followed.real, toolchain.pathEntries, question)));
  }
  const first = roots[0];
  if (first === undefined) return undefined;
  const environment = environmentOf(toolchain, first, question);
  return { id: toolchain.id, title: toolchain.title, roots, binds: joinBinds(binds), links, pathEntries, environment };
}

/** A root may be below the home or a folder of the person elsewhere; the home itself would show everything in it. */
function isAllowed(path: string, question: ToolchainQuestion): boolean {
  return (
    tooWide(path, question.home) === undefined &&
    !isSystemVisible(path, question.home) &&
    !isInside(path, question.workspace)
  );
}

function rootCandidates(toolchain: Toolchain, { environment, home }: ToolchainQuestion): string[] {
  return toolchain.roots.flatMap(({ variable, defaults }) => {
    const moved = variable === undefined ? undefined : environment[variable];
    const isUsable = moved?.startsWith('/') === true && !moved.includes('\0');
    return [
      ...(isUsable ? [posix.normalize(moved).replace(/(.)\/$/u, '$1')] : []),
      ...defaults.map((path) => inHome(path, home)),
    ];
  });
}

function inHome(path: string, home: string): string {
  return path.startsWith('~/') ? posix.join(home, path.slice(2)) : path;
}

async function expandAll(root: string, patterns: readonly string[], question: ToolchainQuestion): Promise<string[]> {
  const expanded = await Promise.all(patterns.map((pattern) => expandPattern(root, pattern)));
  // The workspace may lie inside a toolchain (somebody develops it); then the workspace's own bind comes on top.
  return [...new Set(expanded.flat())].filter((path) => tooWide(path, question.home) === undefined);
}

/** Paths that exist for a pattern. Links below the root are not followed: they could lead out of it. */
async function expandPattern(root: string, pattern: string): Promise<string[]> {
  let paths = [root];
  for (const part of pattern === '.' ? [] : pattern.split('/')) {
    const next = await Promise.all(
      paths.map(async (path) => {
        const names = part.includes('*') ? await matchingNames(path, part) : [part];
        const found = await Promise.all(names.map(async (name) => keepUnlinked(posix.join(path, name))));
        return found.filter((one) => one !== undefined);
      }),
    );
    paths = next.flat().slice(0, namesMax);
  }
  return paths;
}

async function matchingNames(folder: string, part: string): Promise<string[]> {
  const [before = '', after = ''] = part.split('*', 2);
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after))
    .sort()
    .slice(0, namesMax);
}

async function keepUnlinked(path: string): Promise<string | undefined> {
  const facts = await lstat(path).catch(() => undefined);
  return facts === undefined || facts.isSymbolicLink() || !(facts.isDirectory() || facts.isFile()) ? undefined : path;
}

function environmentOf(toolchain: Toolchain, root: string, question: ToolchainQuestion): Record<string, string> {
  const fixed = Object.entries(toolchain.environment).map(
    ([name, value]) => [name, value.replaceAll('{root}', root).replaceAll('{home}', question.home)] as const,
  );
  const passed = toolchain.passedVariables.flatMap((name) => {
    const value = question.environment[name];
    // Versions and paths only; anything else could be a secret under a harmless name.
    return value !== undefined && /^[\w./+:@=, -]{1,512}$/u.test(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries([...fixed, ...passed]);
}

export interface InsidePathQuestion {
  /** The caller's PATH. */
  readonly path: string;
  readonly home: string;
  readonly workspace: string;
  readonly toolchains: readonly FoundToolchain[];
}

export interface InsidePath {
  /** PATH for inside. */
  readonly path: string;
  /** Read-only binds of folders that belong to no toolchain, e.g. `~/bin`. */
  readonly binds: readonly SandboxBind[];
  /** Entries of the caller's that do not exist inside, with the reason. */
  readonly dropped: readonly { readonly entry: string; readonly why: string }[];
}

const pathEntriesMax = 256;
const fallbackPath = '/usr/local/bin:/usr/bin:/bin';

/**
 * The caller's PATH as it holds inside: entries that will be visible, canonical, each once, in the caller's order.
 * Relative entries never count: they would let the working directory choose what a command means.
 */
export async function buildInsidePath(question: InsidePathQuestion): Promise<InsidePath> {
  const entries: string[] = [];
  const binds: SandboxBind[] = [];
  const dropped: { entry: string; why: string }[] = [];
  for (const entry of question.path.split(':').slice(0, pathEntriesMax)) {
    const judged = await judgeEntry(entry, question);
    if ('why' in judged) {
      if (entry !== '') dropped.push({ entry, why: judged.why });
      continue;
    }
    if (judged.bind !== undefined && !entries.includes(judged.path)) binds.push(judged.bind);
    if (!entries.includes(judged.path)) entries.push(judged.path);
  }
  return { path: entries.length === 0 ? fallbackPath : entries.join(':'), binds: joinBinds(binds), dropped };
}

type Judged = { readonly path: string; readonly bind?: SandboxBind } | { readonly why: string };

async function judgeEntry(entry: string, question: InsidePathQuestion): Promise<Judged> {
  if (!entry.startsWith('/')) return { why: 'it is relative' };
  // /proc/self/cwd and the like mean another folder to whoever reads them.
  if (isInside(posix.normalize(entry), '/proc')) return { why: 'it belongs to the running system' };
  const followed = await followPath(entry);
  const facts = followed === undefined ? undefined : await stat(followed.real).catch(() => undefined);
  if (followed === undefined || !facts?.isDirectory()) return { why: 'it does not exist' };
  const path = followed.real;
  if (path.includes(':')) return { why: 'its real path holds a colon' };
  if (isInside(path, question.workspace)) return judgeInWorkspace(path);
  if (isSystemVisible(path, question.home)) return { path };
  const binds = question.toolchains.flatMap((toolchain) => toolchain.binds);
  if (binds.some((bind) => bind.mode === 'read-only' && isInside(path, bind.path))) return { path };
  const why = tooWide(path, question.home);
  if (why !== undefined) return { why };
  // Others could put a program there, which the agent would run and the person would be held to have chosen.
  if ((facts.mode & 0o002) !== 0) return { why: 'everybody may write to it' };
  // A whole project on the PATH would show everything in it, for the sake of a few programs.
  const isProject = (await lstat(posix.join(path, '.git')).catch(() => undefined)) !== undefined;
  if (isProject) return { why: 'it is a whole repository' };
  return { path, bind: { path, mode: 'read-only', reason: 'a folder of the PATH' } };
}

/** The repository must not choose commands by a folder of its own; a virtual environment was activated by the person. */
async function judgeInWorkspace(path: string): Promise<Judged> {
  const marker = await lstat(posix.join(posix.dirname(path), 'pyvenv.cfg')).catch(() => undefined);
  return marker?.isFile() ? { path } : { why: 'it belongs to the workspace' };
}
