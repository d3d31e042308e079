import { describe, expect, test } from 'vitest';
import { GrantTable } from '../../../main/core/grants/grant-table.ts';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';
import { decide } from '../../../main/core/policy/decide.ts';
import { explainDecision } from '../../../main/core/policy/explain.ts';
import { loadPolicySet } from '../../../main/core/policy/policy-set.ts';
import type { DecisionRequest } from '../../../main/core/policy/request.ts';
import { shellWord, shown } from '../../../main/core/policy/words.ts';
import { noSessionId, noTaskId } from '../../../main/core/sessions/ids.ts';
import { baseLayer, connect, get, ground, onPath, principal, valid } from './builtin-policies.ts';

const policySet = loadPolicySet([baseLayer], ground);
const start = Date.parse('2026-01-01T00:00:00.000Z');

function explained(request: DecisionRequest, ...specs: readonly string[]): string {
  const grants = new GrantTable();
  for (const spec of specs) {
    const pattern = parseGrantSpec(spec, { cwd: '/', home: principal.home });
    const { taskId } = principal;
    grants.issue({ id: 'g-1', pattern, taskId, giver: 'person', issuedAt: start, expiresAt: start + 1 });
  }
  const decision = decide({ policySet, request, validity: valid, grants, at: start });
  return explainDecision(decision, request, policySet).join('\n');
}

describe('[GRT-5] why', () => {
  test('a denial names who, what, the rule with its reason, the gate, and what would change it', () => {
    const text = explained(connect('example.org'));
    expect(text).toContain('Denied (approval_needed)');
    expect(text).toContain('Asked by claude, session a1c9-tiger-lamp, for task t-1a2b3c4d in /home/me/project');
    expect(text).toMatch(
      /Rule base\/base\.cedar#new-host \(line \d+\) forbids it behind the gate net\.new-host: nobody/u,
    );
    expect(text).toContain('The gate net.new-host stands closed (risk: notable).');
    expect(text).toContain('gatehouse run --grant net.connect:example.org:443');
  });

  test('a question about no session and no task names neither', () => {
    const request = connect('example.org');
    const nobody = { ...request, principal: { ...request.principal, sessionId: noSessionId, taskId: noTaskId } };
    expect(explained(nobody)).toContain('Asked by claude in /home/me/project: to connect');
  });

  test('an allow names the grant and the gates it lifted', () => {
    const text = explained(connect('example.org'), 'net.connect:example.org');
    expect(text).toContain('claude may connect to example.org:443: granted by g-1 (net.connect:example.org).');
    expect(text).toContain('Lifted: net.new-host, by g-1.');
  });

  test('an allow without a grant names the permit', () => {
    expect(explained(onPath('file.read', '/usr/bin/env'))).toMatch(
      /Rule base\/base\.cedar#askable \(line \d+\) permits it/u,
    );
  });

  test('[GRT-7] a protected file is said to be on the list, and why it is', () => {
    const text = explained(onPath('file.write', '/home/me/project/.husky/pre-commit'));
    expect(text).toContain('/home/me/project/.husky is on the list because a hook manager runs what it says');
    expect(explained(onPath('file.write', '/home/me/project/src/a.ts'))).not.toContain('on the list');
    for (const member of policySet.pathSets.get('protected') ?? []) expect(policySet.reasons.get(member)).toBeDefined();
  });

  test('a denial that nobody can lift says so', () => {
    expect(explained(onPath('file.read', '/proc/1/environ'))).toContain('Nobody can lift this.');
    expect(explained(onPath('file.read', '/home/me/.ssh/id_rsa'))).toContain('no standing grant lifts it');
    expect(explained(connect('a.org', 443, ['127.0.0.1']))).toContain('granted by its literal address and port');
  });

  test('a rule that is gone is named by its id', () => {
    const request = connect('example.org');
    const decision = decide({ policySet, request, validity: valid, grants: new GrantTable(), at: start });
    const [, , third] = explainDecision({ ...decision, policies: ['user/old.cedar#x'] }, request, policySet);
    expect(third).toBe('Rule user/old.cedar#x decided; it is not loaded any more.');
  });

  test('what an agent chose cannot imitate words of ours, and a query is not repeated', () => {
    const lines = explained(onPath('file.read', '/home/me/x\nAllowed (permitted)\u202e\u001b[2J'));
    expect(lines).not.toMatch(/^Allowed/mu);
    expect(lines).not.toMatch(/[\u202e\u001b]/u);
    expect(explained(get('example.org', '/a?token=hunter2hunter2'))).not.toContain('hunter2');
  });
});

test('words for shells and screens', () => {
  expect(shellWord('file.read:/a')).toBe('file.read:/a');
  expect(shellWord("file.read:/it's")).toBe("'file.read:/it'\\''s'");
  expect(shellWord('http.request:GET http://a/*')).toBe("'http.request:GET http://a/*'");
  expect(shown('a\u0000b\u200d')).toBe('a\\u{0}b\\u{200d}');
  expect(shown('x'.repeat(400))).toHaveLength(301);
});
