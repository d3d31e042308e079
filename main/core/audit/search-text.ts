import type { Resource } from '#contract/actions.ts';

/**
 * What of an event can be found, and in which form. The search index is filled from here and the predicate of the live
 * tail reads the same, so that both mean the same.
 *
 * Words are runs of letters and digits of any script, without case and accents. Everything else separates them.
 */

/**
 * What is looked at of an event. Looser than the contract's event: a stored entry is not checked against its schema
 * again each time it is indexed.
 */
export interface Searchable {
  readonly kind: string;
  readonly agent?: string | undefined;
  readonly session?: string | undefined;
  readonly task?: string | undefined;
  readonly action?: string | undefined;
  readonly decision?: string | undefined;
  readonly reason?: string | undefined;
  readonly summary: string;
  readonly resource?: Resource | undefined;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Whether a stored value has all of that. Of the resource, only what is read as text must be text. */
export function isSearchable(value: object): value is Searchable {
  const event: { readonly [name in keyof Searchable]?: unknown } = value;
  return (
    typeof event.kind === 'string' &&
    typeof event.summary === 'string' &&
    typeof event.detail === 'object' &&
    event.detail !== null &&
    isTextOrAbsent(event.agent) &&
    isTextOrAbsent(event.session) &&
    isTextOrAbsent(event.task) &&
    isTextOrAbsent(event.action) &&
    isTextOrAbsent(event.decision) &&
    isTextOrAbsent(event.reason) &&
    isResourceOrAbsent(event.resource)
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isResourceOrAbsent(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  const resource: { readonly kind?: unknown; readonly host?: unknown; readonly path?: unknown } = value;
  const { kind } = resource;
  if (kind === 'host' || kind === 'url' || kind === 'secret') return typeof resource.host === 'string';
  return kind === 'tool' || typeof resource.path === 'string';
}

/** The host an event is about: of its resource, else `detail.host`. */
export function hostOf(event: Searchable): string | undefined {
  const { resource } = event;
  if (resource?.kind === 'host' || resource?.kind === 'url' || resource?.kind === 'secret') return resource.host;
  return textMember(event, 'host');
}

/** The path an event is about: of its resource, else `detail.path`. */
export function pathOf(event: Searchable): string | undefined {
  return event.resource?.kind === 'path' ? event.resource.path : textMember(event, 'path');
}

/** The program an event is about: its resource, else `detail.program` or `detail.executable`, else the first argument of `detail.command`. */
export function programOf(event: Searchable): string | undefined {
  if (event.resource?.kind === 'program') return event.resource.path;
  const program = textMember(event, 'program') ?? textMember(event, 'executable');
  if (program !== undefined) return program;
  const command = event.detail['command'];
  const first = Array.isArray(command) ? command[0] : undefined;
  return typeof first === 'string' ? first : undefined;
}

/** Every text of an event that free words are looked for in, one a line. What an earlier line says already is left out. */
export function searchText(event: Searchable): string {
  let text = event.kind;
  const add = (more: string): void => {
    // A path is told by the summary, the resource and the detail: what is indexed once costs a third.
    if (!saysAlready(text, more)) text += `\n${more}`;
  };
  for (const id of [event.agent, event.session, event.task, event.action, event.decision, event.reason]) {
    if (id !== undefined) text += `\n${id}`;
  }
  text += `\n${event.summary}`;
  // In one order, whoever made the object: words that follow each other must be the same in the index and in the live tail.
  for (const [, value] of Object.entries(event.resource ?? {}).sort(byName)) collectTexts(value, add);
  collectTexts(event.detail, add);
  return foldText(text);
}

/** Whether every phrase in `more` is in `text` already: it stands there between characters that separate words. */
function saysAlready(text: string, more: string): boolean {
  const at = text.indexOf(more);
  return at >= 0 && separates(text[at - 1]) && separates(text[at + more.length]);
}

const separator = /[\u0000-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]/u;

function separates(character: string | undefined): boolean {
  return character === undefined || separator.test(character);
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

/** The words of a folded or plain text, in order. */
export function wordsOf(text: string): string[] {
  return foldText(text).match(/[a-z0-9\u0080-\u{10ffff}]+/gu) ?? [];
}

const asciiOnly = /^[\u0000-\u007f]*$/u;

/** Without case and accents; outside ASCII, whatever is neither letter nor digit becomes a space. */
export function foldText(text: string): string {
  if (asciiOnly.test(text)) return text.toLowerCase();
  return (
    text
      .normalize('NFKD')
      .toLowerCase()
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      // Lower case of a sigma depends on what follows, which a query does not have.
      .replaceAll('ς', 'σ')
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
  );
}

/** Fields whose whole value is one token of the index. */
export type FacetField =
  | 'program'
  | 'kind'
  | 'session'
  | 'task'
  | 'agent'
  | 'action'
  | 'decision'
  | 'reason'
  | 'host'
  | 'domain';

const facetLetters: Readonly<Record<FacetField, string>> = {
  kind: 'k',
  session: 's',
  task: 't',
  agent: 'g',
  action: 'a',
  decision: 'd',
  reason: 'r',
  host: 'h',
  domain: 'e',
  program: 'p',
};

/** The facet that every event has, so that what is only excluded can be looked for too. */
export const everyFacet = 'x';

/**
 * One token for one value of one field. ASCII characters the tokenizer would split at or fold are moved into the
 * private use area, where it leaves them alone; what is there already is marked, so that different values never share a token.
 */
export function facetToken(field: FacetField, value: string): string {
  const key = facetLetters[field] + value;
  const known = facetTokens.get(key);
  if (known !== undefined) return known;
  const token =
    facetLetters[field] +
    value
      .replace(/[\ue000-\ue07f\uf8ff]/gu, '\uf8ff$&')
      .replace(/[\u0000-\u002f\u003a-\u0060\u007b-\u007f]/gu, (character) =>
        String.fromCharCode(0xe000 + character.charCodeAt(0)),
      );
  if (facetTokens.size >= facetTokensMax) facetTokens.clear();
  facetTokens.set(key, token);
  return token;
}

/** Tokens made before: the same few values come again and again. Forgotten all at once when there are too many. */
const facetTokens = new Map<string, string>();
const facetTokensMax = 4096;

/** Every facet of an event, as tokens separated by spaces. */
export function facetText(event: Searchable): string {
  const tokens = [everyFacet, facetToken('kind', event.kind)];
  for (const field of ['task', 'agent', 'action', 'decision', 'reason'] as const) {
    const value = event[field];
    if (value !== undefined) tokens.push(facetToken(field, value));
  }
  if (event.session !== undefined) {
    for (const beginning of beginningsOf(event.session, '-')) tokens.push(facetToken('session', beginning));
  }
  const program = programOf(event);
  if (program !== undefined) {
    tokens.push(facetToken('program', program));
    const name = program.slice(program.lastIndexOf('/') + 1);
    if (name !== program && name !== '') tokens.push(facetToken('program', name));
  }
  const host = hostOf(event);
  if (host !== undefined) {
    tokens.push(facetToken('host', host));
    for (const domain of parentDomains(host)) tokens.push(facetToken('domain', domain));
  }
  return tokens.join(' ');
}

/** `a1c9-tiger-lamp` is also found as `a1c9` and `a1c9-tiger`. */
function* beginningsOf(text: string, separator: string): Iterable<string> {
  for (let at = text.indexOf(separator); at > 0; at = text.indexOf(separator, at + 1)) yield text.slice(0, at);
  yield text;
}

function* parentDomains(host: string): Iterable<string> {
  for (let at = host.indexOf('.'); at >= 0; at = host.indexOf('.', at + 1)) yield host.slice(at + 1);
}

function textMember(event: Searchable, name: string): string | undefined {
  const value = event.detail[name];
  return typeof value === 'string' ? value : undefined;
}

function collectTexts(value: unknown, add: (text: string) => void): void {
  if (typeof value === 'string') add(value);
  else if (typeof value === 'number') add(String(value));
  else if (Array.isArray(value)) for (const item of value) collectTexts(item, add);
  else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) collectTexts(member, add);
  }
}
