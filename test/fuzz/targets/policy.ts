import { readFileSync } from 'node:fs';
import { GatehouseError } from '#contract/operating-error.ts';
import { allowsByPolicy, decide } from '../../../main/core/policy/decide.ts';
import { findTooDeep } from '../../../main/core/policy/nesting.ts';
import { loadPolicySet, type PolicySet } from '../../../main/core/policy/policy-set.ts';
import type { DecisionRequest } from '../../../main/core/policy/request.ts';
import { at, grantsOf, ground, principal, quickBaseLayer } from '../builtin-ground.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

const base = loadPolicySet([quickBaseLayer], ground);
const validity = {
  session: 'valid',
  task: 'running',
  binary: 'unchanged',
  identity: 'none',
  breakers: 'whole',
} as const;
const noGrants = { find: () => [] };
const granted = grantsOf([
  'file.read:/srv/data',
  'file.write:/srv/out',
  'net.connect:example.org:443',
  'net.connect:*.example.net',
  'http.request:GET http://example.org/a*',
]);
const someGrants = { find: () => granted };

const files = ['/home/me/project/.git/hooks/x', '/home/me/.ssh/id', '/srv/data/x', '/srv/out/y', '/home/me/project'];
const requests: readonly DecisionRequest[] = [
  ...files.flatMap((path) =>
    (['file.read', 'file.write', 'file.delete'] as const).map((action) => ({
      principal,
      action,
      resource: { kind: 'path' as const, path },
    })),
  ),
  ...['example.org', 'a.example.net', '127.0.0.1'].flatMap((host) =>
    [443].map((port) => ({
      principal,
      action: 'net.connect' as const,
      resource: { kind: 'host' as const, host, port },
    })),
  ),
  {
    principal,
    action: 'net.connect',
    resource: { kind: 'host', host: 'example.org', port: 443 },
    addresses: ['10.0.0.1'],
  },
  ...['/a', '/b'].map((path) => ({
    principal,
    action: 'http.request' as const,
    resource: { kind: 'url' as const, scheme: 'http' as const, method: 'GET', host: 'example.org', port: 80, path },
  })),
  { principal, action: 'process.exec', resource: { kind: 'program', path: '/usr/bin/git' } },
  { principal, action: 'secret.use', resource: { kind: 'secret', name: 'a', host: 'example.org' } },
  { principal, action: 'tool.call', resource: { kind: 'tool', server: 'a', tool: 'b' } },
];

function answers(set: PolicySet): readonly boolean[] {
  return [noGrants, someGrants].flatMap((grants) =>
    requests.map((request) => {
      const allowed = allowsByPolicy({ policySet: set, request, grants, at });
      const { outcome, explanation } = decide({ policySet: set, request, validity, grants, at });
      must(allowed === (outcome === 'allow'), 'a decision and its short form differ', request);
      must(explanation !== '' && !/[\n\u202e]/u.test(explanation), 'an explanation that is none', explanation);
      return allowed;
    }),
  );
}

const baseAnswers = answers(base);
const ruleNames = [...base.rules.keys()];

/** Loads the text as the repository's layer, or says why not. */
function load(text: string): PolicySet | string {
  try {
    return loadPolicySet([quickBaseLayer, { name: 'repository', files: [{ name: 'policy.cedar', text }] }], ground);
  } catch (error) {
    must(error instanceof GatehouseError && error.data.code === 'policy_invalid', 'an untyped error', String(error));
    must(
      error.data.why !== undefined && error.data.remedy !== undefined,
      'an error without why and remedy',
      error.data,
    );
    return error.data.why.split('\n')[0] ?? '';
  }
}

