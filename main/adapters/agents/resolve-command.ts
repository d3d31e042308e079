import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { joinBinds } from '../../core/agents/join-binds.ts';
import { parseShebang, shebangBytesMax } from '../../core/agents/shebang.ts';
import { isInside, isInsideAny, isSystemVisible, kernelFolders, tooWide } from '../../core/agents/system-folders.ts';
import type { SandboxBind } from '../../core/sandbox/sandbox.ts';
import { type AttestedFile, attestFile, isUnchanged } from './file-digest.ts';
import { findPackage, ownPackageFolder, type PackageFacts } from './find-package.ts';
import { followPath, type LinkHop } from './follow-path.ts';
import { readStart } from './read-bounded.ts';
import type { FoundToolchain } from './toolchains.ts';

/**
 * Guarantee: the command is the one the caller's shell would have started, only it and what it cannot run without
 * become visible, and its attestation says which bytes those are.
 *
 * Threat: a command, link, script or package manifest under an attacker's hand that tries to open more of the host:
 * a package folder that is the home, a link into /proc, an interpreter in a private folder. Above all what an agent left in the
 * workspace for the next start: `./tool` turned into a link to another project's program, or into a script that names one.
 *
 * Limits: shared libraries beside a lone executable are not found; a dynamic script may want files that nothing names.
 * Those need a `file.read` grant.
 */
export interface CommandQuestion {
  /** The first word of the command line, as typed. */
  readonly command: string;
  /** The caller's working directory, absolute. */
  readonly cwd: string;
  /** The caller's PATH. Relative entries in it are never searched. */
  readonly path: string;
  /** Canonical. */
  readonly home: string;
  /** Canonical. */
  readonly workspace: string;
  readonly toolchains: readonly FoundToolchain[];
}

export interface CommandAttestation {
  readonly executable: AttestedFile;
  /** Interpreters, the script's own first. */
  readonly interpreters: readonly AttestedFile[];
  readonly package: PackageFacts | undefined;
}

export interface ResolvedCommand {
  /** What is executed inside: the place where it was found, in its folder's canonical path, not its real path. */
  readonly path: string;
  /** As typed, since programs such as busybox choose by it. */
  readonly argv0: string;
  /** Symbolic links outside everything visible that must be recreated. */
  readonly links: readonly LinkHop[];
  /** Read-only; parents first. */
  readonly binds: readonly SandboxBind[];
  /** Whether it is part of the workspace or led to by a link in it, and so under the agent's hand. */
  readonly inWorkspace: boolean;
  /** Id of the toolchain it belongs to. */
  readonly toolchain: string | undefined;
  readonly attestation: CommandAttestation;
}

/** A script may name a script as its interpreter this often (the kernel's own limit is 5). */
const interpretersMax = 4;

/**
 * Finds the executable, what it needs to be seen, and what it is. Rejects with `command_not_found` and what was
 * searched.
 */
export async function resolveCommand(question: CommandQuestion): Promise<ResolvedCommand> {
  const main = await locate(question.command, question);
  const located = [main, ...(await locateInterpreters(main, question))];
  const attested = await Promise.all(located.map((one) => attest(one, question.command)));
  const [executable, ...interpreters] = attested;
  if (executable === undefined) throw new Error('the executable itself is always located');
  const needs = await Promise.all(located.map((one) => findNeeds(one, question)));
  return {
    path: main.path,
    argv0: question.command,
    links: uniqueLinks(needs.flatMap((need) => need.links)),
    binds: joinBinds(needs.flatMap((need) => need.binds)),
    inWorkspace: main.reach === 'nothing',
    toolchain: findToolchainOf(main, question.toolchains)?.id,
    attestation: { executable, interpreters, package: await findPackage(placesOf(main)) },
  };
}

/** Whether the executable and its interpreters still are what was attested; for the check at each decision (GRT-4). */
export function binaryUnchanged(attestation: CommandAttestation): Promise<boolean> {
  return isUnchanged([attestation.executable, ...attestation.interpreters]);
}

