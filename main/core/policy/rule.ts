/**
 * Guarantee: a policy file becomes rules whose annotations are known, unique and meant for their layer; anything else is
 * a problem with its place, and a file with a problem is not used at all.
 *
 * Threat: a repository's policy is written by whoever wrote the repository. It may try to permit, to take over the id of
 * another rule, to answer with a reason code that is not its own, or to hide text in annotations.
 *
 * Limits: the words in `@reason` are the author's; where they are shown, a repository's are marked as its claim.
 */
import { type ReasonCode, reasonCodeSchema } from '#contract/decision.ts';
import { type CedarComplaint, type PolicyJson, parseRule, splitRules } from './cedar.ts';
import { findTooDeep } from './nesting.ts';
import { type LayerName, type PolicyFile, type PolicyProblem, permittingLayers } from './policy-layer.ts';

/** One rule of one file, parsed, with what its annotations say. */
export interface Rule {
  /** `layer/file#id`; the id from `@id`, else its position counted from 1. */
  readonly id: string;
  readonly layer: LayerName;
  /** `layer/file`. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly json: PolicyJson;
  readonly effect: 'permit' | 'forbid';
  readonly gate?: string;
  readonly risk: Risk;
  /** `once`: no standing grant lifts the gate. */
  readonly scope: 'once' | 'any';
  readonly reason?: string;
  /** Reason code of the decision when this forbid, which has no gate, stands in the way. */
  readonly code: ReasonCode;
  /** One example a line. */
  readonly exampleAllow: readonly string[];
  readonly exampleDeny: readonly string[];
}

export type Risk = 'low' | 'notable' | 'high';

/** Characters of one policy file. */
export const policyFileCharsMax = 256 * 1024;
/** Each costs up to a millisecond of everybody's time whenever policies load. */
const examplesPerFileMax = 500;

const annotationNames = new Set(['id', 'gate', 'risk', 'scope', 'reason', 'code', 'example_allow', 'example_deny']);

/** Reads one file of one layer. Rules come in the order they are written. */
export function parsePolicyFile(
  layer: LayerName,
  file: PolicyFile,
): { readonly rules: readonly Rule[]; readonly problems: readonly PolicyProblem[] } {
  const name = `${layer}/${file.name}`;
  const whole = (what: string, remedy: string, line?: number): PolicyProblem => ({
    file: name,
    what,
    remedy,
    ...(line !== undefined && { line }),
  });
  if (file.text.length > policyFileCharsMax) {
    return { rules: [], problems: [whole(`The file is longer than ${policyFileCharsMax} characters.`, 'Shorten it.')] };
  }
  const deep = findTooDeep(file.text);
  if (deep !== undefined)
    return { rules: [], problems: [whole(deep.what, 'Write fewer or simpler rules.', deep.line)] };
  const parts = splitRules(file.text);
  if ('complaints' in parts) {
    const problems = parts.complaints.map((each) =>
      whole(`Cedar cannot read it: ${each.message}.`, 'Correct the syntax.', lineOfByte(file.text, each.offset)),
    );
    return { rules: [], problems };
  }
  if (parts.templates > 0) {
    return { rules: [], problems: [whole('It has a template (?principal or ?resource).', 'Name the entity itself.')] };
  }
  const read = readRules(layer, name, file.text, parts.rules);
  const examples = read.rules.reduce((sum, rule) => sum + rule.exampleAllow.length + rule.exampleDeny.length, 0);
  if (examples <= examplesPerFileMax) return read;
  return { rules: [], problems: [whole(`It has more than ${examplesPerFileMax} examples.`, 'Remove some.')] };
}

function readRules(layer: LayerName, file: string, text: string, parts: readonly string[]) {
  const rules: Rule[] = [];
  const problems: PolicyProblem[] = [];
  const ids = new Set<string>();
  for (const [index, place] of placed(text, parts).entries()) {
    const parsed = parseRule(place.rule);
    if ('complaints' in parsed) {
      problems.push(...parsed.complaints.map((each) => unreadable(file, place.line, each)));
      continue;
    }
    const read = readRule(layer, file, index + 1, place, parsed.json);
    const id = read.rule.id;
    if (ids.has(id)) {
      problems.push({ file, rule: id, line: place.line, what: 'Two rules have this id.', remedy: 'Rename one.' });
    }
    ids.add(id);
    rules.push(read.rule);
    problems.push(...read.problems);
  }
  return { rules, problems };
}

function unreadable(file: string, line: number, each: CedarComplaint): PolicyProblem {
  return { file, line, what: `Cedar cannot read it: ${each.message}.`, remedy: 'Correct the syntax.' };
}