function check(text: string): string {
  findTooDeep(text);
  const set = load(text);
  // The engine walks rules by recursion: one that overflowed its stack would leave it deaf for everybody.
  const [first] = requests;
  if (first !== undefined) {
    const decision = decide({
      policySet: base,
      request: first,
      validity: { session: 'valid', task: 'running', binary: 'unchanged', identity: 'none', breakers: 'whole' },
      grants: noGrants,
      at,
    });
    must(decision.outcome === 'allow', 'the engine answers no more', decision, text);
  }
  if (typeof set === 'string')
    return `refused ${set
      .replace(/^[^ ]* (?:\([^)]*\): )?/u, '')
      .replace(/["“`].*/su, '')
      .slice(0, 60)}`;
  for (const name of ruleNames)
    must(set.rules.get(name)?.text === base.rules.get(name)?.text, 'a built-in rule was replaced', name);
  const now = answers(set);
  const widened = now.findIndex((allowed, index) => allowed && baseAnswers[index] !== true);
  must(widened === -1, 'the repository widens', requests[widened % requests.length], text);
  const restricted = now.filter((allowed, index) => allowed !== baseAnswers[index]).length;
  return `valid, ${set.rules.size - base.rules.size} rules, ${restricted} restricted`;
}

const effects = ['forbid', 'forbid', 'forbid', 'permit'];
const principals = [
  'principal',
  'principal',
  'principal is AgentSession',
  'principal in Agent::"claude"',
  'principal == AgentSession::"a1c9-tiger-lamp"',
  'principal in ?principal',
];
const actions = [
  'action',
  'action == Action::"file.read"',
  'action in [Action::"file.write", Action::"file.delete"]',
  'action == Action::"net.connect"',
  'action == Action::"http.request"',
  'action == Action::"process.exec"',
  'action in Action::"file.read"',
];
const resources = [
  'resource',
  'resource',
  'resource in Path::"$WORKSPACE"',
  'resource in Path::"/srv"',
  'resource == Path::"/srv/data/x"',
  'resource in Path::"@protected"',
  'resource in Path::"@none"',
  'resource in Path::"/a/../b"',
  'resource == Host::"example.org"',
  'resource in Host::"example.net"',
  'resource == Host::"EXAMPLE.org"',
];
const conditions = [
  'unless { context.liftedGates.contains("my.gate") }',
  'unless { context.liftedGates.contains("net.new-host") }',
  'unless { context.liftedGates.contains("my.gate") || resource in Path::"/srv" }',
  'when { context.port == 443 }',
  'when { context.path like "/a*" }',
  'when { resource in Path::"/srv" }',
  'when { context has liftedGates }',
  'unless { true }',
  'when { context.addressClasses.contains("private") }',
  'when { 9223372036854775807 + 1 > 0 }',
  'when { context.hostKind == "name" && context.port > 80 }',
  'when { principal.x == 1 }',
  `when { ${'('.repeat(39)}true${')'.repeat(39)} }`,
  `when { ${'!'.repeat(900)}true }`,
  `when { ${'true || '.repeat(300)}false }`,
  'when { if true then true else false }',
];
const annotations = [
  '@id("a")',
  '@id("askable")',
  '@id("x/y")',
  '@gate("my.gate")',
  '@gate("net.new-host")',
  '@gate("file.outside-workspace")',
  '@risk("low")',
  '@scope("once")',
  '@reason("because")',
  '@reason("a\u202eb")',
  '@code("address_forbidden")',
  '@example_deny("net.connect example.org:443")',
  '@example_allow("file.read /srv/x")',
  '@unknown("x")',
  '@id',
];

function generate(random: Random): string {
  const rule = () => {
    const notes = random.times(random.few(4), () => random.pick(annotations), '\n');
    const head = `${random.pick(effects)} (${random.pick(principals)}, ${random.pick(actions)}, ${random.pick(resources)})`;
    return `${notes}\n${head}\n${random.times(random.few(3), () => random.pick(conditions), '\n')};\n`;
  };
  return random.times(1 + random.few(4), rule, random.oneIn(4) ? '// a comment\r' : '');
}

const shipped = readFileSync(new URL('../../../resources/policies/base.cedar', import.meta.url), 'utf8');

/** A repository's policy. */
export const policy: FuzzTarget = {
  name: 'policy',
  property:
    "A repository's policy loads or is refused with a typed error that says why; it allows nothing that the base does not allow, with or without grants; it replaces no rule, and the engine answers afterwards.",
  generate,
  words: [
    ...effects,
    ...principals,
    ...actions,
    ...resources,
    ...conditions,
    ...annotations,
    ';',
    '//',
    '"',
    '(',
    '{',
    '[',
    ' || ',
    ' && ',
    '.contains(',
    'ip("10.0.0.0/8")',
  ],
  seeds: [
    '',
    'permit (principal, action, resource);',
    'permit (principal, action == Action::"tool.call", resource);',
    'permit (principal, action == Action::"secret.use", resource) when { context.host == "example.org" };',
    'forbid (principal, action == Action::"net.connect", resource in Host::"example.org");',
    '@gate("my.gate")\nforbid (principal, action == Action::"file.read", resource in Path::"/srv") unless { context.liftedGates.contains("my.gate") };',
    ...shipped.split(/(?<=;)\n/u).slice(0, 6),
  ],
  check,
};
