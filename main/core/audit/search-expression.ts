import type { Condition, Query } from './query.ts';
import { everyFacet, facetToken, wordsOf } from './search-text.ts';

/**
 * What a query asks of the search index and of the numbered rows. The index may find too much (a path is looked for by
 * its words), never too little; `matchesFields` decides about each row found.
 */
export interface SearchPlan {
  /** Expression for the full text index with the columns `facets` and `words`; undefined: every row. */
  readonly match: string | undefined;
  /** Inclusive bounds. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly since: string | undefined;
  readonly until: string | undefined;
}

/** Plans how the index answers the query. */
export function planSearch(query: Query): SearchPlan {
  const wanted: string[] = [];
  const unwanted: string[] = [];
  let firstSeq = 0;
  let lastSeq = Number.MAX_SAFE_INTEGER;
  let since: string | undefined;
  let until: string | undefined;
  for (const { negated, condition } of query.terms) {
    const found = expressionOf(condition);
    // What is excluded must be found exactly, or rows would be lost that only resemble it.
    if (found !== undefined && (!negated || found.exact)) (negated ? unwanted : wanted).push(found.expression);
    if (negated) continue;
    if (condition.field === 'seq') {
      firstSeq = Math.max(firstSeq, condition.first);
      lastSeq = Math.min(lastSeq, condition.last);
    }
    if (condition.field === 'since' && (since === undefined || condition.at > since)) since = condition.at;
    if (condition.field === 'until' && (until === undefined || condition.at < until)) until = condition.at;
  }
  return { match: joined(wanted, unwanted), firstSeq, lastSeq, since, until };
}

function joined(wanted: readonly string[], unwanted: readonly string[]): string | undefined {
  if (wanted.length === 0 && unwanted.length === 0) return undefined;
  const all = wanted.length === 0 ? `(facets : "${everyFacet}")` : `(${wanted.join(' AND ')})`;
  return unwanted.length === 0 ? all : `${all} NOT (${unwanted.join(' OR ')})`;
}

function expressionOf(condition: Condition): { expression: string; exact: boolean } | undefined {
  switch (condition.field) {
    case 'text':
      return { expression: phrase(condition.words, condition.prefix), exact: true };
    case 'kind':
      return facets(condition.kinds.map((kind) => facetToken('kind', kind)));
    case 'action':
      return facets(condition.actions.map((action) => facetToken('action', action)));
    case 'decision':
      return facets([facetToken('decision', condition.decision)]);
    case 'reason':
      return facets([facetToken('reason', condition.reason)]);
    case 'agent':
    case 'task':
    case 'session':
      return facets([facetToken(condition.field, condition.value)]);
    case 'host':
      return facets([facetToken(condition.subdomains ? 'domain' : 'host', condition.host)]);
    case 'path':
      return words(condition.path);
    case 'program':
      return facets([facetToken('program', condition.program)]);
    case 'seq':
    case 'since':
    case 'until':
      return undefined;
  }
}

/** Tokens hold lower-case letters, digits and what is outside ASCII, so nothing in them needs quoting. */
function facets(tokens: readonly string[]): { expression: string; exact: boolean } {
  return { expression: `(facets : (${tokens.map((token) => `"${token}"`).join(' OR ')}))`, exact: true };
}

function words(text: string): { expression: string; exact: boolean } | undefined {
  const found = wordsOf(text);
  return found.length === 0 ? undefined : { expression: phrase(found, false), exact: false };
}

/** Words hold letters and digits only, so nothing in them needs quoting. */
function phrase(list: readonly string[], prefix: boolean): string {
  return `(words : "${list.join(' ')}"${prefix ? ' *' : ''})`;
}
