import { describe, expect, test } from 'vitest';
import { GrantTable } from '../../../main/core/grants/grant-table.ts';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';
import { decide } from '../../../main/core/policy/decide.ts';
import { loadPolicySet } from '../../../main/core/policy/policy-set.ts';
import type { DecisionRequest } from '../../../main/core/policy/request.ts';
import { baseLayer, connect, get, ground, loadWith, onPath, principal, valid } from './builtin-policies.ts';

const policySet = loadPolicySet([baseLayer], ground);
const start = Date.parse('2026-01-01T00:00:00.000Z');
const place = { cwd: principal.workspace, home: principal.home };

function tableOf(...specs: readonly string[]): GrantTable {
  const table = new GrantTable();
  for (const [index, spec] of specs.entries()) {
    table.issue({
      id: `g-${index + 1}`,
      pattern: parseGrantSpec(spec, place),
      taskId: principal.taskId,
      giver: 'person',
      issuedAt: start,
      expiresAt: start + 60_000,
    });
  }
  return table;
}

function decideWith(request: DecisionRequest, specs: readonly string[] = [], at = start) {
  return decide({ policySet, request, validity: valid, grants: tableOf(...specs), at });
}

describe('[GRT-1] default deny: nothing granted', () => {
  const cases: readonly (readonly [DecisionRequest, string, readonly string[], string?])[] = [
    [onPath('file.read', '/home/me/project/src/a.ts'), 'permitted', []],
    [onPath('file.write', '/home/me/project/src/a.ts'), 'permitted', []],
    [onPath('file.delete', '/home/me/project'), 'permitted', []],
    [onPath('file.read', '/usr/bin/env'), 'permitted', []],
    [
      onPath('file.write', '/usr/bin/env'),
      'approval_needed',
      ['file.write-outside-workspace'],
      'file.write:/usr/bin/env',
    ],
    [
      onPath('file.read', '/home/me/project2/a'),
      'approval_needed',
      ['file.outside-workspace'],
      'file.read:/home/me/project2/a',
    ],
    [onPath('file.read', '/home/me'), 'approval_needed', ['file.outside-workspace'], 'file.read:/home/me'],
    [onPath('file.read', '/home/me/.ssh/id_rsa'), 'approval_needed', ['file.credentials', 'file.outside-workspace']],
    [onPath('file.write', '/home/me/project/.git/hooks/pre-push'), 'approval_needed', ['file.protected']],
    [onPath('file.protected', '/home/me/project/CLAUDE.md'), 'approval_needed', ['file.protected']],
    [onPath('file.read', '/home/me/.local/share/gatehouse/audit.db'), 'forbidden', ['file.outside-workspace']],
    [onPath('file.read', '/run/user/1000/bus'), 'forbidden', ['file.outside-workspace']],
    [connect('example.org'), 'approval_needed', ['net.new-host'], 'net.connect:example.org:443'],
    [get('example.org'), 'approval_needed', ['net.new-host'], 'net.connect:example.org:80'],
    [
      connect('127.0.0.1', 5432),
      'approval_needed',
      ['net.local-address', 'net.new-host'],
      'net.connect:127.0.0.1:5432',
    ],
    [connect('::1', 5432), 'approval_needed', ['net.local-address', 'net.new-host'], 'net.connect:[::1]:5432'],
    [connect('example.org', 443, ['127.0.0.1']), 'address_forbidden', ['net.new-host']],
    [connect('example.org', 443, ['93.184.215.14', '169.254.169.254']), 'address_forbidden', ['net.new-host']],
    [connect('169.254.169.254', 80), 'address_forbidden', ['net.local-address', 'net.new-host']],
    [connect('Example.org'), 'bad_request', []],
    [connect('example.org.'), 'bad_request', []],
    [{ principal, action: 'net.connect', resource: { kind: 'path', path: '/' } }, 'bad_request', []],
    [{ principal, action: 'process.exec', resource: { kind: 'program', path: '/usr/bin/git' } }, 'permitted', []],
    [{ principal, action: 'secret.use', resource: { kind: 'secret', name: 'k', host: 'a.org' } }, 'no_permit', []],
    [{ principal, action: 'tool.call', resource: { kind: 'tool', server: 's', tool: 't' } }, 'no_permit', []],
    [{ principal, action: 'identity.issue', resource: { kind: 'tool', server: 's', tool: 't' } }, 'no_permit', []],
  ];
  test.each(cases)('%j is %s', (request, reason, gates, remedy) => {
    const decision = decideWith(request);
    expect(decision).toMatchObject({ outcome: reason === 'permitted' ? 'allow' : 'deny', reason, gates, grants: [] });
    expect(decision.remedy).toBe(remedy);
    expect(decision.explanation).toMatch(/^claude may /u);
  });
});
