/**
 * Guarantee: a grant lifts the gates listed here, for requests its pattern covers, and nothing else. Gates whose answers
 * count once (`@scope("once")`) and gates of a person's or repository's own making are never lifted by a grant.
 *
 * Threat: a grant for one thing that opens another: `/home/me/src` opening `/home/me/src2`, `*.example.org` opening
 * `example.org.attacker.net`, a name that was granted opening the loopback it was pointed at.
 *
 * Limits: a grant of a host lets everything to that host through, its other tenants included.
 */
import type { Grant } from '#contract/grant.ts';
import { hostText } from '../network/host.ts';
import { isWithin } from '../policy/path-sets.ts';
import type { DecisionRequest } from '../policy/request.ts';
import { defaultPorts, type GrantPattern, type HostPattern, parseGrantSpec } from './spec.ts';

const patterns = new WeakMap<Grant, GrantPattern>();

/** The pattern of a grant, read from its canonical spec once. */
export function patternOf(grant: Grant): GrantPattern {
  const known = patterns.get(grant);
  if (known !== undefined) return known;
  const pattern = parseGrantSpec(grant.spec, { cwd: '/', home: '/' });
  patterns.set(grant, pattern);
  return pattern;
}

/** The gates a grant with this pattern lifts for a request; none when the pattern does not cover it. */
export function gatesLifted(pattern: GrantPattern, request: DecisionRequest): readonly string[] {
  const { action, resource } = request;
  switch (pattern.action) {
    case 'file.read':
    case 'file.write': {
      if (resource.kind !== 'path' || !isWithin(resource.path, pattern.path)) return [];
      if (action === 'file.read') return ['file.outside-workspace'];
      const writes = action === 'file.write' || action === 'file.delete';
      return pattern.action === 'file.write' && writes ? ['file.write-outside-workspace'] : [];
    }
    case 'net.connect': {
      if (resource.kind !== 'host' && resource.kind !== 'url') return [];
      // A plain HTTP request may be let through by its host; an HTTPS one that we can read is judged like any other.
      if (!coversHost(pattern.host, resource.host) || !coversPort(pattern.port, resource.port)) return [];
      return pattern.host.kind === 'address' ? ['net.local-address', 'net.new-host'] : ['net.new-host'];
    }
    case 'http.request': {
      if (resource.kind !== 'url' || resource.scheme !== 'http') return [];
      if (hostText(pattern.host) !== resource.host || pattern.port !== resource.port) return [];
      if (pattern.method !== '*' && pattern.method !== resource.method) return [];
      const covered = pattern.prefix ? resource.path.startsWith(pattern.path) : resource.path === pattern.path;
      if (!covered) return [];
      return pattern.host.kind === 'address' ? ['net.local-address', 'net.new-host'] : ['net.new-host'];
    }
    // No rule of the base policy has a gate for these yet.
    case 'process.exec':
    case 'secret.use':
      return [];
  }
}

/** Whether a grant lifts any gate for a request of its own task. */
export function lifts(grant: Grant, request: DecisionRequest): boolean {
  return grant.taskId === request.principal.taskId && gatesLifted(patternOf(grant), request).length > 0;
}

function coversHost(pattern: HostPattern, host: string): boolean {
  return pattern.kind === 'below' ? host.endsWith(`.${pattern.domain}`) : hostText(pattern) === host;
}

function coversPort(granted: number | undefined, port: number): boolean {
  return granted === undefined ? defaultPorts.includes(port) : granted === port;
}

/** The narrowest spec that lifts gates for this request, when some spec could. */
export function grantFor(request: DecisionRequest): GrantPattern | undefined {
  const { action, resource } = request;
  if (resource.kind === 'path') {
    // A path that cannot be printed safely gets no command to copy.
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(resource.path)) return undefined;
    if (action === 'file.read') return { action, path: resource.path };
    return action === 'file.protected' ? undefined : { action: 'file.write', path: resource.path };
  }
  if (resource.kind !== 'host' && resource.kind !== 'url') return undefined;
  const shown = resource.host.includes(':') ? `[${resource.host}]` : resource.host;
  return parseGrantSpec(`net.connect:${shown}:${resource.port}`, { cwd: '/', home: '/' });
}
