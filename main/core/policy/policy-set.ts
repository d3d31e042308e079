/**
 * Guarantee: a policy set exists only when every rule of every layer was read, validated against the schema, can be held
 * by its enforcement point, and does what its own examples say. There is no partly loaded set.
 *
 * Threat: a rule that is dropped, shadowed or misread in silence; a repository's policy that widens what its agents may
 * do (GRT-6).
 *
 * Limits: whether the rules say what their author wanted is for the author; examples help.
 */
import { createHash } from 'node:crypto';
import type { Action } from '#contract/actions.ts';
import { actionSchema } from '#contract/actions.ts';
import { operatingError } from '#contract/operating-error.ts';
import { guarded } from '../sandbox/guards.ts';
import { RuleSet, validateRules } from './cedar.ts';
import { engineForm } from './engine-form.ts';
import { collectNamed, type NamedEntities } from './entities.ts';
import { runExamples } from './examples.ts';
import type { PathReasons } from './path-reasons.ts';
import { addToPathSets, type PathSets } from './path-sets.ts';
import { formatProblem, type PolicyLayer, type PolicyProblem } from './policy-layer.ts';
import { lineOfByte, parsePolicyFile, type Risk, type Rule } from './rule.ts';
import { checkShape, coveredActions, entitiesIn } from './rule-shape.ts';

/** Problems that one error message lists; `checkPolicies` returns all. */
const problemsShownMax = 20;

/** What rules are read against: `resources/policies/schema.cedarschema` and the path sets. */
export interface PolicyGround {
  readonly schema: string;
  readonly pathSets: PathSets;
  /** Why members are in their sets; for explanations, never for a decision. */
  readonly reasons?: PathReasons;
}

/** A gate, as all rules that name it describe it together: the strictest word counts. */
export interface Gate {
  readonly name: string;
  readonly risk: Risk;
  /** `once`: no standing grant lifts it. */
  readonly scope: 'once' | 'any';
}

/** Loaded policies, ready to decide with. Immutable; good for every session, workspace and home. */
export interface PolicySet {
  /** SHA-256 over schema, path sets and every file, hex: changes when anything in it changes. */
  readonly digest: string;
  readonly layers: readonly PolicyLayer[];
  readonly rules: ReadonlyMap<string, Rule>;
  readonly gates: ReadonlyMap<string, Gate>;
  readonly pathSets: PathSets;
  readonly reasons: PathReasons;
  readonly named: NamedEntities;
  /** The rules that cover an action: cost grows with rules, so only these are asked. */
  readonly byAction: ReadonlyMap<Action, RuleSet>;
}

/**
 * Loads all layers, or throws `policy_invalid` with every problem found, one a line.
 *
 * `verifiedDigest` is the digest of a set that loaded before, kept where only we write: when nothing changed since,
 * validation and examples, which cannot come out otherwise, are not run again.
 */
export function loadPolicySet(
  layers: readonly PolicyLayer[],
  ground: PolicyGround,
  options: { readonly verifiedDigest?: string } = {},
): PolicySet {
  // A test build without the address guard contradicts the built-in examples on purpose; it must still start.
  const verified = options.verifiedDigest === digestOf(layers, ground) || !guarded('address-guard');
  const { rules, problems } = readLayers(layers, ground, verified);
  if (problems.length > 0) {
    const [first] = problems;
    const lines = problems.slice(0, problemsShownMax).map((each) => formatProblem(each));
    if (problems.length > problemsShownMax) lines.push(`… and ${problems.length - problemsShownMax} more.`);
    throw operatingError('policy_invalid', 'The policies cannot be loaded.', {
      why: lines.join('\n'),
      remedy: `Correct ${first?.file ?? 'them'}; \`gatehouse policy check\` shows the same.`,
    });
  }
  return buildPolicySet(layers, ground, rules);
}

/** Reads and checks everything (the shape alone for what was `verified` before); never throws for what a policy's author wrote. */
export function readLayers(
  layers: readonly PolicyLayer[],
  ground: PolicyGround,
  verified = false,
): { readonly rules: readonly Rule[]; readonly problems: readonly PolicyProblem[] } {
  const files = layers.flatMap((layer) => layer.files.map((file) => parsePolicyFile(layer.name, file)));
  const rules = files.flatMap((file) => file.rules);
  const problems = [
    ...files.flatMap((file) => file.problems),
    ...duplicateFiles(layers),
    ...rules.flatMap((rule) => checkShape(rule, ground.pathSets)),
    ...(verified ? [] : validate(rules, ground.schema)),
  ];
  // Examples are run only on sound rules: one that is misread would fail them for the wrong reason.
  if (problems.length === 0 && !verified) problems.push(...exampleProblems(rules, ground.pathSets));
  return { rules, problems };
}

