/**
 * Guarantee: what comes out of `cleanEvent` holds no secret the redactor knows, no character that can forge or garble a
 * line, and is bounded in every direction; it fits the contract's schema again.
 *
 * Threat: an agent chooses file names, arguments and hosts, and so most of what is recorded: leaks, log injection, and
 * events so large that recording fails.
 *
 * Limits: cutting loses information; every cut says how much.
 */
import { type Resource, resourceSchema } from '#contract/actions.ts';
import type { NewEvent } from '#contract/audit.ts';
import { canonicalJson } from './canonical.ts';
import type { Redactor } from './redact.ts';
import { announcesSecret, isSecretName } from './secret-patterns.ts';

/** Bounds of one event, all counted after redaction and escaping. */
export const eventBounds = {
  summaryCharacters: 1000,
  idCharacters: 128,
  stringCharacters: 4096,
  keyCharacters: 128,
  arrayItems: 1024,
  objectMembers: 256,
  depth: 16,
  /** Characters of the canonical detail; over it, only its beginning is kept, as text. */
  detailCharacters: 49_152,
  detailBeginningCharacters: 8192,
} as const;

/** The event as it may be hashed and stored: redacted, then escaped, then cut, in this order (`redact.ts`). */
export function cleanEvent(event: NewEvent, redactor: Redactor): NewEvent {
  const { resource, detail, agent, session, summary, task } = cleanParts(event, redactor);
  return {
    kind: event.kind,
    ...(event.action === undefined ? {} : { action: event.action }),
    ...(agent === undefined ? {} : { agent }),
    ...(event.decision === undefined ? {} : { decision: event.decision }),
    detail,
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(resource === undefined ? {} : { resource }),
    ...(session === undefined ? {} : { session }),
    summary,
    ...(task === undefined ? {} : { task }),
  };
}

/**
 * As `cleanEvent`, but gives what is stored of the event: its payload, the same text as `payloadOf` makes. Put together
 * here, because every event goes through it and its detail was written out already to know its length.
 */
export function cleanPayload(event: NewEvent, redactor: Redactor): string {
  const { action, decision, reason } = event;
  const { resource, detailText, agent, session, summary, task } = cleanParts(event, redactor);
  let text = '{';
  if (action !== undefined) text += `"action":${canonicalJson(action)},`;
  if (agent !== undefined) text += `"agent":${canonicalJson(agent)},`;
  if (decision !== undefined) text += `"decision":${canonicalJson(decision)},`;
  text += `"detail":${detailText}`;
  if (reason !== undefined) text += `,"reason":${canonicalJson(reason)}`;
  if (resource !== undefined) text += `,"resource":${flatJson(resource)}`;
  if (session !== undefined) text += `,"session":${canonicalJson(session)}`;
  text += `,"summary":${canonicalJson(summary)}`;
  if (task !== undefined) text += `,"task":${canonicalJson(task)}`;
  return `${text}}`;
}

/** The canonical text of an object without objects in it. */
function flatJson(members: object): string {
  const texts = Object.keys(members)
    .sort()
    .map((name) => `${canonicalJson(name)}:${canonicalJson(Reflect.get(members, name))}`);
  return `{${texts.join(',')}}`;
}

/** What has to be cleaned of an event, and the canonical text of the clean detail. */
interface CleanParts {
  readonly resource: Resource | undefined;
  readonly detail: Detail;
  readonly detailText: string;
  readonly agent: string | undefined;
  readonly session: string | undefined;
  readonly summary: string;
  readonly task: string | undefined;
}

function cleanParts(event: NewEvent, redactor: Redactor): CleanParts {
  const resource = event.resource === undefined ? undefined : cleanResource(event.resource, redactor);
  let { detail, text } = cleanDetail(event.detail, redactor);
  if (resource?.misfit !== undefined) {
    detail = { ...detail, resource: resource.misfit };
    text = canonicalJson(detail);
  }
  return {
    resource: resource?.fit,
    detail,
    detailText: text,
    agent: cleanId(event.agent, redactor),
    session: cleanId(event.session, redactor),
    summary: cleanText(event.summary, redactor, eventBounds.summaryCharacters),
    task: cleanId(event.task, redactor),
  };
}

