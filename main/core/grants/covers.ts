/**
 * Guarantee: one grant covers another only when everything that the other lets through, it lets through too. What cannot be told
 * apart by looking counts as not covered.
 * Threat: a session that names a grant of its own for another one and gets more by it: a parent folder, a whole domain, another port.
 * Limits: a hint for clear errors and for listeners inside. Each use is decided by the engine for every session of the chain.
 */
import { isWithin } from '../policy/path-sets.ts';
import { defaultPorts, formatGrantSpec, type GrantPattern, type HostPattern, hostKey } from './spec.ts';

/** Whether whatever `inner` lets through, `outer` lets through. */
export function covers(outer: GrantPattern, inner: GrantPattern): boolean {
  switch (inner.action) {
    case 'file.read':
    case 'file.write': {
      if (outer.action !== 'file.read' && outer.action !== 'file.write') return false;
      if (inner.action === 'file.write' && outer.action === 'file.read') return false;
      return isWithin(inner.path, outer.path);
    }
    case 'net.connect': {
      if (outer.action !== 'net.connect' || !coversHost(outer.host, inner.host)) return false;
      return outer.port === inner.port || (inner.port !== undefined && coversPort(outer.port, inner.port));
    }
    case 'http.request': {
      if (outer.action === 'net.connect')
        return coversHost(outer.host, inner.host) && coversPort(outer.port, inner.port);
      if (outer.action !== 'http.request') return false;
      if (hostKey(outer.host) !== hostKey(inner.host) || outer.port !== inner.port) return false;
      if (outer.method !== '*' && outer.method !== inner.method) return false;
      return outer.prefix ? inner.path.startsWith(outer.path) : !inner.prefix && inner.path === outer.path;
    }
    case 'process.exec':
    case 'secret.use':
      return formatGrantSpec(outer) === formatGrantSpec(inner);
  }
}

function coversHost(outer: HostPattern, inner: HostPattern): boolean {
  if (hostKey(outer) === hostKey(inner)) return true;
  if (outer.kind !== 'below' || inner.kind === 'address') return false;
  return (inner.kind === 'below' ? inner.domain : inner.name).endsWith(`.${outer.domain}`);
}

function coversPort(outer: number | undefined, inner: number): boolean {
  return outer === undefined ? defaultPorts.includes(inner) : outer === inner;
}
