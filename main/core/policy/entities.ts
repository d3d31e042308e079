/**
 * Guarantee: a request becomes exactly one question to the engine, and a path or host is in every ancestor that any rule
 * names. Ancestors are found by component, never by string prefix.
 *
 * Threat: a rule for a folder or a domain that misses something inside it, or catches `/home/me/src2` for
 * `/home/me/src`, or `notexample.org` for `example.org`.
 *
 * Limits: paths and hosts come in canonical; making them so is the work of whoever builds the request. Ancestors that no
 * rule names are left out, since no rule can tell the difference.
 */
import type { Resource } from '#contract/actions.ts';
import { classifyAddress } from '../network/address-guard.ts';
import { parseHost } from '../network/host.ts';
import { guarded } from '../sandbox/guards.ts';
import type { CedarRequest, EntityId, EntityJson } from './cedar.ts';
import type { PathSets } from './path-sets.ts';
import type { DecisionRequest, Principal } from './request.ts';

/** The entities that rules name, and so the only ancestors worth listing. */
export interface NamedEntities {
  /** Path expressions as written in rules. */
  readonly paths: ReadonlySet<string>;
  /** Path expression → the path sets (`@name`) that hold it. */
  readonly setsOf: ReadonlyMap<string, readonly string[]>;
  readonly hosts: ReadonlySet<string>;
  readonly agents: ReadonlySet<string>;
  readonly tasks: ReadonlySet<string>;
}

/** Collects what rules name. */
export function collectNamed(entities: readonly EntityId[], sets: PathSets): NamedEntities {
  const ofType = (type: string) => new Set(entities.flatMap((each) => (each.type === type ? [each.id] : [])));
  const paths = ofType('Path');
  const setsOf = new Map<string, string[]>();
  for (const [name, members] of sets) {
    if (!paths.has(`@${name}`)) continue;
    for (const member of members) {
      setsOf.set(member, [...(setsOf.get(member) ?? []), `@${name}`]);
    }
  }
  return { paths, setsOf, hosts: ofType('Host'), agents: ofType('Agent'), tasks: ofType('Task') };
}

/** Builds the engine's question, or says why the request is not one. */
export function buildCedarRequest(
  request: DecisionRequest,
  named: NamedEntities,
  liftedGates: readonly string[],
): CedarRequest | { readonly bad: string } {
  const about = describe(request, named);
  if ('bad' in about) return about;
  const principal = { type: 'AgentSession', id: request.principal.sessionId };
  const entities = [...principalEntity(request.principal, named)];
  if (about.parents.length > 0) entities.push({ uid: { ...about.resource }, attrs: {}, parents: [...about.parents] });
  return {
    principal,
    action: { type: 'Action', id: request.action },
    resource: about.resource,
    context: { ...about.context, liftedGates: [...liftedGates] },
    entities,
  };
}

function principalEntity(principal: Principal, named: NamedEntities): readonly EntityJson[] {
  const parents: EntityId[] = [];
  if (named.agents.has(principal.agent)) parents.push({ type: 'Agent', id: principal.agent });
  if (named.tasks.has(principal.taskId)) parents.push({ type: 'Task', id: principal.taskId });
  if (parents.length === 0) return [];
  return [{ uid: { type: 'AgentSession', id: principal.sessionId }, attrs: {}, parents }];
}

type About =
  | {
      readonly resource: EntityId;
      readonly parents: readonly EntityId[];
      readonly context: Record<string, string | number | string[]>;
    }
  | { readonly bad: string };

