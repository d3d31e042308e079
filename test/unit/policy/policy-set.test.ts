import { describe, expect, test } from 'vitest';
import { GatehouseError } from '#contract/operating-error.ts';
import { checkPolicies } from '../../../main/core/policy/check-policies.ts';
import type { LayerName } from '../../../main/core/policy/policy-layer.ts';
import { extendPathSets, loadPolicySet, readLayers } from '../../../main/core/policy/policy-set.ts';
import { baseLayer, ground, loadWith, withLayer } from './builtin-policies.ts';

function problemsOf(layer: LayerName, text: string) {
  return readLayers(withLayer(layer, text), ground).problems;
}

test('[GRT-5] the built-in policies load, and every rule of theirs shows examples', () => {
  const set = loadPolicySet([baseLayer], ground);
  const bare = [...set.rules.values()].filter((rule) => rule.exampleAllow.length + rule.exampleDeny.length === 0);
  expect(bare.map((rule) => rule.id)).toEqual([]);
  expect([...set.gates.values()].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: 'file.credentials', risk: 'high', scope: 'once' },
    { name: 'file.outside-workspace', risk: 'notable', scope: 'any' },
    { name: 'file.protected', risk: 'high', scope: 'once' },
    { name: 'file.write-outside-workspace', risk: 'notable', scope: 'any' },
    { name: 'net.local-address', risk: 'high', scope: 'any' },
    { name: 'net.new-host', risk: 'notable', scope: 'any' },
  ]);
});

