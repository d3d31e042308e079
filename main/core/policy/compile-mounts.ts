/**
 * Guarantee: what a session sees of the host's files is what the policies and grants say, path by path, decided by the
 * same engine as every other question; what a mount cannot hold is an error or is named, never left out in silence.
 *
 * Threat: a folder that is granted and holds a key inside; a workspace chosen so wide that it is the whole home; a rule
 * about a file that does not exist yet, which the agent then creates.
 *
 * Limits: a path that a rule hides and that the host creates later inside a folder the agent may only read is seen until
 * the next session. Members of path sets that are missing inside a writable folder, or are links, are returned as
 * `unheld`. Where a link leads is unknown here: the caller adds real paths to the sets (`extendPathSets`), so that `~/.ssh`
 * that is a link into a granted `~/dotfiles` is masked there.
 */

import type { Grant } from '#contract/grant.ts';
import { operatingError } from '#contract/operating-error.ts';
import { patternOf } from '../grants/lifting.ts';
import { formatGrantSpec } from '../grants/spec.ts';
import type { SandboxBind } from '../sandbox/sandbox.ts';
import { allowsByPolicy, decide } from './decide.ts';
import { pathParents } from './entities.ts';
import { expandPath, isWithin } from './path-sets.ts';
import type { PolicySet } from './policy-set.ts';
import type { DecisionRequest, GrantLookup, PathRule, Principal } from './request.ts';
import { isFileRule, namedPaths } from './rule-shape.ts';

/**
 * What is at a host path, gathered beforehand; `namedFilePaths` lists what to ask for. `link`: the path, or a folder on the
 * way to it, is a symbolic link, so that a mount there would cover another place and leave the link to the agent.
 */
export type Existence = 'file' | 'folder' | 'link' | 'missing';

export interface MountFacts {
  readonly policySet: PolicySet;
  readonly principal: Principal;
  /** The file grants among these count; all others are passed over. */
  readonly grants: readonly Grant[];
  /** Further host folders the session sees read-only, such as toolchains: rules inside them are held too. */
  readonly visible?: readonly string[];
  readonly existing: (path: string) => Existence;
  readonly at: number;
}

export interface CompiledMounts {
  /** Parents before children; one per path. */
  readonly binds: readonly SandboxBind[];
  /** Members of path sets that no mount can hold: missing in a folder the agent can write, or a link. */
  readonly unheld: readonly { readonly path: string; readonly rule: string }[];
}

/** A real path that a file rule names. */
export interface NamedPath {
  readonly path: string;
  readonly rule: string;
  /** Named through a path set rather than by the rule itself. */
  readonly fromSet: boolean;
}

/** Every real path that file rules name for this session: those whose existence `compileMounts` asks about. */
export function namedFilePaths(policySet: PolicySet, principal: Principal): readonly NamedPath[] {
  const found = new Map<string, NamedPath>();
  const add = (expression: string, rule: string, fromSet: boolean) => {
    const path = expandPath(expression, principal);
    // A rule that names the path itself is the stricter claim: it fails where a set's member is only reported.
    if (found.get(path)?.fromSet !== false) found.set(path, { path, rule, fromSet });
  };
  for (const rule of policySet.rules.values()) {
    if (!isFileRule(rule.json)) continue;
    for (const expression of namedPaths(rule.json)) {
      if (!expression.startsWith('@')) add(expression, rule.id, false);
      else for (const member of policySet.pathSets.get(expression.slice(1)) ?? []) add(member, rule.id, true);
    }
  }
  return [...found.values()];
}

/** Says for each path whether it may be read and written: the engine's own answer. */
export function pathRules(facts: MountFacts, paths: readonly string[]): readonly PathRule[] {
  return paths.map((path) => ({ path, read: allowed(facts, 'file.read', path), write: mayWrite(facts, path) }));
}

/**
 * Works out the mounts of the workspace, the file grants and the rules inside them. Throws `workspace_refused`,
 * `grant_refused`, or `policy_invalid` for a rule that no mount can hold.
 */
