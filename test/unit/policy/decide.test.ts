import { describe, expect, test } from 'vitest';
import { GrantTable } from '../../../main/core/grants/grant-table.ts';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';
import { RuleSet } from '../../../main/core/policy/cedar.ts';
import { decide, decideTimed } from '../../../main/core/policy/decide.ts';
import { loadPolicySet } from '../../../main/core/policy/policy-set.ts';
import type { DecisionRequest, GrantLookup, Validity } from '../../../main/core/policy/request.ts';
import { baseLayer, connect, get, ground, loadWith, onPath, principal, valid, withLayer } from './builtin-policies.ts';

const policySet = loadPolicySet([baseLayer], ground);
const start = Date.parse('2026-01-01T00:00:00.000Z');
const end = start + 60_000;
const place = { cwd: principal.workspace, home: principal.home };

function tableOf(specs: readonly string[], taskId = principal.taskId): GrantTable {
  const table = new GrantTable();
  for (const [index, spec] of specs.entries()) {
    const pattern = parseGrantSpec(spec, place);
    table.issue({ id: `g-${index + 1}`, pattern, taskId, giver: 'person', issuedAt: start, expiresAt: end });
  }
  return table;
}

function decideWith(request: DecisionRequest, specs: readonly string[] = [], at = start) {
  return decide({ policySet, request, validity: valid, grants: tableOf(specs), at });
}

const none = tableOf([]);

describe('[GRT-1] default deny: what nobody granted', () => {
  const cases: [DecisionRequest, string, string[], string?][] = [
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
    [onPath('file.read', '/home/me/a\nb'), 'approval_needed', ['file.outside-workspace']],
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
    [
      { ...connect('a.org', 443, ['93.184.215.14']), ownAddresses: ['93.184.215.14'] },
      'address_forbidden',
      ['net.new-host'],
    ],
    [connect('169.254.169.254', 80), 'address_forbidden', ['net.local-address', 'net.new-host']],
    [connect('Example.org'), 'bad_request', []],
    [connect('example.org.'), 'bad_request', []],
    [connect('2130706433'), 'bad_request', []],
    [{ principal, action: 'net.connect', resource: { kind: 'path', path: '/' } }, 'bad_request', []],
    [{ principal, action: 'process.exec', resource: { kind: 'program', path: '/usr/bin/git' } }, 'permitted', []],
    [{ principal, action: 'secret.use', resource: { kind: 'secret', name: 'k', host: 'a.org' } }, 'no_permit', []],
    [{ principal, action: 'tool.call', resource: { kind: 'tool', server: 's', tool: 't' } }, 'no_permit', []],
    [{ principal, action: 'identity.issue', resource: { kind: 'tool', server: 's', tool: 't' } }, 'no_permit', []],
  ];
  test.each<[DecisionRequest, string, string[], string?]>(cases)('%j: %s', (request, reason, gates, remedy) => {
    const decision = decideWith(request);
    expect(decision).toMatchObject({ outcome: reason === 'permitted' ? 'allow' : 'deny', reason, gates, grants: [] });
    expect(decision.remedy).toBe(remedy);
    expect(decision.explanation).toMatch(/^claude may /u);
    expect(decision.explanation).not.toMatch(/[\n\r\u001b]/u);
  });

  test('a remedy, when granted, allows what was denied', () => {
    for (const [request] of cases) {
      const { remedy } = decideWith(request);
      if (remedy === undefined) continue;
      expect(decideWith(request, [remedy])).toMatchObject({ outcome: 'allow', grants: ['g-1'] });
    }
  });
});