function describe(request: DecisionRequest, named: NamedEntities): About {
  const { action, resource, principal } = request;
  switch (action) {
    case 'file.read':
    case 'file.write':
    case 'file.delete':
    case 'file.protected':
      if (resource.kind !== 'path') return mismatch(request);
      return {
        resource: { type: 'Path', id: resource.path },
        parents: pathParents(resource.path, principal, named).map((id) => ({ type: 'Path', id })),
        context: {},
      };
    case 'net.connect':
      if (resource.kind !== 'host') return mismatch(request);
      return describeHost(request, resource, named, {});
    case 'http.request': {
      if (resource.kind !== 'url') return mismatch(request);
      const { scheme, method, path } = resource;
      return describeHost(request, resource, named, { scheme, method, path });
    }
    case 'process.exec':
      if (resource.kind !== 'program') return mismatch(request);
      return { resource: { type: 'Program', id: resource.path }, parents: [], context: {} };
    case 'secret.use':
      if (resource.kind !== 'secret') return mismatch(request);
      return { resource: { type: 'Secret', id: resource.name }, parents: [], context: { host: resource.host } };
    case 'tool.call':
      if (resource.kind !== 'tool') return mismatch(request);
      return { resource: { type: 'Tool', id: `${resource.server}/${resource.tool}` }, parents: [], context: {} };
    case 'identity.issue':
      return { resource: { type: 'Agent', id: principal.agent }, parents: [], context: {} };
  }
}

function mismatch(request: DecisionRequest): { readonly bad: string } {
  return { bad: `${request.action} is not about a ${request.resource.kind}.` };
}

function describeHost(
  request: DecisionRequest,
  resource: Extract<Resource, { kind: 'host' | 'url' }>,
  named: NamedEntities,
  more: Record<string, string>,
): About {
  const { host, port } = resource;
  const canonical = hostParts(host);
  if (canonical === undefined) return { bad: `${JSON.stringify(host)} is not a canonical host.` };
  // A name is judged by everything it leads to; a literal address by itself, whatever else is claimed about it.
  const led = canonical.kind === 'address' ? [host] : (request.addresses ?? []);
  const judged = canonical.kind === 'name' && !guarded('address-guard') ? [] : led;
  const classes = new Set(judged.map((address) => classifyAddress(address, request.ownAddresses ?? [])));
  return {
    resource: { type: 'Host', id: host },
    parents: canonical.parents.filter((id) => named.hosts.has(id)).map((id) => ({ type: 'Host', id })),
    context: { ...more, port, hostKind: canonical.kind, addressClasses: [...classes] },
  };
}

/** The kind of a canonical host and its parent domains; undefined when the text is not canonical. */
function hostParts(
  host: string,
): { readonly kind: 'name' | 'address'; readonly parents: readonly string[] } | undefined {
  try {
    const parsed = parseHost(host);
    if (parsed.kind === 'address') return parsed.address === host ? { kind: 'address', parents: [] } : undefined;
    return parsed.name === host ? { kind: 'name', parents: parentDomains(host) } : undefined;
  } catch {
    // Not a host: the request is refused as malformed, which is the answer this stands for.
    return undefined;
  }
}

/** `a.b.c` → `b.c`, `c`. */
export function parentDomains(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join('.'));
}

/** The path itself and its ancestors, nearest first, ending in `/`. */
export function pathAncestors(path: string): readonly string[] {
  const found: string[] = [];
  for (let at = path; at.length > 1; at = at.slice(0, at.lastIndexOf('/'))) found.push(at);
  found.push('/');
  return found;
}

/** The named paths and path sets that hold `path`: written in full, from `$WORKSPACE`, or from `$HOME`. */
export function pathParents(path: string, principal: Principal, named: NamedEntities): readonly string[] {
  const found = new Set<string>();
  const consider = (expression: string) => {
    if (named.paths.has(expression)) found.add(expression);
    for (const set of named.setsOf.get(expression) ?? []) found.add(set);
  };
  for (const ancestor of pathAncestors(path)) {
    consider(ancestor);
    for (const [name, folder] of [
      ['$WORKSPACE', principal.workspace],
      ['$HOME', principal.home],
    ] as const) {
      if (ancestor === folder) consider(name);
      else if (folder === '/') consider(name + ancestor);
      else if (ancestor.startsWith(`${folder}/`)) consider(name + ancestor.slice(folder.length));
    }
  }
  found.delete(path);
  return [...found];
}
