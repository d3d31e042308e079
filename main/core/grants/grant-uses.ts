import type { Grant } from '#contract/grant.ts';
import type { GrantsSummary } from '#contract/session-end.ts';
import type { DecisionRequest } from '../policy/request.ts';
import { patternOf } from './lifting.ts';
import { formatGrantSpec, type GrantPattern, parseGrantSpec } from './spec.ts';

/** Different things that one grant was used for and that are remembered of a session; beyond it nothing narrower is suggested. */
export const usesNotedMax = 64;
/** Exact requests that are suggested in the place of one grant; more are written as one beginning of a path. */
const exactRequestsMax = 4;

/**
 * What one session used its grants for: which went unused, and which narrower ones would have been enough (GRT-5). Folders are
 * held by mounts, which count nothing, so they are neither.
 */
export class GrantUses {
  readonly #used = new Map<string, Map<string, DecisionRequest['resource']>>();

  /** A request went through by these grants. */
  note(grants: readonly string[], { resource }: Pick<DecisionRequest, 'resource'>): void {
    for (const grant of grants) {
      const resources = this.#used.get(grant) ?? new Map();
      this.#used.set(grant, resources);
      if (resources.size <= usesNotedMax) resources.set(JSON.stringify(resource), resource);
    }
  }

  /** Sums up the grants that the session could use; those of a preset are counted, since nobody chose them one by one. */
  sum(held: readonly Grant[]): GrantsSummary {
    const counted = held.filter(({ action }) => !action.startsWith('file.'));
    const isUnused = ({ id }: Grant) => !this.#used.has(id);
    const chosen = counted.filter(({ giver }) => giver === 'person' || giver === 'always');
    const narrower = chosen.flatMap((grant) => {
      const specs = this.#narrowest(grant);
      return specs === undefined ? [] : [{ grant: grant.id, spec: grant.spec, enough: specs }];
    });
    return {
      unused: chosen.filter(isUnused).map(({ id, spec, giver }) => ({ grant: id, spec, giver })),
      unusedOfPreset: counted.filter((grant) => grant.giver === 'preset' && isUnused(grant)).length,
      narrower,
    };
  }

  /** The narrowest specs that cover everything it was used for; undefined when nothing narrower does. */
  #narrowest(grant: Grant): string[] | undefined {
    const resources = [...(this.#used.get(grant.id)?.values() ?? [])];
    if (resources.length === 0 || resources.length > usesNotedMax) return undefined;
    const specs = narrowest(patternOf(grant), resources);
    return specs === undefined || (specs.length === 1 && specs[0] === grant.spec) ? undefined : specs;
  }
}

function narrowest(pattern: GrantPattern, resources: readonly DecisionRequest['resource'][]): string[] | undefined {
  if (pattern.action !== 'net.connect' && pattern.action !== 'http.request') return undefined;
  const urls = resources.filter((resource) => resource.kind === 'url');
  if (urls.length === resources.length) return requestSpecs(urls);
  const hosts = resources.filter((resource) => resource.kind === 'host' || resource.kind === 'url');
  return unique(hosts.map(({ host, port }) => canonical(`net.connect:${bracketed(host)}:${port}`)));
}

type Url = Extract<DecisionRequest['resource'], { kind: 'url' }>;

/** Exact requests when they are few; else, for each host and method, the longest folder that all paths share. */
function requestSpecs(urls: readonly Url[]): string[] {
  const at = ({ method, host, port }: Url) => `http.request:${method} http://${bracketed(host)}:${port}`;
  const exact = urls.every(({ path }) => isPrintable(path))
    ? unique(urls.map((url) => canonical(`${at(url)}${url.path}`)))
    : undefined;
  if (exact !== undefined && exact.length <= exactRequestsMax) return exact;
  const byPlace = Map.groupBy(urls, at);
  return unique(
    [...byPlace].map(([place, group]) => canonical(`${place}${sharedFolder(group.map(({ path }) => path))}*`)),
  );
}

/** `/a/` for `/a/b` and `/a/c?d`: the longest beginning that ends in a slash of the path and can be printed. */
function sharedFolder(paths: readonly string[]): string {
  const [first = '/', ...others] = paths;
  let shared = 0;
  while (shared < first.length && others.every((path) => path[shared] === first[shared])) shared += 1;
  const beforeQuery = first.slice(0, shared).split('?', 1)[0] ?? '';
  const folder = beforeQuery.slice(0, beforeQuery.lastIndexOf('/') + 1);
  return folder !== '' && isPrintable(folder) ? folder : '/';
}

/** A path with a star at its end would be read as a pattern, and one with other than printable ASCII hides something. */
function isPrintable(path: string): boolean {
  return /^[\x21-\x7e]*$/u.test(path) && !path.endsWith('*');
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function canonical(spec: string): string {
  return formatGrantSpec(parseGrantSpec(spec, { cwd: '/', home: '/' }));
}

function unique(specs: readonly string[]): string[] {
  return [...new Set(specs)].sort();
}