describe('[GRT-1] grants lift gates for what they name and nothing else', () => {
  test.each<readonly [string, DecisionRequest, 'allow' | 'deny', string]>([
    ['file.read:~/notes', onPath('file.read', '/home/me/notes/a'), 'allow', 'permitted'],
    ['file.read:~/notes', onPath('file.read', '/home/me/notes2'), 'deny', 'approval_needed'],
    ['file.read:~/notes', onPath('file.write', '/home/me/notes/a'), 'deny', 'approval_needed'],
    ['file.write:~/notes', onPath('file.read', '/home/me/notes/a'), 'allow', 'permitted'],
    ['file.write:~/notes', onPath('file.delete', '/home/me/notes/a'), 'allow', 'permitted'],
    ['file.read:~/.ssh', onPath('file.read', '/home/me/.ssh/id_rsa'), 'deny', 'approval_needed'],
    ['file.read:~/.config', onPath('file.read', '/home/me/.config/gcloud/x'), 'deny', 'approval_needed'],
    ['file.write:~/project/.git', onPath('file.write', '/home/me/project/.git/hooks/x'), 'deny', 'approval_needed'],
    ['file.read:/run/docker.sock', onPath('file.read', '/run/docker.sock'), 'deny', 'forbidden'],
    ['net.connect:example.org', connect('example.org', 443), 'allow', 'permitted'],
    ['net.connect:example.org', get('example.org'), 'allow', 'permitted'],
    ['net.connect:example.org', connect('example.org', 22), 'deny', 'approval_needed'],
    ['net.connect:example.org:22', connect('example.org', 22), 'allow', 'permitted'],
    ['net.connect:example.org:22', connect('example.org', 443), 'deny', 'approval_needed'],
    ['net.connect:example.org', connect('www.example.org'), 'deny', 'approval_needed'],
    ['net.connect:*.example.org', connect('a.b.example.org'), 'allow', 'permitted'],
    ['net.connect:*.example.org', connect('example.org'), 'deny', 'approval_needed'],
    ['net.connect:*.example.org', connect('notexample.org'), 'deny', 'approval_needed'],
    ['net.connect:*.example.org', connect('www.example.org.attacker.net'), 'deny', 'approval_needed'],
    ['net.connect:example.org', connect('example.org', 443, ['93.184.215.14']), 'allow', 'permitted'],
    ['net.connect:example.org', connect('example.org', 443, ['10.0.0.1']), 'deny', 'address_forbidden'],
    ['net.connect:localhost', connect('localhost', 443, ['127.0.0.1']), 'deny', 'address_forbidden'],
    ['net.connect:127.0.0.1:5432', connect('127.0.0.1', 5432), 'allow', 'permitted'],
    ['net.connect:127.0.0.1:5432', connect('127.0.0.1', 5433), 'deny', 'approval_needed'],
    ['net.connect:127.0.0.1:5432', connect('127.0.0.2', 5432), 'deny', 'approval_needed'],
    ['net.connect:169.254.169.254:80', connect('169.254.169.254', 80), 'deny', 'address_forbidden'],
    ['http.request:GET http://example.org/api/*', get('example.org', '/api/x?y=1'), 'allow', 'permitted'],
    ['http.request:GET http://example.org/api/*', get('example.org', '/other'), 'deny', 'approval_needed'],
    ['http.request:GET http://example.org/api/*', get('example.org', '/api/x', 'POST'), 'deny', 'approval_needed'],
    ['http.request:GET http://example.org/api', get('example.org', '/api?x=1'), 'deny', 'approval_needed'],
    ['http.request:* http://example.org/*', get('example.org', '/', 'DELETE'), 'allow', 'permitted'],
    ['http.request:* http://example.org/*', connect('example.org', 80), 'deny', 'approval_needed'],
  ])('%s: %j is %s (%s)', (spec, request, outcome, reason) => {
    const decision = decideWith(request, [spec]);
    expect(decision).toMatchObject({ outcome, reason });
    expect(decision.grants).toEqual(outcome === 'allow' ? ['g-1'] : []);
  });

  test('a grant that is not needed is not used', () => {
    expect(decideWith(onPath('file.read', '/home/me/project/a'), ['file.read:~/project'])).toMatchObject({
      outcome: 'allow',
      grants: [],
      gates: [],
    });
  });
});

describe('[GRT-4] every use is decided afresh', () => {
  test.each<readonly [Partial<Validity>, string]>([
    [{ session: 'invalid' }, 'session_invalid'],
    [{ task: 'ended' }, 'task_ended'],
    [{ binary: 'changed' }, 'binary_changed'],
    [{ identity: 'suspended' }, 'identity_invalid'],
    [{ identity: 'retired' }, 'identity_invalid'],
    [{ identity: 'expired' }, 'identity_invalid'],
    [{ breakers: 'tripped' }, 'breaker_tripped'],
    [{ identity: 'suspended', binary: 'changed' }, 'identity_invalid'],
    [{ session: 'invalid', task: 'ended', binary: 'changed' }, 'session_invalid'],
  ])('%j denies before any policy is asked', (lapse, reason) => {
    const request = onPath('file.read', '/home/me/project/a');
    const decision = decide({ policySet, request, validity: { ...valid, ...lapse }, grants: none, at: start });
    expect(decision).toMatchObject({ outcome: 'deny', reason, policies: [] });
  });

  test('a grant counts until its end and not at it', () => {
    const spec = ['net.connect:example.org'];
    expect(decideWith(connect('example.org'), spec, end - 1).outcome).toBe('allow');
    expect(decideWith(connect('example.org'), spec, end).outcome).toBe('deny');
  });

  test('a lookup that hands out expired, revoked or foreign grants changes nothing', () => {
    const [grant] = tableOf(['net.connect:example.org']).list({ all: false });
    if (grant === undefined) throw new Error('no grant');
    const wrong = [
      { ...grant, expiresAt: new Date(start).toISOString() },
      { ...grant, expiresAt: 'soon' },
      { ...grant, revokedAt: new Date(start).toISOString() },
      { ...grant, taskId: 't-ffffffff' },
    ];
    const grants: GrantLookup = { find: () => wrong };
    const facts = { policySet, request: connect('example.org'), validity: valid, at: start };
    expect(decide({ ...facts, grants }).reason).toBe('approval_needed');
    expect(decide({ ...facts, grants: { find: () => [grant] } }).reason).toBe('permitted');
  });

  test('a decision holds until the earliest end of the grants it used', () => {
    const facts = { policySet, validity: valid, at: start, grants: tableOf(['net.connect:example.org']) };
    expect(decideTimed({ ...facts, request: connect('example.org') }).validUntil).toBe(end);
    expect(decideTimed({ ...facts, request: onPath('file.read', '/usr/bin/env') }).validUntil).toBe(Infinity);
  });
});

