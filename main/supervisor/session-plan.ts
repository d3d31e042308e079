import { createHash } from 'node:crypto';
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { AlwaysRule } from '#contract/always-rule.ts';
import type { ExposedPort } from '#contract/exposed-port.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import type { Limits, SessionStart } from '#contract/session.ts';
import type { Toolchain } from '#contract/toolchain.ts';
import { type ResolvedCommand, resolveCommand } from '../adapters/agents/resolve-command.ts';
import { buildInsidePath, findToolchains } from '../adapters/agents/toolchains.ts';
import { type FoundWorkspace, findWorkspace } from '../adapters/agents/workspace.ts';
import { ownFolders, type StatePaths } from '../adapters/control/paths.ts';
import { withoutShimFolders } from '../adapters/shims/shim-folder.ts';
import { choosePreset, presetGrants, presetNotices } from '../core/agents/choose-preset.ts';
import { buildEnvironment, credentialNotices } from '../core/agents/environment.ts';
import { joinBinds } from '../core/agents/join-binds.ts';
import { type GrantPattern, parseGrantSpec } from '../core/grants/spec.ts';
import type { Existence } from '../core/policy/compile-mounts.ts';
import type { SandboxBind, SandboxRequest } from '../core/sandbox/sandbox.ts';
import { exposedNotices, planExposed } from './exposed-ports.ts';

/** Limits of a session for which nobody said others. `gatehouse doctor` prints them. */
export const limitsDefault: Limits = { processes: 1024, openFiles: 65_536 };

/** The proxy's port inside. A session that is granted the host's own port of that number, or exposes it, gets the next one. */
const proxyPortDefault = 3128;

/** The person whose supervisor this is. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  /** Canonical. */
  readonly home: string;
}

/** Finds out who runs this supervisor. */
export function findCaller(): Caller {
  const { uid, gid, username } = userInfo();
  return { uid, gid, name: username, home: realpathSync(homedir()) };
}

/** A grant that the session will hold, not issued yet. */
export interface PlannedGrant {
  readonly pattern: GrantPattern;
  readonly giver: 'person' | 'preset' | 'always';
  /** The always-rule that gives it. */
  readonly rule?: string;
}

/** Everything gathered for one session before anything of it exists. */
export interface SessionGround {
  readonly agent: string;
  readonly preset: Preset;
  readonly workspace: FoundWorkspace;
  readonly command: ResolvedCommand;
  readonly grants: readonly PlannedGrant[];
  /** Read-only and hidden places that the command, its toolchains and Git need. */
  readonly toolBinds: readonly SandboxBind[];
  readonly toolLinks: SandboxRequest['links'];
  readonly environment: (sessionId: string) => Readonly<Record<string, string>>;
  readonly proxyPort: number;
  /** Ports of the session that the person reaches on the host. */
  readonly exposed: readonly ExposedPort[];
  readonly limits: Limits;
  readonly notices: readonly string[];
}

/** What ships with the product and does not change while it runs. */
export interface Shelf {
  readonly presets: readonly Preset[];
  readonly toolchains: readonly Toolchain[];
}

/** The person's always-rules for an agent in a workspace. */
export type AlwaysOf = (agent: string, workspace: string) => readonly AlwaysRule[];

/** Gathers: reads the machine, changes nothing. Rejects with the error a person should see. */
export async function gatherSession(
  start: SessionStart,
  caller: Caller,
  paths: StatePaths,
  shelf: Shelf & {
    readonly always: AlwaysOf;
    /** A folder around the workspace whose programs are as much under an agent's hand as those of the workspace. */
    readonly within?: string | undefined;
  },
): Promise<SessionGround> {
  const [typed = ''] = start.command;
  // A shim is no program of the agent's: it leads here.
  const searchPath = withoutShimFolders(start.callerEnvironment['PATH'] ?? '');
  const workspace = await findWorkspace({
    cwd: start.cwd,
    workspace: start.workspace,
    home: caller.home,
    stateFolders: stateFolders(paths),
    uid: caller.uid,
  });
  const place = { home: caller.home, workspace: workspace.path };
  const toolchains = await findToolchains({
    ...place,
    toolchains: shelf.toolchains,
    environment: start.callerEnvironment,
  });
  const inside = await buildInsidePath({ ...place, path: searchPath, toolchains });
  const command = await resolveCommand({
    ...place,
    workspace: shelf.within ?? workspace.path,
    command: typed,
    cwd: start.cwd,
    path: searchPath,
    toolchains,
  });
  const preset = choosePreset({
    presets: shelf.presets,
    // A repository could bring an executable named like an agent and get its model hosts: there only `--agent` counts.
    requested: start.agent ?? (command.inWorkspace ? genericPresetId : undefined),
    command: typed,
    package: command.attestation.package,
  });
  const agent = start.agent ?? preset.id;
  const grants: PlannedGrant[] = [
    ...presetGrants(preset).map((spec) => plannedGrant(spec, 'preset', start.cwd, caller)),
    ...shelf.always(agent, workspace.path).map(({ spec, id }) => ({
      ...plannedGrant(spec, 'always', '/', caller),
      rule: id,
    })),
    ...start.grants.map((spec) => plannedGrant(spec, 'person', start.cwd, caller)),
  ];
  const exposed = await planExposed(start.expose ?? [], relaysOf(grants));
  const proxyPort = choosePort([...relaysOf(grants), ...exposed]);
  const build = (sessionId: string) =>
    buildEnvironment({
      sessionId,
      user: caller.name,
      home: caller.home,
      shell: existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh',
      path: inside.path,
      caller: start.callerEnvironment,
      proxyPort,
      toolchains,
      preset,
      passed: start.environment,
    });
  return {
    agent,
    preset,
    workspace,
    command,
    grants,
    toolBinds: joinBinds([
      ...toolchains.flatMap((toolchain) => toolchain.binds),
      ...inside.binds,
      ...command.binds,
      ...workspace.extraBinds,
    ]),
    toolLinks: uniqueLinks([...toolchains.flatMap((toolchain) => toolchain.links), ...command.links]),
    environment: (sessionId) => build(sessionId).environment,
    proxyPort,
    exposed,
    limits: { ...limitsDefault, ...start.limits },
    notices: [
      ...workspace.notices,
      ...presetNotices(preset),
      ...exposedNotices(exposed),
      ...build('0000-none-none').notices,
      ...credentialNotices(preset, start.presentVariables ?? [], start.environment),
    ],
  };
}

