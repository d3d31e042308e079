import { expect, test } from 'vitest';
import { GrantTable } from '../../../main/core/grants/grant-table.ts';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';
import { DecisionCache, decideCached, requestKey } from '../../../main/core/policy/decision-cache.ts';
import { loadPolicySet } from '../../../main/core/policy/policy-set.ts';
import { baseLayer, connect, get, ground, onPath, principal, valid } from './builtin-policies.ts';

const policySet = loadPolicySet([baseLayer], ground);
const start = Date.parse('2026-01-01T00:00:00.000Z');
const pattern = parseGrantSpec('net.connect:example.org', { cwd: '/', home: '/' });

function issued(expiresAt = start + 60_000) {
  const grants = new GrantTable();
  grants.issue({ id: 'g-1', pattern, taskId: principal.taskId, giver: 'person', issuedAt: start, expiresAt });
  return grants;
}

test('[GRT-4] a cached allow ends with its grant, is revoked with it, and counts each use', () => {
  const cache = new DecisionCache();
  const grants = issued();
  const facts = { policySet, cache, grants, validity: valid, request: connect('example.org') };
  const first = decideCached({ ...facts, at: start });
  const second = decideCached({ ...facts, at: start + 1 });
  expect(second).toBe(first);
  expect(grants.get('g-1')).toMatchObject({ uses: 2, lastUsedAt: '2026-01-01T00:00:00.001Z' });
  grants.revoke('g-1', start + 3);
  expect(decideCached({ ...facts, at: start + 3 }).outcome).toBe('deny');
});

test('[GRT-4] a cached allow is over when its grant is, and a clock that is set back does not bring it back', () => {
  const facts = { policySet, cache: new DecisionCache(), grants: issued(), validity: valid };
  const request = connect('example.org');
  expect(decideCached({ ...facts, request, at: start + 59_999 }).outcome).toBe('allow');
  expect(decideCached({ ...facts, request, at: start + 60_000 }).outcome).toBe('deny');
  expect(decideCached({ ...facts, request, at: start + 2 }).outcome).toBe('deny');
});

test('[GRT-4] a denial is kept only until something is granted', () => {
  const cache = new DecisionCache();
  const grants = new GrantTable();
  const facts = { policySet, cache, grants, validity: valid, request: connect('example.org'), at: start };
  expect(decideCached(facts).outcome).toBe('deny');
  const expiresAt = start + 60_000;
  grants.issue({ id: 'g-1', pattern, taskId: principal.taskId, giver: 'person', issuedAt: start, expiresAt });
  expect(decideCached(facts).outcome).toBe('allow');
});

test('[GRT-4] validity is asked before the cache is looked at', () => {
  const facts = { policySet, cache: new DecisionCache(), grants: issued(), request: connect('example.org'), at: start };
  expect(decideCached({ ...facts, validity: valid }).outcome).toBe('allow');
  expect(decideCached({ ...facts, validity: { ...valid, binary: 'changed' } }).reason).toBe('binary_changed');
  expect(decideCached({ ...facts, validity: { ...valid, task: 'ended' } }).reason).toBe('task_ended');
});

test('[GRT-4] another policy set or session epoch is another decision', () => {
  const cache = new DecisionCache();
  const facts = { policySet, cache, grants: issued(), validity: valid, request: connect('example.org'), at: start };
  const first = decideCached(facts);
  expect(decideCached({ ...facts, sessionEpoch: '2' })).not.toBe(first);
  const other = loadPolicySet(
    [baseLayer, { name: 'user', files: [{ name: 'a.cedar', text: 'forbid (principal, action, resource);' }] }],
    ground,
  );
  expect(decideCached({ ...facts, policySet: other }).reason).toBe('forbidden');
});

test('the cache is bounded and drops the oldest', () => {
  const cache = new DecisionCache(2);
  const facts = { policySet, cache, grants: new GrantTable(), validity: valid, at: start };
  for (const host of ['a.org', 'b.org', 'c.org']) decideCached({ ...facts, request: connect(host) });
  expect(cache.size).toBe(2);
});

test('requests that differ in anything have different keys', () => {
  const requests = [
    connect('a.org'),
    connect('a.org', 80),
    connect('a.org', 443, ['1.1.1.1']),
    connect('a.org', 443, ['1.1.1.1', '8.8.8.8']),
    connect('a.org', 443, []),
    get('a.org'),
    get('a.org', '/x'),
    get('a.org', '/', 'POST'),
    onPath('file.read', '/a'),
    onPath('file.write', '/a'),
    { ...onPath('file.read', '/a'), principal: { ...principal, sessionId: 'ffff-a-b' } },
    { ...onPath('file.read', '/a'), principal: { ...principal, workspace: '/b' } },
  ];
  expect(new Set(requests.map((request) => requestKey(request))).size).toBe(requests.length);
});
