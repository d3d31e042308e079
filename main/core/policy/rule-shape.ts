/**
 * Guarantee: a rule that is loaded can be held by the enforcement point it speaks to, and means what it seems to mean: a
 * gate is lifted by its own name and by nothing else, and every path, host and agent a rule names is canonical.
 *
 * Threat: rules that look as if they protected something and do not: a file rule with a condition that no mount can
 * check, `like` on a path (`/ws/*` also matches `/ws/../etc`), a host in capitals that never matches, a gate whose
 * condition is true for another reason.
 *
 * Limits: conditions on network rules are as free as Cedar is; only `like` is refused.
 */
import { type Action, actionSchema } from '#contract/actions.ts';
import { agentNameSchema } from '#contract/session.ts';
import { hostText, parseHost } from '../network/host.ts';
import type { EntityId, PolicyJson } from './cedar.ts';
import { isPathExpression, type PathSets, pathExpressionRemedy } from './path-sets.ts';
import type { PolicyProblem } from './policy-layer.ts';
import type { Rule } from './rule.ts';

const fileActions: ReadonlySet<Action> = new Set(['file.read', 'file.write', 'file.delete', 'file.protected']);

/** The actions a rule covers, from its action scope. */
export function coveredActions(json: PolicyJson): readonly Action[] {
  const scope: unknown = json.action;
  if (isRecord(scope) && scope['op'] === 'All') return actionSchema.options;
  const named = new Set(entitiesIn(scope).flatMap((entity) => (entity.type === 'Action' ? [entity.id] : [])));
  return actionSchema.options.filter((action) => named.has(action));
}

/** True when a rule covers an action that mounts enforce. */
export function isFileRule(json: PolicyJson): boolean {
  return coveredActions(json).some((action) => fileActions.has(action));
}

/** The paths a rule names, as written. */
export function namedPaths(json: PolicyJson): readonly string[] {
  return entitiesIn(json).flatMap((entity) => (entity.type === 'Path' ? [entity.id] : []));
}

/** Every entity that occurs anywhere in a part of a rule. */
export function entitiesIn(value: unknown): readonly EntityId[] {
  if (Array.isArray(value)) return value.flatMap(entitiesIn);
  if (!isRecord(value)) return [];
  const { type, id } = value;
  if (typeof type === 'string' && typeof id === 'string') return [{ type, id }];
  return Object.values(value).flatMap(entitiesIn);
}

/** Checks what Cedar's own validator cannot know. */
export function checkShape(rule: Rule, sets: PathSets): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const complain = (what: string, remedy: string) => {
    problems.push({ file: rule.file, rule: rule.id, line: rule.line, what, remedy });
  };
  for (const entity of entitiesIn(rule.json)) checkEntity(entity, sets, complain);
  const { conditions } = rule.json;
  if (hasKey(conditions, 'like')) {
    complain('It uses "like".', 'Paths and hosts are matched by their parents: write `resource in Path::"/folder"`.');
  }
  checkGateUse(rule, complain);
  if (isFileRule(rule.json)) checkFileRule(rule, complain);
  return problems;
}

type Complain = (what: string, remedy: string) => void;

function checkEntity(entity: EntityId, sets: PathSets, complain: Complain): void {
  if (entity.type === 'Path' && entity.id.startsWith('@')) {
    if (!sets.has(entity.id.slice(1))) {
      const known = [...sets.keys()].map((name) => `@${name}`).join(', ');
      complain(`There is no path set ${JSON.stringify(entity.id)}.`, `Known are: ${known}.`);
    }
  } else if (entity.type === 'Path' && !isPathExpression(entity.id)) {
    complain(`Path::${JSON.stringify(entity.id)} never matches anything.`, pathExpressionRemedy);
  } else if (entity.type === 'Host' && canonicalHost(entity.id) !== entity.id) {
    complain(
      `Host::${JSON.stringify(entity.id)} never matches anything.`,
      'Write a lower-case name without trailing dot, or an address; parent domains match with `in`.',
    );
  } else if (entity.type === 'Agent' && !agentNameSchema.safeParse(entity.id).success) {
    complain(
      `Agent::${JSON.stringify(entity.id)} is not an agent's name.`,
      'Write the name `gatehouse sessions` shows.',
    );
  }
}