export function compileMounts(facts: MountFacts): CompiledMounts {
  const { policySet, principal, existing } = facts;
  const roots = gatherRoots(facts);
  const binds = new Map<string, SandboxBind>();
  const unheld: { path: string; rule: string }[] = [];
  for (const root of roots) binds.set(root.path, { path: root.path, mode: root.mode, reason: root.reason });
  const inside = namedFilePaths(policySet, principal)
    .filter((each) => !binds.has(each.path) && roots.some((root) => isWithin(each.path, root.path)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const named of inside) {
    const parent = nearest(named.path, binds);
    if (parent === undefined || parent.mode === 'hidden') continue;
    const found = existing(named.path);
    // In a folder the agent cannot write, what is missing stays missing for it.
    if (found === 'missing' && parent.mode !== 'read-write') continue;
    const mode = modeOf(facts, named.path);
    if (parent.mode === mode) continue;
    if (found === 'file' || found === 'folder') {
      binds.set(named.path, { path: named.path, mode, reason: `rule ${named.rule}` });
    } else if (named.fromSet) {
      unheld.push({ path: named.path, rule: named.rule });
    } else {
      throw unholdable(named, found);
    }
  }
  const needed = [...binds.values()].filter((bind) => nearest(bind.path, binds)?.mode !== bind.mode);
  return { binds: [...needed, ...pins(needed)].sort((a, b) => (a.path < b.path ? -1 : 1)), unheld };
}

/**
 * The folders between a writable bind and a narrower one inside it, bound onto themselves: a mount point cannot be
 * renamed or removed, but its parent could be, and a new one made in its place (`mv .git .git2; mkdir -p .git/hooks`).
 */
function pins(binds: readonly SandboxBind[]): readonly SandboxBind[] {
  const byPath = new Map(binds.map((bind) => [bind.path, bind]));
  const pinned = new Map<string, SandboxBind>();
  for (const bind of binds) {
    const root = nearest(bind.path, byPath);
    if (root?.mode !== 'read-write') continue;
    for (let at = parentOf(bind.path); at !== root.path; at = parentOf(at)) {
      pinned.set(at, { path: at, mode: 'read-write', reason: `stays in place, since ${bind.path} is inside` });
    }
  }
  return [...pinned.values()];
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

interface Root {
  readonly path: string;
  readonly mode: SandboxBind['mode'];
  readonly reason: string;
}

function gatherRoots(facts: MountFacts): readonly Root[] {
  const { principal, policySet, existing } = facts;
  refuseWorkspace(principal, policySet);
  const roots = new Map<string, Root>();
  for (const path of facts.visible ?? [])
    roots.set(path, { path, mode: modeOf(facts, path), reason: 'visible folder' });
  for (const grant of facts.grants) {
    const pattern = patternOf(grant);
    if (pattern.action !== 'file.read' && pattern.action !== 'file.write') continue;
    refuseGrantPath(pattern.path, grant.spec, principal, policySet);
    if (existing(pattern.path) === 'missing') {
      throw refusal(
        'grant_refused',
        `${grant.spec} names a path that does not exist.`,
        'Create it first, or grant its parent.',
      );
    }
    const mode = modeOf(facts, pattern.path);
    const wanted = pattern.action === 'file.write' ? mode === 'read-write' : mode !== 'hidden';
    if (!wanted) throw deniedRoot(facts, 'grant_refused', `The grant ${grant.spec}`, pattern.action, pattern.path);
    roots.set(pattern.path, { path: pattern.path, mode, reason: `grant ${grant.id} (${grant.spec})` });
  }
  const { workspace } = principal;
  const mode = modeOf(facts, workspace);
  if (mode === 'hidden')
    throw deniedRoot(facts, 'workspace_refused', `The workspace ${workspace}`, 'file.read', workspace);
  roots.set(workspace, { path: workspace, mode, reason: 'workspace' });
  return [...roots.values()];
}

/** Throws `workspace_refused` for a workspace that would be no wall at all. */
export function refuseWorkspace(principal: Principal, policySet: PolicySet): void {
  const why = tooWide(principal.workspace, principal, policySet);
  if (why === undefined) return;
  const what = `${principal.workspace} cannot be a workspace.`;
  throw operatingError('workspace_refused', what, { why, remedy: 'Choose a folder of one project.' });
}

/** Throws `grant_refused` for a file grant that would be no wall at all. */
export function refuseGrantPath(path: string, spec: string, principal: Principal, policySet: PolicySet): void {
  const why = tooWide(path, principal, policySet);
  if (why === undefined) return;
  throw operatingError('grant_refused', `The grant ${spec} is refused.`, { why, remedy: 'Grant a folder inside.' });
}

function tooWide(path: string, principal: Principal, policySet: PolicySet): string | undefined {
  if (path === '/') return 'It is the whole file system.';
  if (isWithin(principal.home, path)) return 'It is, or contains, the whole home folder.';
  for (const own of policySet.pathSets.get('gatehouse') ?? []) {
    const state = expandPath(own, principal);
    if (isWithin(state, path)) return `It contains ${state}, where Gatehouse keeps its keys, log and sockets.`;
    if (isWithin(path, state)) return `It is inside ${state}, where Gatehouse keeps its keys, log and sockets.`;
  }
  return undefined;
}

/** Modes by everything rules and grants can tell apart: the dozens of members of a path set are decided once. */
const knownModes = new WeakMap<MountFacts, Map<string, SandboxBind['mode']>>();

function modeOf(facts: MountFacts, path: string): SandboxBind['mode'] {
  const { named } = facts.policySet;
  const covering = [...facts.grants, ...visibleAsGrants(facts)].map((grant) => coversPath(grant, path));
  const own = named.paths.has(path) ? path : '';
  const key = JSON.stringify([pathParents(path, facts.principal, named), own, covering]);
  const known = knownModes.get(facts) ?? new Map<string, SandboxBind['mode']>();
  knownModes.set(facts, known);
  const mode = known.get(key) ?? decideMode(facts, path);
  known.set(key, mode);
  return mode;
}

function coversPath(grant: Grant, path: string): boolean {
  const pattern = patternOf(grant);
  return 'path' in pattern && pattern.action !== 'http.request' && isWithin(path, pattern.path);
}

function decideMode(facts: MountFacts, path: string): SandboxBind['mode'] {
  if (!allowed(facts, 'file.read', path)) return 'hidden';
  return mayWrite(facts, path) ? 'read-write' : 'read-only';
}

/** One writable mount allows changing and deleting alike, so both must be allowed. */
function mayWrite(facts: MountFacts, path: string): boolean {
  return allowed(facts, 'file.write', path) && allowed(facts, 'file.delete', path);
}

type MountAction = 'file.read' | 'file.write' | 'file.delete';

function question(facts: MountFacts, action: MountAction, path: string) {
  const { policySet, principal, at } = facts;
  const request: DecisionRequest = { principal, action, resource: { kind: 'path', path } };
  const grants: GrantLookup = { find: () => [...facts.grants, ...visibleAsGrants(facts)] };
  return { policySet, request, grants, at };
}

function allowed(facts: MountFacts, action: MountAction, path: string): boolean {
  return allowsByPolicy(question(facts, action, path));
}

const visibleGrants = new WeakMap<MountFacts, readonly Grant[]>();

/** A folder that is shown anyway counts as granted for reading, so that rules inside it are judged like any other. */
function visibleAsGrants(facts: MountFacts): readonly Grant[] {
  const known = visibleGrants.get(facts);
  if (known !== undefined) return known;
  const grants = (facts.visible ?? []).map((path, index): Grant => {
    const spec = formatGrantSpec({ action: 'file.read', path });
    const issuedAt = new Date(facts.at).toISOString();
    const expiresAt = new Date(facts.at + 1000).toISOString();
    const { taskId } = facts.principal;
    return { id: `visible-${index}`, spec, action: 'file.read', taskId, giver: 'preset', issuedAt, expiresAt, uses: 0 };
  });
  visibleGrants.set(facts, grants);
  return grants;
}

function deniedRoot(
  facts: MountFacts,
  code: 'grant_refused' | 'workspace_refused',
  subject: string,
  action: 'file.read' | 'file.write',
  path: string,
) {
  // The mounts of a session are worked out before it runs; its validity is judged where it starts.
  const validity = {
    session: 'valid',
    task: 'running',
    binary: 'unchanged',
    identity: 'none',
    breakers: 'whole',
  } as const;
  const reads = decide({ ...question(facts, 'file.read', path), validity });
  const decision = reads.outcome === 'deny' ? reads : decide({ ...question(facts, action, path), validity });
  return operatingError(code, `${subject} is refused.`, {
    why: `${decision.explanation} (${decision.policies.join(', ')})`,
    remedy: 'Choose another folder, or change the policy that stands in the way.',
  });
}

function refusal(code: 'grant_refused', what: string, remedy: string) {
  return operatingError(code, what, { remedy });
}

function unholdable(named: NamedPath, found: 'link' | 'missing') {
  const { path, rule } = named;
  if (found === 'link') {
    return operatingError('policy_invalid', `The rule ${rule} cannot be held: ${path} leads through a symbolic link.`, {
      why: 'A mount would cover what the link leads to, and leave the link itself to the agent.',
      remedy: 'Name the real path in the rule.',
    });
  }
  return operatingError('policy_invalid', `The rule ${rule} cannot be held: ${path} does not exist.`, {
    why: 'A mount needs something to cover, and in a writable folder the agent could create the path itself.',
    remedy: `Create ${path}, or remove the path from the rule.`,
  });
}

function nearest(path: string, binds: ReadonlyMap<string, SandboxBind>): SandboxBind | undefined {
  let at = path;
  while (at.length > 1) {
    at = parentOf(at);
    const bind = binds.get(at);
    if (bind !== undefined) return bind;
  }
  return undefined;
}
