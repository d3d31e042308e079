/**
 * Guarantee: one door to the Cedar engine. A rule that fails to evaluate is reported as a failure of the whole decision,
 * never as a missing rule.
 *
 * Threat: Cedar skips a rule that errors, so a broken forbid would vanish and what it forbade would be allowed.
 *
 * Limits: preparsed rule sets live in the engine's memory under a name and cannot be freed, so a fixed number of names
 * is used in turn; a set whose name was taken over is parsed again when it is next asked.
 */
import {
  type EntityJson,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';

export type { EntityJson, PolicyJson };

/** A Cedar entity's type and id. */
export interface EntityId {
  readonly type: string;
  readonly id: string;
}

/** One question in the engine's own terms. */
export interface CedarRequest {
  readonly principal: EntityId;
  readonly action: EntityId;
  readonly resource: EntityId;
  readonly context: Record<string, string | number | string[]>;
  readonly entities: EntityJson[];
}

/** The engine's answer. `errors` is never empty for `failed`. */
export type CedarAnswer =
  | { readonly outcome: 'allow' | 'deny'; readonly determining: readonly string[] }
  | { readonly outcome: 'failed'; readonly errors: readonly string[] };

/** Something the engine has against a text; `offset` counts bytes of UTF-8 from its start. */
export interface CedarComplaint {
  readonly message: string;
  readonly offset?: number;
  readonly policyId?: string;
}

interface DetailedErrorLike {
  readonly message: string;
  readonly help: string | null;
  readonly sourceLocations?: readonly { readonly start: number; readonly label: string | null }[];
}

function complaint(error: DetailedErrorLike, policyId?: string): CedarComplaint {
  const place = error.sourceLocations?.[0];
  const message = [error.message, place?.label, error.help].filter((part) => part).join('; ');
  return { message, ...(place && { offset: place.start }), ...(policyId !== undefined && { policyId }) };
}

/** Splits a policy text into single rules, as written, in no particular order. */
export function splitRules(
  text: string,
):
  | { readonly rules: readonly string[]; readonly templates: number }
  | { readonly complaints: readonly CedarComplaint[] } {
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') return { complaints: parts.errors.map((error) => complaint(error)) };
  return { rules: parts.policies, templates: parts.policy_templates.length };
}

/** Parses one rule. */
export function parseRule(
  text: string,
): { readonly json: PolicyJson } | { readonly complaints: readonly CedarComplaint[] } {
  const answer = policyToJson(text);
  if (answer.type === 'failure') return { complaints: answer.errors.map((error) => complaint(error)) };
  return { json: answer.json };
}

/**
 * Validates rules strictly against the schema. Warnings count: a rule that can never apply, or that hides look-alike or
 * direction-changing characters, is a mistake or an attack.
 */
export function validateRules(schema: string, rules: Readonly<Record<string, string>>): readonly CedarComplaint[] {
  const answer = validate({ schema, policies: { staticPolicies: rules }, validationSettings: { mode: 'strict' } });
  if (answer.type === 'failure') return answer.errors.map((error) => complaint(error));
  return [...answer.validationErrors, ...answer.validationWarnings].map((each) => complaint(each.error, each.policyId));
}

/** Names for preparsed rule sets, and so how many can be ready at once. */
const readySetsMax = 256;
const slots: (RuleSet | undefined)[] = Array.from({ length: readySetsMax }, () => undefined);
let nextSlot = 0;

/** Rules that are decided on together. */
export class RuleSet {
  readonly #rules: Readonly<Record<string, PolicyJson>>;
  #slot = -1;

  constructor(rules: Readonly<Record<string, PolicyJson>>) {
    this.#rules = rules;
  }

  /** Asks the engine: default deny, forbid overrides, and any error fails the whole decision. */
  ask(request: CedarRequest): CedarAnswer {
    try {
      return this.#ask(request);
    } catch (error) {
      // The engine itself broke: a denial on record, as for any rule that cannot be evaluated, and not an error of the caller's.
      return {
        outcome: 'failed',
        errors: [`the engine failed: ${error instanceof Error ? error.message : 'unknown'}`],
      };
    }
  }

  #ask(request: CedarRequest): CedarAnswer {
    if (slots[this.#slot] !== this) {
      const failure = this.#prepare();
      if (failure) return { outcome: 'failed', errors: failure };
    }
    const answer = statefulIsAuthorized({ ...request, preparsedPolicySetId: `gatehouse-${this.#slot}` });
    if (answer.type === 'failure') return { outcome: 'failed', errors: answer.errors.map((error) => error.message) };
    const { decision, diagnostics } = answer.response;
    if (diagnostics.errors.length > 0) {
      return { outcome: 'failed', errors: diagnostics.errors.map((each) => `${each.policyId}: ${each.error.message}`) };
    }
    return { outcome: decision, determining: diagnostics.reason };
  }

  #prepare(): readonly string[] | undefined {
    const slot = nextSlot;
    nextSlot = (nextSlot + 1) % readySetsMax;
    const answer = preparsePolicySet(`gatehouse-${slot}`, { staticPolicies: { ...this.#rules } });
    if (answer.type === 'failure') return answer.errors.map((error) => error.message);
    slots[slot] = this;
    this.#slot = slot;
    return undefined;
  }
}
