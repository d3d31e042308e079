import type { PolicyJson } from './cedar.ts';

/** To how much of what a rule is about it applies, as far as its text says so by itself. */
export interface RuleReach {
  /** Something in it narrows it: a resource, a principal, or a condition other than its own gate. */
  readonly limited: boolean;
  /** The one host or path that its head names; a set of paths has no name of its own. */
  readonly on?: string;
}

/** Reads the reach of a rule off its JSON. What it does not understand narrows. */
export function reachOf(json: PolicyJson, gate: string | undefined): RuleReach {
  const { principal, resource, conditions }: Readonly<Record<string, unknown>> = { ...json };
  const on = entityOf(resource);
  const narrowed = !isEverything(resource) || !isEverything(principal, 'AgentSession');
  const conditioned = !Array.isArray(conditions) || conditions.some((clause) => !isOwnGate(clause, gate));
  return {
    limited: narrowed || conditioned,
    ...(on === undefined || on.startsWith('@') || conditioned ? {} : { on }),
  };
}

function isEverything(scope: unknown, type?: string): boolean {
  const op = field(scope, 'op');
  return op === 'All' || (op === 'is' && field(scope, 'in') === undefined && field(scope, 'entity_type') === type);
}

function entityOf(scope: unknown): string | undefined {
  const id = field(field(scope, 'entity'), 'id');
  return typeof id === 'string' ? id : undefined;
}

/** `unless { context.liftedGates.contains("its.gate") }` and nothing more. */
function isOwnGate(clause: unknown, gate: string | undefined): boolean {
  const lifted = field(field(clause, 'body'), 'contains');
  return gate !== undefined && field(clause, 'kind') === 'unless' && field(field(lifted, 'right'), 'Value') === gate;
}

function field(value: unknown, name: string): unknown {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return found;
}
