import { readFileSync } from 'node:fs';
import type { Grant } from '#contract/grant.ts';
import { GrantTable } from '../../main/core/grants/grant-table.ts';
import { parseGrantSpec } from '../../main/core/grants/spec.ts';
import { parsePathSets } from '../../main/core/policy/path-sets.ts';
import type { PolicyLayer } from '../../main/core/policy/policy-layer.ts';
import type { PolicyGround } from '../../main/core/policy/policy-set.ts';
import type { Principal } from '../../main/core/policy/request.ts';

function read(name: string): string {
  return readFileSync(new URL(`../../resources/policies/${name}`, import.meta.url), 'utf8');
}

/** The schema and path sets that ship. */
export const ground: PolicyGround = {
  schema: read('schema.cedarschema'),
  pathSets: parsePathSets(read('paths.json'), { gatehouse: ['/home/me/.local/share/gatehouse'] }),
};

/** The base layer without its examples, which say nothing about other layers and take most of the time of loading. */
export const quickBaseLayer: PolicyLayer = {
  name: 'base',
  files: [{ name: 'base.cedar', text: read('base.cedar').replace(/^@example_\w+\("[^"]*"\)\n/gmu, '') }],
};

/** The base layer that ships. */
export const baseLayer: PolicyLayer = { name: 'base', files: [{ name: 'base.cedar', text: read('base.cedar') }] };

/** The session that fuzzed policies and mounts are about. */
export const principal: Principal = {
  sessionId: 'a1c9-tiger-lamp',
  agent: 'claude',
  taskId: 't-1a2b3c4d',
  workspace: '/home/me/project',
  home: '/home/me',
};

/** When everything happens. */
export const at = Date.parse('2026-01-01T00:00:00.000Z');

/** Grants of the session's task, good at `at`. */
export function grantsOf(specs: readonly string[]): readonly Grant[] {
  const table = new GrantTable();
  const place = { cwd: principal.workspace, home: principal.home };
  for (const [index, spec] of specs.entries()) {
    const pattern = parseGrantSpec(spec, place);
    const { taskId } = principal;
    table.issue({ id: `g-${index}`, pattern, taskId, giver: 'person', issuedAt: at, expiresAt: at + 1000 });
  }
  return table.list({ all: false });
}