function duplicateFiles(layers: readonly PolicyLayer[]): readonly PolicyProblem[] {
  const names = layers.flatMap((layer) => layer.files.map((file) => `${layer.name}/${file.name}`));
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((file) => ({ file, what: 'Two files of one layer have this name.', remedy: 'Rename one.' }));
}

function validate(rules: readonly Rule[], schema: string): readonly PolicyProblem[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const texts = Object.fromEntries(rules.map((rule) => [rule.id, rule.text]));
  return validateRules(schema, texts).map((each) => {
    const rule = each.policyId === undefined ? undefined : byId.get(each.policyId);
    if (rule === undefined) return { file: 'schema', what: `${each.message}.`, remedy: 'Restore the schema.' };
    const within = lineOfByte(rule.text, each.offset) ?? 1;
    return {
      file: rule.file,
      rule: rule.id,
      line: rule.line + within - 1,
      what: `It does not fit the schema: ${schemaSentence(each.message)}`,
      remedy: 'docs/policy.md lists every action with its context.',
    };
  });
}

/** What Cedar says, without the name of the rule, whose line is told anyway. */
function schemaSentence(message: string): string {
  const words = message.replace(/^for policy `[^`]*`, /u, '').replace(/[.?]+$/u, '');
  return message.trimEnd().endsWith('?') ? `${words}?` : `${words}.`;
}

function exampleProblems(rules: readonly Rule[], pathSets: PathSets): readonly PolicyProblem[] {
  return runExamples(rules, pathSets).flatMap((result) => {
    if (result.ok) return [];
    const { rule, example } = result;
    const what = `Its example "${example}" (@example_${result.expected}) fails: ${result.why}`;
    return [
      { file: rule.file, rule: rule.id, line: rule.line, example, what, remedy: 'Correct the rule or the example.' },
    ];
  });
}

function buildPolicySet(layers: readonly PolicyLayer[], ground: PolicyGround, rules: readonly Rule[]): PolicySet {
  const entities = rules.flatMap((rule) => entitiesIn(rule.json));
  return {
    digest: digestOf(layers, ground),
    layers,
    rules: new Map(rules.map((rule) => [rule.id, rule])),
    gates: collectGates(rules),
    pathSets: ground.pathSets,
    reasons: ground.reasons ?? new Map(),
    named: collectNamed(entities, ground.pathSets),
    byAction: new Map(actionSchema.options.map((action) => [action, buildRuleSet(rules, action)])),
  };
}

/**
 * The same policies with more members in their path sets, such as the hooks found in the nested repositories of one
 * workspace. Shares the prepared rules, so it costs nothing to make one for each session.
 */
export function extendPathSets(set: PolicySet, more: Readonly<Record<string, readonly string[]>>): PolicySet {
  const pathSets = addToPathSets(set.pathSets, more);
  const entities = [...set.rules.values()].flatMap((rule) => entitiesIn(rule.json));
  const digest = createHash('sha256')
    .update(JSON.stringify([set.digest, more]))
    .digest('hex');
  return { ...set, pathSets, named: collectNamed(entities, pathSets), digest };
}

function buildRuleSet(rules: readonly Rule[], action: Action): RuleSet {
  const covering = rules.filter((rule) => coveredActions(rule.json).includes(action));
  // The set is asked about this action only, so the action is not compared again in each rule.
  const forms = covering.map((rule) => [rule.id, { ...engineForm(rule), action: { op: 'All' as const } }]);
  return new RuleSet(Object.fromEntries(forms));
}

function collectGates(rules: readonly Rule[]): ReadonlyMap<string, Gate> {
  const gates = new Map<string, Gate>();
  const rank: readonly Risk[] = ['low', 'notable', 'high'];
  for (const rule of rules) {
    if (rule.gate === undefined) continue;
    const known = gates.get(rule.gate) ?? { name: rule.gate, risk: rule.risk, scope: rule.scope };
    gates.set(rule.gate, {
      name: rule.gate,
      risk: rank.indexOf(rule.risk) > rank.indexOf(known.risk) ? rule.risk : known.risk,
      scope: rule.scope === 'once' || known.scope === 'once' ? 'once' : 'any',
    });
  }
  return gates;
}

function digestOf(layers: readonly PolicyLayer[], ground: PolicyGround): string {
  const content = [ground.schema, [...ground.pathSets], layers];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
