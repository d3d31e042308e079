import { readFileSync } from 'node:fs';
import { parsePathReasons } from '../../../main/core/policy/path-reasons.ts';
import { parsePathSets } from '../../../main/core/policy/path-sets.ts';
import type { LayerName, PolicyLayer } from '../../../main/core/policy/policy-layer.ts';
import { loadPolicySet, type PolicyGround, type PolicySet } from '../../../main/core/policy/policy-set.ts';
import type { DecisionRequest, Principal, Validity } from '../../../main/core/policy/request.ts';

const folder = new URL('../../../resources/policies/', import.meta.url);

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

/** The schema and path sets that ship, with one folder of Gatehouse's own. */
export const ground: PolicyGround = {
  schema: read('schema.cedarschema'),
  pathSets: parsePathSets(read('paths.json'), { gatehouse: ['/home/me/.local/share/gatehouse'] }),
  reasons: parsePathReasons(read('paths.json')),
};

export const baseLayer: PolicyLayer = { name: 'base', files: [{ name: 'base.cedar', text: read('base.cedar') }] };

/** The base layer and one more file. */
export function withLayer(name: LayerName, text: string): readonly PolicyLayer[] {
  return [baseLayer, { name, files: [{ name: 'policy.cedar', text }] }];
}

export function loadWith(name: LayerName, text: string): PolicySet {
  return loadPolicySet(withLayer(name, text), ground);
}

export const principal: Principal = {
  sessionId: 'a1c9-tiger-lamp',
  agent: 'claude',
  taskId: 't-1a2b3c4d',
  workspace: '/home/me/project',
  home: '/home/me',
};

export const valid: Validity = {
  session: 'valid',
  task: 'running',
  binary: 'unchanged',
  identity: 'none',
  breakers: 'whole',
};

export function connect(host: string, port = 443, addresses?: readonly string[]): DecisionRequest {
  const request: DecisionRequest = { principal, action: 'net.connect', resource: { kind: 'host', host, port } };
  return addresses === undefined ? request : { ...request, addresses };
}

export function get(host: string, path = '/', method = 'GET', port = 80): DecisionRequest {
  return { principal, action: 'http.request', resource: { kind: 'url', scheme: 'http', method, host, port, path } };
}

export function onPath(
  action: 'file.read' | 'file.write' | 'file.delete' | 'file.protected',
  path: string,
): DecisionRequest {
  return { principal, action, resource: { kind: 'path', path } };
}