test('[GRT-6] a permit in a repository’s policy is a load error that names file, rule, line and remedy', () => {
  const text = '// ours\n\n@id("open")\npermit (principal, action, resource);\n';
  expect(problemsOf('repository', text)).toEqual([
    {
      file: 'repository/policy.cedar',
      rule: 'repository/policy.cedar#open',
      line: 3,
      what: 'A repository can only restrict, and this rule permits.',
      remedy: 'Make it a forbid, or move it to your own policy.',
    },
  ]);
  expect(problemsOf('user', text)).toEqual([]);
  expect(() => loadWith('repository', text)).toThrow(GatehouseError);
  expect(() => loadWith('repository', text)).toThrow(/repository\/policy\.cedar:3 \(repository\/policy\.cedar#open\)/u);
});

describe('[GRT-5] what does not load', () => {
  const gated = (condition: string) =>
    `@id("r") @gate("my.gate") forbid (principal, action == Action::"net.connect", resource) ${condition};`;
  const filed = (rest: string) => `@id("r") forbid (principal, action == Action::"file.read", ${rest});`;
  test.each<readonly [string, string, RegExp]>([
    ['broken syntax', '\nforbid (principal action, resource);', /Cedar cannot read it/u],
    ['unknown action', 'forbid (principal, action == Action::"file.raed", resource);', /does not fit the schema/u],
    [
      'unknown context',
      gated('when { context.prot == 1 } unless { context.liftedGates.contains("my.gate") }'),
      /schema/u,
    ],
    [
      'a rule that never applies',
      'forbid (principal, action == Action::"net.connect", resource in Path::"/a");',
      /schema/u,
    ],
    ['a template', 'forbid (principal in ?principal, action, resource);', /template/u],
    ['two rules of one id', `${filed('resource')}\n${filed('resource')}`, /Two rules have this id/u],
    ['an odd id', '@id("a#b") forbid (principal, action == Action::"process.exec", resource);', /@id/u],
    ['an unknown annotation', '@gaet("x.y") forbid (principal, action == Action::"process.exec", resource);', /@gaet/u],
    ['an unknown risk', '@risk("huge") forbid (principal, action == Action::"process.exec", resource);', /@risk/u],
    [
      'hidden characters in a reason',
      '@reason("a\u202eb") forbid (principal, action == Action::"process.exec", resource);',
      /@reason/u,
    ],
    [
      'a reason code of its own',
      '@code("limit") forbid (principal, action == Action::"process.exec", resource);',
      /@code/u,
    ],
    ['a gate on a permit', '@gate("my.gate") permit (principal, action == Action::"process.exec", resource);', /gate/u],
    ['a gate without its test', gated(''), /do not fit together/u],
    [
      'a gate with another’s test',
      gated('unless { context.liftedGates.contains("net.new-host") }'),
      /do not fit together/u,
    ],
    [
      'a gate whose test is not an alternative',
      gated('unless { context.liftedGates.contains("my.gate") && context.port == 1 }'),
      /do not fit/u,
    ],
    ['a gate tested in a when', gated('when { !context.liftedGates.contains("my.gate") }'), /do not fit together/u],
    [
      'a gate test without a gate',
      filed('resource').replace(';', ' unless { context.liftedGates.contains("a.b") };'),
      /without having a @gate/u,
    ],
    [
      'like on a host kind',
      'forbid (principal, action == Action::"net.connect", resource) when { context.hostKind like "n*" };',
      /"like"/u,
    ],
    [
      'like on a URL path',
      'forbid (principal, action == Action::"http.request", resource) when { context.path like "/a*" };',
      /"like"/u,
    ],
    [
      'a file rule with a when',
      filed('resource) when { principal in Agent::"a" }').replace('});', '};'),
      /has a `when`/u,
    ],
    [
      'a file rule with another unless',
      filed('resource) unless { principal in Agent::"a" }').replace('});', '};'),
      /has an `unless`/u,
    ],
    [
      'a rule for every action with a when',
      'forbid (principal, action, resource) when { principal in Agent::"a" };',
      /has a `when`/u,
    ],
    ['a relative path', filed('resource in Path::"src"'), /never matches/u],
    ['a path with ..', filed('resource in Path::"$HOME/../you"'), /never matches/u],
    ['a path with a trailing slash', filed('resource in Path::"/a/"'), /never matches/u],
    ['a variable that is not known', filed('resource in Path::"$HOMER/a"'), /never matches/u],
    ['an unknown path set', filed('resource in Path::"@secrets"'), /no path set/u],
    [
      'a host in capitals',
      'forbid (principal, action == Action::"net.connect", resource in Host::"A.org");',
      /never matches/u,
    ],
    [
      'a host with a wildcard',
      'forbid (principal, action == Action::"net.connect", resource in Host::"*.a.org");',
      /never matches/u,
    ],
    [
      'an agent that cannot be',
      'forbid (principal in Agent::"A B", action == Action::"process.exec", resource);',
      /not an agent/u,
    ],
    [
      'a permit of one exact path',
      'permit (principal, action == Action::"file.read", resource == Path::"/a");',
      /exactly one path/u,
    ],
    [
      'an example that fails',
      `@example_deny("file.read /a") ${filed('resource in Path::"/b"')}`,
      /example "file.read \/a" \(@example_deny\) fails: the rule does not forbid it/u,
    ],
    [
      'an example that cannot be read',
      `@example_deny("read /a") ${filed('resource in Path::"/a"')}`,
      /not of the form/u,
    ],
  ])('%s', (_, text, expected) => {
    const problems = problemsOf('user', text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.map((problem) => problem.what).join('\n')).toMatch(expected);
    expect(() => loadWith('user', text)).toThrow(GatehouseError);
  });

  test('two files of one name in one layer', () => {
    const file = { name: 'a.cedar', text: '' };
    const layers = [baseLayer, { name: 'user' as const, files: [file, file] }];
    expect(readLayers(layers, ground).problems).toMatchObject([{ file: 'user/a.cedar' }]);
  });

  test('lines are those of the file, also after characters of several bytes', () => {
    const text =
      '// äöü ✓\n\nforbid (principal, action == Action::"process.exec", resource)\nwhen { context.nothing == 1 };';
    expect(problemsOf('user', text)).toMatchObject([{ line: 4, rule: 'user/policy.cedar#1' }]);
  });

  test('more than ten rules keep the ids of their positions', () => {
    const rule = (n: number) => `forbid (principal, action == Action::"process.exec", resource == Program::"/p${n}");`;
    const text = Array.from({ length: 12 }, (_, index) => rule(index + 1)).join('\n');
    const set = loadWith('user', text);
    expect(set.rules.get('user/policy.cedar#11')).toMatchObject({ line: 11, text: rule(11) });
  });
});

describe('[GRT-5] policy check and test', () => {
  const rule = (example: string) =>
    `@id("r") @example_deny("${example}") forbid (principal, action == Action::"net.connect", resource in Host::"a.org");`;

  test('examples come back as values, good and bad', () => {
    const good = checkPolicies([{ layer: 'user', name: 'p.cedar', text: rule('net.connect x.a.org:1') }], ground);
    expect(good.problems).toEqual([]);
    expect(good.examples).toMatchObject([{ rule: 'user/p.cedar#r', expected: 'deny', ok: true }]);
    const bad = checkPolicies([{ layer: 'user', name: 'p.cedar', text: rule('net.connect b.org:1') }], ground);
    expect(bad.problems).toHaveLength(1);
    expect(bad.examples).toMatchObject([{ ok: false, why: 'the rule does not forbid it.' }]);
  });

  test('a file that cannot be read has problems and no examples', () => {
    const check = checkPolicies([{ layer: 'repository', name: 'policy.cedar', text: 'forbid' }], ground);
    expect(check).toMatchObject({ examples: [], rules: 0 });
    expect(check.problems).toHaveLength(1);
  });
});

test('more members for a path set make another set with the same rules', () => {
  const set = loadPolicySet([baseLayer], ground);
  const more = extendPathSets(set, { protected: ['/home/me/project/sub/.git/hooks'] });
  expect(more.digest).not.toBe(set.digest);
  expect(more.rules).toBe(set.rules);
  expect(more.pathSets.get('protected')).toContain('/home/me/project/sub/.git/hooks');
  expect(() => extendPathSets(set, { protected: ['x'] })).toThrow(GatehouseError);
});

test('a set that was verified before loads the same; a changed one is checked again', () => {
  const failing =
    '@example_deny("process.exec /b") forbid (principal, action == Action::"process.exec", resource == Program::"/a");';
  const { digest } = loadPolicySet([baseLayer], ground);
  expect(loadPolicySet([baseLayer], ground, { verifiedDigest: digest }).digest).toBe(digest);
  expect(() => loadPolicySet(withLayer('user', failing), ground, { verifiedDigest: digest })).toThrow(/fails/u);
});

test('an error message lists a bounded number of problems', () => {
  const rule = 'forbid (principal, action == Action::"process.exec", resource) when { context.x == 1 };\n';
  expect(() => loadWith('user', rule.repeat(30))).toThrow(/… and 10 more\./u);
});