/**
 * How much of the host may be shown for a file. `all`: the person named it, so it comes with its package. `itself`: a script
 * of the workspace chose it by name from the person's PATH. `nothing`: the workspace, and so an earlier session, says where it is.
 */
type Reach = 'all' | 'itself' | 'nothing';

interface Located {
  /** Canonical folder and the name as found. */
  readonly path: string;
  readonly real: string;
  readonly hops: readonly LinkHop[];
  readonly reach: Reach;
}

/** Every place the executable goes by: as found, each link on the way, the real file. */
function placesOf(located: Omit<Located, 'reach'>): string[] {
  return [...new Set([located.path, ...located.hops.map((hop) => hop.at), located.real])];
}

async function locate(
  command: string,
  question: CommandQuestion,
  askedBy?: string,
  reach: Reach = 'all',
): Promise<Located> {
  const isPath = command.includes('/');
  const folders = isPath ? [] : searchFolders(question.path);
  const candidates = isPath
    ? [posix.isAbsolute(command) ? command : `${question.cwd}/${command}`]
    : folders.map((folder) => `${folder}/${command}`);
  if (command === '' || command.includes('\0')) throw notFound(command, 'it is not a file name', askedBy);
  let denied: string | undefined;
  for (const candidate of candidates) {
    const state = await executableState(candidate);
    if (state === 'yes') return withinReach(await followCandidate(candidate, command, askedBy), reach, question);
    // execvp goes on after a file that may not be executed, and reports it only when nothing else was found.
    if (state === 'no') denied ??= candidate;
  }
  if (denied !== undefined) throw notFound(command, `${denied} is there but is not an executable file`, askedBy);
  const where = isPath ? (candidates[0] ?? command) : folders.join(', ') || 'an empty PATH';
  throw notFound(command, `searched ${where}`, askedBy);
}

/** What is found in the workspace, or by way of a link in it, shows nothing outside it. */
function withinReach(found: Omit<Located, 'reach'>, reach: Reach, { workspace }: CommandQuestion): Located {
  const byWorkspace = placesOf(found).some((place) => isInside(place, workspace));
  return { ...found, reach: byWorkspace ? 'nothing' : reach };
}

async function followCandidate(
  candidate: string,
  command: string,
  askedBy: string | undefined,
): Promise<Omit<Located, 'reach'>> {
  const folder = await followPath(posix.dirname(candidate));
  const path = folder === undefined ? candidate : posix.join(folder.real, posix.basename(candidate));
  const followed = await followPath(path);
  if (followed === undefined) throw notFound(command, `${candidate} cannot be followed`, askedBy);
  if (isInsideAny(followed.real, kernelFolders) || isInsideAny(path, kernelFolders)) {
    throw notFound(command, `${candidate} leads to ${followed.real}, which never is visible inside`, askedBy);
  }
  return { path, real: followed.real, hops: followed.hops };
}

/** The folders execvp would search, without relative ones: those would let the working directory choose the command. */
function searchFolders(path: string): string[] {
  return path.split(':').filter((entry) => entry.startsWith('/') && !entry.includes('\0'));
}

async function executableState(path: string): Promise<'yes' | 'no' | 'absent'> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return 'absent';
  if (!facts.isFile()) return 'no';
  return access(path, constants.X_OK).then(
    () => 'yes' as const,
    () => 'no' as const,
  );
}

function notFound(command: string, why: string, askedBy: string | undefined): Error {
  const what =
    askedBy === undefined
      ? `The command ${JSON.stringify(command)} was not found.`
      : `The interpreter ${JSON.stringify(command)} of ${askedBy} was not found.`;
  return operatingError('command_not_found', what, {
    why: `${why.slice(0, 2000)}.`,
    remedy: 'Give its full path, or add its folder to the PATH.',
  });
}