/** Gatehouse's own folders, their real places included. */
export function stateFolders(paths: StatePaths): string[] {
  return ownFolders(paths);
}

/** Where the private home of an agent in a workspace is kept. */
export function homeStoreOf(paths: StatePaths, agent: string, workspace: string): string {
  return join(paths.homes, agent, createHash('sha256').update(workspace).digest('hex').slice(0, 16));
}

/** Host loopback ports that literal grants open: each gets a listener inside. */
export function relaysOf(grants: readonly PlannedGrant[]): SandboxRequest['relays'] {
  const relays: { host: '127.0.0.1' | '::1'; port: number }[] = [];
  for (const { pattern } of grants) {
    if (pattern.action !== 'net.connect' || pattern.host.kind !== 'address') continue;
    const { address } = pattern.host;
    if (address !== '127.0.0.1' && address !== '::1') continue;
    for (const port of pattern.port === undefined ? [443, 80] : [pattern.port]) {
      if (!relays.some((relay) => relay.host === address && relay.port === port)) relays.push({ host: address, port });
    }
  }
  return relays;
}

/** What is at a host path, for the mount plan; `link` when a symbolic link is it or leads to it, dangling or not. */
export function existenceOf(path: string): Existence {
  try {
    // Most of what rules name is not there, which takes no error to say; the system follows links faster than Node's own steps do.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return 'missing';
    if (realpathSync.native(path) !== path) return 'link';
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch {
    // What cannot be followed is a link to nowhere, or nothing at all.
    return isLink(path) ? 'link' : 'missing';
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch (cause) {
    // ENOTDIR: a worktree's `.git` is a file, and nothing is below it.
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    // A folder shut by its mode may hold what rules protect, and whoever owns it can open it again inside.
    throw operatingError('workspace_refused', `${path} cannot be looked at, and a rule names it.`, {
      why: `The system says ${String(code)}.`,
      remedy: 'Make its folder readable, then run again.',
      cause,
    });
  }
}

export function plannedGrant(spec: string, giver: PlannedGrant['giver'], cwd: string, caller: Caller): PlannedGrant {
  const pattern = parseGrantSpec(spec, { cwd, home: caller.home });
  if (pattern.action !== 'file.read' && pattern.action !== 'file.write') return { pattern, giver };
  // A mount attaches to the real place; a link in the spec would show one name and open another.
  const path = realPlace(pattern.path, spec);
  if (path.includes('\ufffd')) {
    // Bytes that are not UTF-8 are read as U+FFFD, which may be the name of another folder.
    throw operatingError('grant_refused', `The grant ${spec} leads to a path that is not valid UTF-8.`, {
      remedy: 'Rename that folder, or grant another.',
    });
  }
  return { pattern: { ...pattern, path }, giver };
}

function realPlace(path: string, spec: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw operatingError('grant_refused', `The grant ${spec} names a path that does not exist.`, {
      remedy: 'Create it first, or grant a folder that exists.',
      cause,
    });
  }
}

function choosePort(used: readonly { readonly port: number }[]): number {
  const taken = new Set(used.map(({ port }) => port));
  let port = proxyPortDefault;
  while (taken.has(port)) port += 1;
  return port;
}

function uniqueLinks(links: SandboxRequest['links']): SandboxRequest['links'] {
  return [...new Map(links.map((link) => [link.at, link])).values()];
}