/** Cedar hands rules out sorted by an internal name; finds each one's place in the file again. */
function placed(text: string, parts: readonly string[]): readonly { readonly rule: string; readonly line: number }[] {
  const taken = new Set<number>();
  const found = parts.map((rule) => {
    let at = text.indexOf(rule);
    while (at !== -1 && taken.has(at)) at = text.indexOf(rule, at + 1);
    taken.add(at);
    return { rule, at, line: at === -1 ? 1 : text.slice(0, at).split('\n').length };
  });
  return found.sort((a, b) => a.at - b.at);
}

/** Line (from 1) that holds byte `offset` of the UTF-8 form of `text`. */
export function lineOfByte(text: string, offset: number | undefined): number | undefined {
  if (offset === undefined) return undefined;
  const bytes = new TextEncoder().encode(text).subarray(0, offset);
  return bytes.reduce((lines, byte) => (byte === 10 ? lines + 1 : lines), 1);
}

function readRule(
  layer: LayerName,
  file: string,
  position: number,
  place: { readonly rule: string; readonly line: number },
  json: PolicyJson,
): { readonly rule: Rule; readonly problems: readonly PolicyProblem[] } {
  const notes = new Map(Object.entries(json.annotations ?? {}));
  const given = notes.get('id');
  const id = `${file}#${given ?? position}`;
  const problems: PolicyProblem[] = [];
  const complain = (what: string, remedy: string) => {
    problems.push({ file, rule: id, line: place.line, what, remedy });
  };
  if (given !== undefined && !/^[a-z0-9][a-z0-9._-]{0,63}$/u.test(given)) {
    complain('Its @id is not 1 to 64 lower-case letters, digits, dots and dashes.', 'Rename it.');
  }
  for (const name of notes.keys()) {
    if (!annotationNames.has(name)) {
      complain(`@${name} means nothing here.`, `Known are: ${[...annotationNames].map((n) => `@${n}`).join(' ')}.`);
    }
  }
  if (json.effect === 'permit' && !permittingLayers.has(layer)) {
    complain(
      'A repository can only restrict, and this rule permits.',
      'Make it a forbid, or move it to your own policy.',
    );
  }
  const gate = notes.get('gate');
  if (gate !== undefined) checkGate(gate, json, complain);
  const risk = oneOf(notes.get('risk'), ['low', 'notable', 'high'] as const, 'risk', complain) ?? 'notable';
  const scope = oneOf(notes.get('scope'), ['once', 'any'] as const, 'scope', complain) ?? 'any';
  const reason = notes.get('reason');
  if (reason !== undefined && !/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,300}$/u.test(reason)) {
    complain('Its @reason is empty, longer than 300 characters or has invisible characters.', 'Rewrite it.');
  }
  const rule: Rule = {
    id,
    layer,
    file,
    line: place.line,
    text: place.rule,
    json,
    effect: json.effect,
    risk,
    scope,
    code: readCode(notes.get('code'), layer, gate, json, complain),
    exampleAllow: lines(notes.get('example_allow')),
    exampleDeny: lines(notes.get('example_deny')),
    ...(gate !== undefined && { gate }),
    ...(reason !== undefined && { reason }),
  };
  return { rule, problems };
}

type Complain = (what: string, remedy: string) => void;

function checkGate(gate: string, json: PolicyJson, complain: Complain): void {
  if (!/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/u.test(gate) || gate.length > 64) {
    complain('Its @gate is not a name like "net.new-host".', 'Rename the gate.');
  }
  if (json.effect === 'permit') complain('A permit has a @gate.', 'Gates belong to forbids; remove it.');
}

function readCode(
  code: string | undefined,
  layer: LayerName,
  gate: string | undefined,
  json: PolicyJson,
  complain: Complain,
): ReasonCode {
  if (code === undefined) return 'forbidden';
  if (layer !== 'base' || gate !== undefined || json.effect === 'permit') {
    complain('@code is for forbids of the base layer that have no gate.', 'Remove it.');
  }
  const parsed = reasonCodeSchema.safeParse(code);
  if (!parsed.success) complain(`"${code}" is not a reason code.`, 'Use one that docs/policy.md lists.');
  return parsed.success ? parsed.data : 'forbidden';
}

function oneOf<T extends string>(
  value: string | undefined,
  allowed: readonly T[],
  name: string,
  complain: Complain,
): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined) complain(`@${name}("${value}") is unknown.`, `Use one of: ${allowed.join(', ')}.`);
  return found;
}

function lines(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}