async function locateInterpreters(main: Located, question: CommandQuestion): Promise<Located[]> {
  const found: Located[] = [];
  for (let script = main; found.length < interpretersMax; ) {
    const start = await readStart(script.real, shebangBytesMax);
    const shebang = start === undefined ? undefined : parseShebang(start);
    if (shebang === undefined) return found;
    const asker = script;
    const interpreter = await locate(shebang.interpreter, question, asker.path, asker.reach);
    found.push(interpreter);
    script = interpreter;
    if (shebang.viaEnv !== undefined) {
      const reach = asker.reach === 'all' || shebang.viaEnv.includes('/') ? asker.reach : 'itself';
      script = await locate(shebang.viaEnv, question, interpreter.path, reach);
      found.push(script);
    }
  }
  return found;
}

async function attest(located: Located, command: string): Promise<AttestedFile> {
  const attested = await attestFile(located.real);
  if (attested !== undefined) return attested;
  throw operatingError('command_not_found', `The command ${JSON.stringify(command)} cannot be started.`, {
    why: `${located.real} cannot be read, so it cannot be attested.`,
    remedy: 'Make the file readable for you, and start it again when it no longer changes.',
  });
}

interface Needs {
  readonly binds: readonly SandboxBind[];
  readonly links: readonly LinkHop[];
}

/** What must be shown for one file, given what is visible anyway. */
async function findNeeds(located: Located, question: CommandQuestion): Promise<Needs> {
  if (located.reach === 'nothing') return { binds: [], links: [] };
  const companions = located.reach === 'all' ? await findCompanions(located, question) : [];
  const visible = [...question.toolchains.flatMap((one) => one.binds), ...companions].map((bind) => bind.path);
  const isVisible = (path: string): boolean =>
    isSystemVisible(path, question.home) || isInside(path, question.workspace) || isInsideAny(path, visible);
  const lone: SandboxBind[] = isVisible(located.real)
    ? []
    : [{ path: located.real, mode: 'read-only', reason: `the command ${posix.basename(located.path)}` }];
  return {
    binds: [...companions, ...lone],
    links: located.hops.filter((hop) => !isVisible(hop.at)),
  };
}

/** Folders without which the file cannot run: its npm package with its dependencies, its virtual environment. */
async function findCompanions(located: Located, question: CommandQuestion): Promise<SandboxBind[]> {
  const binds: SandboxBind[] = [];
  for (const place of placesOf(located)) {
    const modules = outermostModules(place) ?? (await ownPackageFolder(place));
    if (modules !== undefined)
      binds.push({ path: modules, mode: 'read-only', reason: 'the npm package of the command' });
    const environment = await findVirtualEnvironment(place);
    if (environment !== undefined) {
      binds.push({ path: environment, mode: 'read-only', reason: 'the virtual environment of the command' });
    }
  }
  return binds.filter(
    (bind) =>
      tooWide(bind.path, question.home) === undefined &&
      !isSystemVisible(bind.path, question.home) &&
      !isInside(bind.path, question.workspace) &&
      // A package that contains the workspace would show the workspace's surroundings.
      !isInside(question.workspace, bind.path),
  );
}

/** `/a/node_modules/b/node_modules/c/x` → `/a/node_modules`: dependencies are hoisted there. */
function outermostModules(path: string): string | undefined {
  const end = path.indexOf('/node_modules/');
  return end === -1 ? undefined : path.slice(0, end + '/node_modules'.length);
}

async function findVirtualEnvironment(path: string): Promise<string | undefined> {
  const root = posix.dirname(posix.dirname(path));
  const marker = await stat(posix.join(root, 'pyvenv.cfg')).catch(() => undefined);
  return marker?.isFile() ? root : undefined;
}

function findToolchainOf(located: Located, toolchains: readonly FoundToolchain[]): FoundToolchain | undefined {
  return toolchains.find((toolchain) =>
    placesOf(located).some((place) =>
      isInsideAny(
        place,
        toolchain.binds.map((bind) => bind.path),
      ),
    ),
  );
}

function uniqueLinks(links: readonly LinkHop[]): LinkHop[] {
  return [...new Map(links.map((link) => [link.at, link])).values()];
}
