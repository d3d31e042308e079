/**
 * Examples that rules carry and that run whenever policies load.
 *
 * `@example_deny` on a forbid: this rule forbids it. `@example_allow` on a forbid: this rule lets it pass. On a permit the
 * other way round: `@example_allow` means this rule permits it. Each is judged against its own rule alone, so that no
 * other rule can make it true or false by accident.
 *
 * One example a line: `ACTION RESOURCE [by AGENT] [resolving ADDRESS,…] [lifting GATE,…]`. Paths begin with `/`,
 * `$WORKSPACE` or `$HOME`; a host has a port (`example.org:443`); a request is `METHOD URL`; a secret is `NAME@HOST`; a
 * tool is `SERVER/TOOL`.
 */
import { type Action, absolutePathSchema, actionSchema, type Resource } from '#contract/actions.ts';
import { agentNameSchema } from '#contract/session.ts';
import { hostText, parseHostPort, parseHttpUrl } from '../network/host.ts';
import { type PolicyJson, RuleSet } from './cedar.ts';
import { engineForm } from './engine-form.ts';
import { buildCedarRequest, collectNamed } from './entities.ts';
import { expandPath, type PathSets } from './path-sets.ts';
import type { DecisionRequest, Principal } from './request.ts';
import type { Rule } from './rule.ts';
import { entitiesIn } from './rule-shape.ts';

/** How one example came out. */
export interface ExampleResult {
  readonly rule: Rule;
  readonly example: string;
  readonly expected: 'allow' | 'deny';
  readonly ok: boolean;
  /** Empty when `ok`. */
  readonly why: string;
}

/** The session examples are about. */
export const examplePrincipal: Principal = {
  sessionId: 'a1c9-tiger-lamp',
  agent: 'example',
  taskId: 't-00000000',
  workspace: '/home/person/project',
  home: '/home/person',
};

/** A resource in the words of examples, `why` and the command line, or why it is not one. */
export type ParsedResource = { readonly resource: Resource } | { readonly why: string };

/** Runs every example of every rule. */
export function runExamples(rules: readonly Rule[], pathSets: PathSets): readonly ExampleResult[] {
  return rules.flatMap((rule) => {
    if (rule.exampleAllow.length + rule.exampleDeny.length === 0) return [];
    const run = buildRunner(rule, pathSets);
    return [
      ...rule.exampleAllow.map((example) => run(example, 'allow')),
      ...rule.exampleDeny.map((example) => run(example, 'deny')),
    ];
  });
}

const permitAll: PolicyJson = {
  effect: 'permit',
  principal: { op: 'All' },
  action: { op: 'All' },
  resource: { op: 'All' },
  conditions: [],
};

function buildRunner(rule: Rule, pathSets: PathSets): (text: string, expected: 'allow' | 'deny') => ExampleResult {
  const alone = { [rule.id]: engineForm(rule) };
  const set = new RuleSet(rule.effect === 'forbid' ? { ...alone, 'everything else': permitAll } : alone);
  const named = collectNamed(entitiesIn(rule.json), pathSets);
  return (text, expected) => {
    const failed = (why: string): ExampleResult => ({ rule, example: text, expected, ok: false, why });
    const example = parseExample(text);
    if ('why' in example) return failed(example.why);
    const request = buildCedarRequest(example.request, named, example.lifting);
    if ('bad' in request) return failed(request.bad);
    const answer = set.ask(request);
    if (answer.outcome === 'failed') return failed(`the rule fails to evaluate: ${answer.errors.join('; ')}.`);
    if (answer.outcome === expected) return { rule, example: text, expected, ok: true, why: '' };
    const verb = rule.effect === 'forbid' ? 'forbid' : 'permit';
    const applies = (answer.outcome === 'deny') === (rule.effect === 'forbid');
    return failed(applies ? `the rule does ${verb} it.` : `the rule does not ${verb} it.`);
  };
}

type ParsedExample =
  | { readonly request: DecisionRequest; readonly lifting: readonly string[] }
  | { readonly why: string };

/** Parses one line of an example. */
export function parseExample(text: string): ParsedExample {
  const parts = /^(\S+) (.+?)(?: by (\S+))?(?: resolving (\S+))?(?: lifting (\S+))?$/u.exec(text);
  const action = actionSchema.safeParse(parts?.[1]);
  if (parts === null || !action.success) return { why: 'it is not of the form "ACTION RESOURCE …".' };
  const agent = parts[3] ?? examplePrincipal.agent;
  if (!agentNameSchema.safeParse(agent).success) return { why: `"${agent}" is not an agent's name.` };
  const parsed = parseResource(action.data, expandPath(parts[2] ?? '', examplePrincipal));
  if ('why' in parsed) return parsed;
  const addresses = parts[4]?.split(',');
  const request: DecisionRequest = {
    principal: { ...examplePrincipal, agent },
    action: action.data,
    resource: parsed.resource,
    ...(addresses !== undefined && { addresses }),
  };
  return { request, lifting: parts[5]?.split(',') ?? [] };
}

/**
 * Parses a resource as an action needs it: an absolute path, `HOST[:PORT]` (443 when absent), `METHOD URL`,
 * `NAME@HOST`, `SERVER/TOOL`.
 */
export function parseResource(action: Action, text: string): ParsedResource {
  switch (action) {
    case 'file.read':
    case 'file.write':
    case 'file.delete':
    case 'file.protected': {
      const path = absolutePathSchema.safeParse(text);
      return path.success
        ? { resource: { kind: 'path', path: path.data } }
        : { why: `"${text}" is not an absolute, canonical path.` };
    }
    case 'net.connect':
      return parsed(() => {
        const { host, port } = parseHostPort(text, 443);
        return { kind: 'host', host: hostText(host), port };
      });
    case 'http.request':
      return parsed(() => {
        const [method = '', url = ''] = text.split(' ', 2);
        const { scheme, host, port, path } = parseHttpUrl(url);
        return { kind: 'url', scheme, method, host: hostText(host), port, path };
      });
    case 'process.exec':
      return { resource: { kind: 'program', path: text } };
    case 'secret.use': {
      const at = text.lastIndexOf('@');
      if (at < 1) return { why: `"${text}" is not of the form NAME@HOST.` };
      return { resource: { kind: 'secret', name: text.slice(0, at), host: text.slice(at + 1) } };
    }
    case 'tool.call': {
      const [server, tool, ...others] = text.split('/');
      if (!server || !tool || others.length > 0) return { why: `"${text}" is not of the form SERVER/TOOL.` };
      return { resource: { kind: 'tool', server, tool } };
    }
    case 'identity.issue':
      return { resource: { kind: 'tool', server: 'gatehouse', tool: 'identity' } };
  }
}

function parsed(parse: () => Resource): ParsedResource {
  try {
    return { resource: parse() };
  } catch (error) {
    return { why: error instanceof Error ? `${error.message}.` : 'it cannot be read.' };
  }
}