describe('[GRT-5] rules decide, and a rule that fails is never passed over', () => {
  test('an error in a rule denies, also when another rule permits', () => {
    const rules = new RuleSet({
      'base/a.cedar#all': {
        effect: 'permit',
        principal: { op: 'All' },
        action: { op: 'All' },
        resource: { op: 'All' },
        conditions: [],
      },
      'base/a.cedar#broken': {
        effect: 'forbid',
        principal: { op: 'All' },
        action: { op: 'All' },
        resource: { op: 'All' },
        conditions: [{ kind: 'when', body: { '.': { left: { Var: 'context' }, attr: 'absent' } } }],
      },
    });
    const broken = { ...policySet, byAction: new Map([['net.connect' as const, rules]]) };
    const decision = decide({ policySet: broken, request: connect('a.org'), validity: valid, grants: none, at: start });
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'policy_error' });
  });

  test('an action without rules is an error, not an allow', () => {
    const empty = { ...policySet, byAction: new Map() };
    const decision = decide({ policySet: empty, request: connect('a.org'), validity: valid, grants: none, at: start });
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'policy_error' });
  });

  test('a gate of one’s own is named, and no grant lifts it', () => {
    const set = loadWith(
      'user',
      `@id("paste") @gate("net.paste-site") @reason("paste sites need a look")
       forbid (principal, action == Action::"net.connect", resource in Host::"paste.example")
       unless { context.liftedGates.contains("net.paste-site") };`,
    );
    const grants = tableOf(['net.connect:*.paste.example']);
    const decision = decide({
      policySet: set,
      request: connect('x.paste.example'),
      validity: valid,
      grants,
      at: start,
    });
    expect(decision).toMatchObject({
      reason: 'approval_needed',
      gates: ['net.paste-site'],
      policies: ['user/policy.cedar#paste'],
    });
    expect(decision.explanation).toContain('paste sites need a look');
    expect(decision.remedy).toBeUndefined();
  });

  test('rules about agents and tasks apply to those alone', () => {
    const set = loadWith(
      'user',
      'forbid (principal in Agent::"claude", action == Action::"process.exec", resource == Program::"/usr/bin/ssh");',
    );
    const exec = (agent: string): DecisionRequest => ({
      principal: { ...principal, agent },
      action: 'process.exec',
      resource: { kind: 'program', path: '/usr/bin/ssh' },
    });
    const facts = { policySet: set, validity: valid, grants: none, at: start };
    expect(decide({ ...facts, request: exec('claude') }).reason).toBe('forbidden');
    expect(decide({ ...facts, request: exec('codex') }).reason).toBe('permitted');
  });
});

describe('[GRT-6] a repository restricts', () => {
  const set = loadPolicySet(
    withLayer(
      'repository',
      `@id("no-data") @reason("customer data") forbid (principal, action, resource in Path::"$WORKSPACE/data");
       @id("no-example") forbid (principal, action == Action::"net.connect", resource in Host::"example.org");`,
    ),
    ground,
  );
  const facts = { policySet: set, validity: valid, at: start, grants: tableOf(['net.connect:*.example.org']) };

  test('its forbid stands over a grant, whatever the agent, and its words are only quoted', () => {
    const decision = decide({ ...facts, request: connect('www.example.org') });
    expect(decision).toMatchObject({ reason: 'forbidden', policies: ['repository/policy.cedar#no-example'] });
    const file = decide({ ...facts, request: onPath('file.read', '/home/me/project/data/a') });
    expect(file).toMatchObject({ reason: 'forbidden', policies: ['repository/policy.cedar#no-data'] });
    expect(file.explanation).toContain('the repository’s policy says “customer data”');
  });

  test('$WORKSPACE means the workspace of the session that asks', () => {
    const elsewhere = { ...principal, workspace: '/home/me/other' };
    const request = { ...onPath('file.read', '/home/me/other/data/a'), principal: elsewhere };
    expect(decide({ ...facts, request }).reason).toBe('forbidden');
    const beside = { ...onPath('file.read', '/home/me/other/database'), principal: elsewhere };
    expect(decide({ ...facts, request: beside }).reason).toBe('permitted');
  });
});
