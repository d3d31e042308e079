import { posix } from 'node:path';
import { actionSchema } from '#contract/actions.ts';
import { eventKindSchema } from '#contract/audit.ts';
import { reasonCodeSchema } from '#contract/decision.ts';
import { operatingError } from '#contract/operating-error.ts';
import { spanUnitMs } from '#contract/text/span.ts';
import { timestamp } from './entry.ts';
import { type Condition, queryWordsMax } from './query.ts';
import { wordsOf } from './search-text.ts';

/** A piece of the query text that stands for one condition. */
export interface QueryToken {
  /** Where it begins, counting characters from 1. */
  readonly position: number;
  readonly field: string | undefined;
  readonly value: string;
  readonly quoted: boolean;
}

type ConditionParser = (token: QueryToken, now: number) => Condition;

const parsers: Readonly<Record<string, ConditionParser>> = {
  kind: (token) => ({ field: 'kind', kinds: named(token, eventKindSchema.options) }),
  action: (token) => ({ field: 'action', actions: named(token, actionSchema.options) }),
  decision: (token) => {
    if (token.value === 'allow' || token.value === 'allowed') return { field: 'decision', decision: 'allow' };
    if (token.value === 'deny' || token.value === 'denied') return { field: 'decision', decision: 'deny' };
    throw invalid(token, `there is no decision "${token.value}"`, 'Decisions are allow and deny.');
  },
  reason: (token) => {
    const reason = reasonCodeSchema.options.find((code) => code === token.value);
    if (reason !== undefined) return { field: 'reason', reason };
    throw invalid(token, `there is no reason "${token.value}"`, `Reasons are ${reasonCodeSchema.options.join(', ')}.`);
  },
  agent: (token) => ({ field: 'agent', value: token.value }),
  task: (token) => ({ field: 'task', value: token.value }),
  session: (token) => ({ field: 'session', value: token.value }),
  host: parseHostCondition,
  path: parsePathCondition,
  program: (token) => ({ field: 'program', program: token.value }),
  seq: parseSeqCondition,
  since: (token, now) => ({ field: 'since', at: parseTime(token, now) }),
  until: (token, now) => ({ field: 'until', at: parseTime(token, now) }),
};

/** Every field of the query language. */
export const queryFields: readonly string[] = Object.keys(parsers);

/** What one token of a query asks for. Throws `query_invalid`. */
export function parseCondition(token: QueryToken, now: number): Condition {
  if (token.field === undefined) return parseText(token);
  const parser = Object.hasOwn(parsers, token.field) ? parsers[token.field] : undefined;
  if (parser === undefined) {
    throw invalid(
      token,
      `there is no field "${token.field}"`,
      `Fields are ${queryFields.join(', ')}. To look for the text itself, put it in quotes.`,
    );
  }
  if (token.value === '') {
    throw invalid(
      token,
      `"${token.field}:" has no value`,
      `Write it directly after the colon, as in ${token.field}:something.`,
    );
  }
  return parser(token, now);
}

/** The typed error of a query: where, what, and what to do. */
export function invalid(token: { readonly position: number }, why: string, remedy: string): Error {
  return operatingError('query_invalid', `The query cannot be understood at character ${token.position}:`, {
    why: `${why}.`,
    remedy,
  });
}

function parseText(token: QueryToken): Condition {
  const prefix = !token.quoted && token.value.length > 1 && token.value.endsWith('*');
  const words = wordsOf(token.value);
  if (words.length === 0) {
    throw invalid(token, `"${token.value}" has no letter or digit to look for`, 'Add a word, or take it out.');
  }
  if (words.length > queryWordsMax) {
    throw invalid(
      token,
      `a phrase of ${words.length} words is too long`,
      `Use at most ${queryWordsMax} words in one phrase.`,
    );
  }
  return { field: 'text', words, prefix };
}

/** One of the names, or with `beginning.*` all that begin so. */
function named<Name extends string>(token: QueryToken, names: readonly Name[]): Name[] {
  const { value } = token;
  const found = names.filter((name) => (value.endsWith('.*') ? name.startsWith(value.slice(0, -1)) : name === value));
  if (found.length > 0) return found;
  throw invalid(
    token,
    `there is no ${token.field} "${value}"`,
    `Known: ${names.join(', ')}; or all of a family, as in session.*`,
  );
}

function parseHostCondition(token: QueryToken): Condition {
  const subdomains = token.value.startsWith('*.');
  const host = (subdomains ? token.value.slice(2) : token.value)
    .toLowerCase()
    .replace(/\.$/u, '')
    .replace(/^\[(.*)\]$/u, '$1');
  if (host === '' || /[*\s/]/u.test(host)) {
    throw invalid(
      token,
      `"${token.value}" is not a host`,
      'Write a name, an address, or *.example.org for all names below one.',
    );
  }
  return { field: 'host', host, subdomains };
}

function parsePathCondition(token: QueryToken): Condition {
  if (!token.value.startsWith('/')) {
    throw invalid(
      token,
      `"${token.value}" is not an absolute path`,
      'Write the whole path from /; everything below it is found too.',
    );
  }
  const normal = posix.normalize(token.value).replace(/^\/+/u, '/');
  return { field: 'path', path: normal.length > 1 ? normal.replace(/\/$/u, '') : normal };
}

function parseSeqCondition(token: QueryToken): Condition {
  const match = /^(\d{1,15})(?:(\.\.)(\d{1,15})?)?$/u.exec(token.value);
  if (match === null)
    throw invalid(token, `"${token.value}" is not a number of an event`, 'Write seq:7, seq:7..9 or seq:7..');
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : match[3] === undefined ? Number.MAX_SAFE_INTEGER : Number(match[3]);
  return { field: 'seq', first, last };
}

/** The latest time that still prints with four digits of a year. */
const timeMax = Date.parse('9999-12-31T23:59:59.999Z');

/** `2d` before now, or RFC 3339. */
function parseTime(token: QueryToken, now: number): string {
  const relative = /^(\d{1,9})([smhdw])$/u.exec(token.value);
  const unit = relative === null ? undefined : spanUnitMs[relative[2] ?? ''];
  if (relative !== null && unit !== undefined) return timestamp(Math.max(0, now - Number(relative[1]) * unit));
  const at = parseRfc3339(token.value);
  if (at === undefined) {
    throw invalid(
      token,
      `"${token.value}" is not a time`,
      'Write 30m, 2h, 7d, 2w, a date as in 2026-01-31, or a whole RFC 3339 time.',
    );
  }
  return at;
}

/** An RFC 3339 time (or a date alone: its beginning in UTC), as entries write it; undefined when it is not one. */
export function parseRfc3339(text: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d))?$/u.test(text))
    return undefined;
  const ms = Date.parse(text.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(ms) || ms < 0 || ms > timeMax ? undefined : timestamp(ms);
}
