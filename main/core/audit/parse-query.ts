import type { LogQuery } from '#contract/audit.ts';
import { operatingError } from '#contract/operating-error.ts';
import { type Query, queryCharactersMax, queryTermsMax, type Term } from './query.ts';
import { invalid, parseCondition, parseRfc3339, type QueryToken } from './query-conditions.ts';

/**
 * Parses the query language of `docs/audit-format.md`. `now` (milliseconds since the epoch) is what `since:2d` counts
 * from. Throws `query_invalid` with the position and the remedy.
 */
export function parseQuery(text: string, now: number): Query {
  if (text.length > queryCharactersMax) {
    throw invalid(
      { position: queryCharactersMax + 1 },
      `it is over ${queryCharactersMax} characters long`,
      'Ask for less at once.',
    );
  }
  const terms: Term[] = [];
  for (const { negated, token } of tokensOf(text)) {
    if (terms.length >= queryTermsMax) {
      throw invalid(token, `it has over ${queryTermsMax} terms`, 'Ask for less at once.');
    }
    terms.push({ negated, condition: parseCondition(token, now) });
  }
  return { terms };
}

/** The query of an API request: its text and its separate fields. Throws `query_invalid`. */
export function queryOf(
  request: Pick<LogQuery, 'query' | 'since' | 'until' | 'agent' | 'session'>,
  now: number,
): Query {
  const terms = [...parseQuery(request.query, now).terms];
  for (const field of ['since', 'until'] as const) {
    const text = request[field];
    if (text === undefined) continue;
    const at = parseRfc3339(text);
    if (at === undefined) {
      throw operatingError('query_invalid', `The value of ${field}, "${text}", is not an RFC 3339 time.`, {
        remedy: 'Write it as in 2026-01-31T12:00:00Z.',
      });
    }
    terms.push({ negated: false, condition: { field, at } });
  }
  if (request.agent !== undefined) terms.push({ negated: false, condition: { field: 'agent', value: request.agent } });
  if (request.session !== undefined)
    terms.push({ negated: false, condition: { field: 'session', value: request.session } });
  return { terms };
}

const space = /\s*/uy;
const fieldName = /([a-z]{1,32}):(?!\/\/)/uy;
const bare = /[^\s"]+/uy;

/** Cuts the text at spaces outside quotes. `-` in front negates. */
function* tokensOf(text: string): Iterable<{ negated: boolean; token: QueryToken }> {
  let at = 0;
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const match = expression.exec(text);
    if (match !== null) at += match[0].length;
    return match;
  };
  for (take(space); at < text.length; take(space)) {
    const position = at + 1;
    const negated = text[at] === '-';
    if (negated) at += 1;
    const field = take(fieldName)?.[1];
    const quoted = text[at] === '"';
    const value = quoted ? takeQuoted(text, at) : (take(bare)?.[0] ?? '');
    if (quoted) at += value.length;
    if (negated && field === undefined && value === '')
      throw invalid({ position }, 'a dash alone excludes nothing', 'Write the word directly after it.');
    yield { negated, token: { position, field, value: quoted ? unquote(value) : value, quoted } };
  }
}

/** The quoted text with its quotes. */
function takeQuoted(text: string, begin: number): string {
  for (let at = begin + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return text.slice(begin, at + 1);
  }
  throw invalid({ position: begin + 1 }, 'a quote is opened and never closed', 'Add the closing ".');
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(["\\])/gu, '$1');
}
