import { type AuditEvent, facetFields } from '#contract/audit.ts';
import type { Entry } from './entry.ts';
import { hostOf } from './search-text.ts';

/** What events are counted by. */
export type CountedField = (typeof facetFields)[number];

/** Longer values are not counted: they are no names a person would choose from. */
export const countedCharactersMax = 256;

/** Gates of one event that are counted, at most. */
const gatesMax = 64;

/** What of one entry is counted. */
export interface CountedValues {
  readonly kind: string;
  readonly action?: string | undefined;
  readonly agent?: string | undefined;
  readonly decision?: string | undefined;
  readonly reason?: string | undefined;
  readonly session?: string | undefined;
  readonly host?: string | undefined;
  readonly gates?: readonly string[] | undefined;
}

/** What of an entry is counted. An entry whose payload is erased or cannot be read still counts by its kind. */
export function countedValues({ kind, payload }: Pick<Entry, 'kind' | 'payload'>): CountedValues {
  if (payload === '') return { kind };
  return quickValues(kind, payload) ?? parsedValues(kind, payload);
}

/** The same of an event. */
export function countedValuesOf(event: AuditEvent): CountedValues {
  const { kind, action, agent, decision, reason, session } = event;
  return { kind, action, agent, decision, reason, session, host: hostOf(event), gates: gatesIn(event.detail) };
}

const head = /\{(?:"action":"([^"]*)",)?(?:"agent":"([^"]*)",)?(?:"decision":"([^"]*)",)?"detail":\{/uy;
const sessionName = ',"session":';
const summaryName = ',"summary":"';

/**
 * Reads the values out of the canonical text without parsing it; verification does it for every entry. Undefined
 * where that could go wrong: a text with a backslash may hold quotes inside its strings, and hosts, gates and reasons stand in more than
 * one place. Without a backslash every quote begins or ends a string, so the last `summary` is that of the event itself, and a
 * string directly before it can only be its session.
 */
function quickValues(kind: string, payload: string): CountedValues | undefined {
  if (payload.includes('\\')) return undefined;
  // Without their first quote, which every other character would be a candidate for: four times as fast.
  if (payload.includes('host":') || payload.includes('gates":') || payload.includes('reason":')) return undefined;
  head.lastIndex = 0;
  const found = head.exec(payload);
  if (found === null) return undefined;
  const [, action, agent, decision] = found;
  const end = payload.lastIndexOf(summaryName);
  if (end < 0) return undefined;
  if (payload[end - 1] !== '"') return { kind, action, agent, decision };
  const begin = payload.lastIndexOf('"', end - 2);
  if (!payload.startsWith(sessionName, begin - sessionName.length)) return undefined;
  return { kind, action, agent, decision, session: payload.slice(begin + 1, end - 1) };
}

function parsedValues(kind: string, payload: string): CountedValues {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return { kind };
  }
  const event = membersOf(value);
  const detail = membersOf(event['detail']);
  return {
    kind,
    action: textOf(event['action']),
    agent: textOf(event['agent']),
    decision: textOf(event['decision']),
    reason: textOf(event['reason']),
    session: textOf(event['session']),
    host: hostIn(membersOf(event['resource']), detail),
    gates: gatesIn(detail),
  };
}

function gatesIn(detail: Members): string[] | undefined {
  const gates = detail['gates'];
  return Array.isArray(gates) ? gates.slice(0, gatesMax).filter((gate) => typeof gate === 'string') : undefined;
}

/** As `hostOf` of an event: of its resource, else `detail.host`. */
function hostIn(resource: Members, detail: Members): string | undefined {
  const { kind } = resource;
  return textOf(kind === 'host' || kind === 'url' || kind === 'secret' ? resource['host'] : detail['host']);
}

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown): Members {
  return isMembers(value) ? value : {};
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** How often a value occurs, and where last. */
export interface Count {
  entries: number;
  lastSeq: number;
}

/** Counts of values by field. */
export class FacetCounts {
  readonly #counts: ReadonlyMap<CountedField, Map<string, Count>> = new Map(
    facetFields.map((field) => [field, new Map<string, Count>()]),
  );

  /** Counts the values of one entry, or takes them back with `by` of −1. */
  add(seq: number, values: CountedValues, by = 1): void {
    this.#one('kind', values.kind, by, seq);
    if (values.action !== undefined) this.#one('action', values.action, by, seq);
    if (values.agent !== undefined) this.#one('agent', values.agent, by, seq);
    if (values.decision !== undefined) this.#one('decision', values.decision, by, seq);
    if (values.reason !== undefined) this.#one('reason', values.reason, by, seq);
    if (values.session !== undefined) this.#one('session', values.session, by, seq);
    if (values.host !== undefined) this.#one('host', values.host, by, seq);
    // A gate that is named twice is one gate.
    if (values.gates !== undefined) for (const gate of new Set(values.gates)) this.#one('gate', gate, by, seq);
  }

  /** Adds counts made elsewhere. */
  addAll(counts: Iterable<CountOfValue>): void {
    for (const { field, value, entries, lastSeq } of counts) this.#one(field, value, entries, lastSeq);
  }

  /** Every count that is not 0. */
  *all(): Iterable<CountOfValue> {
    for (const field of this.#counts.keys()) yield* this.of(field);
  }

  /** Those of one field. */
  *of(field: CountedField): Iterable<CountOfValue> {
    for (const [value, { entries, lastSeq }] of this.#counts.get(field) ?? []) {
      if (entries !== 0) yield { field, value, entries, lastSeq };
    }
  }

  #one(field: CountedField, value: string, by: number, seq: number): void {
    if (value === '' || value.length > countedCharactersMax) return;
    const values = this.#counts.get(field);
    const count = values?.get(value);
    if (count === undefined) values?.set(value, { entries: by, lastSeq: seq });
    else {
      count.entries += by;
      if (seq > count.lastSeq) count.lastSeq = seq;
    }
  }
}

/** One count with what it counts. */
export interface CountOfValue {
  readonly field: CountedField;
  readonly value: string;
  readonly entries: number;
  readonly lastSeq: number;
}