function canonicalHost(text: string): string | undefined {
  try {
    return hostText(parseHost(text));
  } catch {
    // Not a host at all: the caller reports it.
    return undefined;
  }
}

/** A gated forbid has one `unless` that asks for its own gate; nobody else may look at lifted gates. */
function checkGateUse(rule: Rule, complain: Complain): void {
  const asked = gatesAskedFor(rule.json.conditions);
  if (rule.gate === undefined) {
    if (asked.uses > 0)
      complain('It asks for lifted gates without having a @gate.', 'Name the gate, or remove the test.');
    return;
  }
  const own = rule.json.conditions.filter(
    (clause) => clause.kind === 'unless' && alternatives(clause.body).some((each) => gateTested(each) === rule.gate),
  );
  if (own.length !== 1 || asked.uses !== 1) {
    const test = `context.liftedGates.contains("${rule.gate}")`;
    complain(
      'Its @gate and its condition do not fit together.',
      `Write \`unless { ${test} }\` once, as an alternative.`,
    );
  }
}

function gatesAskedFor(value: unknown): { readonly uses: number } {
  if (Array.isArray(value)) return { uses: value.reduce<number>((sum, each) => sum + gatesAskedFor(each).uses, 0) };
  if (!isRecord(value)) return { uses: 0 };
  // Anything that reaches the context as a whole (`context has`, comparing it) counts, so that no detour exists.
  const attr = value['attr'];
  const here = attr === 'liftedGates' || (Array.isArray(attr) && attr.includes('liftedGates')) ? 1 : 0;
  return { uses: here + Object.values(value).reduce<number>((sum, each) => sum + gatesAskedFor(each).uses, 0) };
}

/** The operands of a chain of `||`, or the expression itself. */
function alternatives(body: unknown): readonly unknown[] {
  const or = isRecord(body) ? body['||'] : undefined;
  return isRecord(or) ? [...alternatives(or['left']), ...alternatives(or['right'])] : [body];
}

/** The gate in `context.liftedGates.contains("gate")`, for exactly that expression. */
function gateTested(expression: unknown): string | undefined {
  const call = isRecord(expression) ? expression['contains'] : undefined;
  if (!isRecord(call) || !isRecord(call['left']) || !isRecord(call['right'])) return undefined;
  const access = call['left']['.'];
  const isGates =
    isRecord(access) &&
    access['attr'] === 'liftedGates' &&
    isRecord(access['left']) &&
    access['left']['Var'] === 'context';
  const gate = call['right']['Value'];
  return isGates && typeof gate === 'string' ? gate : undefined;
}

/** The path in `resource in Path::"…"`, for exactly that expression. */
function pathTested(expression: unknown): string | undefined {
  const test = isRecord(expression) ? expression['in'] : undefined;
  if (!isRecord(test) || !isRecord(test['left']) || test['left']['Var'] !== 'resource') return undefined;
  const [entity, ...others] = entitiesIn(test['right']);
  return entity?.type === 'Path' && others.length === 0 ? entity.id : undefined;
}

const mountRemedy =
  'Mounts hold file rules, and a mount knows only a path and everything below it: write ' +
  '`resource in Path::"/folder"` in the head, and as condition at most ' +
  '`unless { context.liftedGates.contains("the.gate") || resource in Path::"/folder/exception" }`.';

function checkFileRule(rule: Rule, complain: Complain): void {
  const { resource, conditions } = rule.json;
  if (resource.op === '==' && rule.effect === 'permit') {
    complain(
      'It permits exactly one path, which a mount cannot hold for a folder.',
      'Write `resource in` instead of `==`.',
    );
  }
  for (const clause of conditions) {
    if (clause.kind === 'when') {
      complain('It is about files and has a `when`, which no mount can check.', mountRemedy);
    } else if (rule.gate === undefined || !alternatives(clause.body).every((each) => isMountable(each))) {
      complain('It is about files and has an `unless` that no mount can check.', mountRemedy);
    }
  }
}

function isMountable(expression: unknown): boolean {
  return gateTested(expression) !== undefined || pathTested(expression) !== undefined;
}

function hasKey(value: unknown, key: string): boolean {
  if (Array.isArray(value)) return value.some((each) => hasKey(each, key));
  if (!isRecord(value)) return false;
  return Object.entries(value).some(([name, each]) => name === key || hasKey(each, key));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