function cleanId(id: string | undefined, redactor: Redactor): string | undefined {
  return id === undefined ? undefined : cleanText(id, redactor, eventBounds.idCharacters);
}

/** Redaction and escaping can make a resource longer than its schema allows; such a misfit is kept as detail. */
function cleanResource(resource: Resource, redactor: Redactor): { fit?: Resource; misfit?: Detail } {
  const clean: Detail = {};
  for (const [name, value] of Object.entries(resource)) {
    clean[name] = typeof value === 'string' ? cleanText(value, redactor, 2 * eventBounds.stringCharacters) : value;
  }
  const parsed = resourceSchema.safeParse(clean);
  return parsed.success ? { fit: parsed.data } : { misfit: clean };
}

type Detail = NewEvent['detail'];

function cleanDetail(detail: Detail, redactor: Redactor): { detail: Detail; text: string } {
  const clean = cleanObject(detail, redactor, 1);
  const text = canonicalJson(clean);
  if (text.length <= eventBounds.detailCharacters) return { detail: clean, text };
  const cut = {
    cut: `The detail of ${text.length} characters was too long.`,
    beginning: cutText(text, eventBounds.detailBeginningCharacters),
  };
  return { detail: cut, text: canonicalJson(cut) };
}

function cleanValue(value: Detail[string], redactor: Redactor, depth: number): Detail[string] {
  if (typeof value === 'string') return cleanText(value, redactor, eventBounds.stringCharacters);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= eventBounds.depth) return '[too deep]';
  return Array.isArray(value) ? cleanArray(value, redactor, depth + 1) : cleanObject(value, redactor, depth + 1);
}

function cleanArray(items: readonly Detail[string][], redactor: Redactor, depth: number): Detail[string][] {
  const clean = items.slice(0, eventBounds.arrayItems).map((item, index) => {
    const before = items[index - 1];
    // `['--token', 'abc']`: the option announces a secret whatever it looks like.
    if (typeof item === 'string' && typeof before === 'string' && announcesSecret(before)) return '[redacted:value]';
    return cleanValue(item, redactor, depth);
  });
  const left = items.length - clean.length;
  return left === 0 ? clean : [...clean, `[cut ${left} items]`];
}

function cleanObject(members: Detail, redactor: Redactor, depth: number): Detail {
  // In canonical order, which makes `canonicalJson` cheap.
  const names = Object.keys(members).sort();
  const clean: Detail = {};
  const named = members['name'];
  // `{name: 'API_KEY', value: 'abc'}`: the name announces a secret whatever its value looks like.
  const valueIsSecret = typeof named === 'string' && isSecretName(named);
  for (const name of names.slice(0, eventBounds.objectMembers)) {
    const value = members[name];
    if (value === undefined) continue;
    const secret = typeof value === 'string' && (isSecretName(name) || (valueIsSecret && name === 'value'));
    setMember(
      clean,
      freeName(clean, cleanText(name, redactor, eventBounds.keyCharacters)),
      secret ? '[redacted:value]' : cleanValue(value, redactor, depth),
    );
  }
  const left = names.length - eventBounds.objectMembers;
  if (left > 0) setMember(clean, freeName(clean, '[cut]'), `${left} members`);
  return clean;
}

/** By plain assignment a member named __proto__ would vanish. */
function setMember(object: Detail, name: string, value: Detail[string]): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
}

/** Two names can become one by redaction; neither member may be lost. */
function freeName(taken: Detail, name: string): string {
  let free = name;
  for (let count = 2; Object.hasOwn(taken, free); count += 1) free = `${name}~${count}`;
  return free;
}

function cleanText(text: string, redactor: Redactor, charactersMax: number): string {
  return cutText(redactor.clean(text), charactersMax);
}

/** Cuts to `charactersMax` and says so; never through the middle of a surrogate pair. */
function cutText(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const note = `…[cut ${text.length - charactersMax} characters]`;
  const head = text.slice(0, Math.max(0, charactersMax - note.length));
  return `${head.isWellFormed() ? head : head.slice(0, -1)}${note}`;
}
