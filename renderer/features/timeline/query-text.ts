/** One term of a query as it is written; `docs/audit-format.md` has the language. */
export interface QueryTerm {
  /** Where it begins and ends in the text. */
  readonly begin: number;
  readonly end: number;
  readonly negated: boolean;
  /** Absent for free words. */
  readonly field: string | undefined;
  /** Without its quotes. */
  readonly value: string;
}

const termStart = /(-?)(?:([a-z]{1,32}):(?!\/\/))?/uy;

/** Cuts a query into its terms. Half-typed text has terms too: a quote that is never closed ends with the text. */
export function termsOf(text: string): readonly QueryTerm[] {
  const terms: QueryTerm[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/u.test(text[at] ?? '')) {
      at += 1;
      continue;
    }
    const begin = at;
    termStart.lastIndex = at;
    const [whole = '', dash, field] = termStart.exec(text) ?? [];
    at += whole.length;
    const quoted = text[at] === '"';
    const end = quoted ? endOfQuoted(text, at) : endOfBare(text, at);
    const raw = text.slice(at, end);
    // A quote in the middle begins a term of its own; nothing at all would never end.
    at = end > begin ? end : begin + 1;
    terms.push({ begin, end: at, negated: dash === '-', field, value: quoted ? unquoted(raw) : raw });
  }
  return terms;
}

function endOfBare(text: string, begin: number): number {
  const rest = text.slice(begin).search(/[\s"]/u);
  return rest < 0 ? text.length : begin + rest;
}

function endOfQuoted(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/** What is between the quotes; the last of them may not be there yet. */
function unquoted(raw: string): string {
  return /^"((?:\\.|[^"\\])*)/su.exec(raw)?.[1]?.replace(/\\(["\\])/gu, '$1') ?? '';
}

/** A term as text; quoted where it has to be. Without a field it is a phrase. */
export function writtenTerm(field: string | undefined, value: string): string {
  const plain = /^[^\s"\\-][^\s"\\]*$/u.test(value) && field !== undefined;
  const written = plain ? value : `"${value.replace(/["\\]/gu, '\\$&')}"`;
  return field === undefined ? written : `${field}:${written}`;
}

/** How a query stands to a value: it asks for it, excludes it, or says nothing of it. */
export function standingOf(text: string, field: string | undefined, value: string): 'wanted' | 'excluded' | 'open' {
  const term = termsOf(text).find((each) => each.field === field && each.value === value);
  if (term === undefined) return 'open';
  return term.negated ? 'excluded' : 'wanted';
}

/**
 * Adds a term, or takes it out when it is there already. All terms have to be met, so of one field a new value takes the place of an old
 * one; what is excluded adds up.
 */
export function toggledTerm(text: string, field: string | undefined, value: string, negated = false): string {
  const terms = termsOf(text);
  const isSame = (term: QueryTerm) => term.field === field && term.value === value;
  const there = terms.some((term) => isSame(term) && term.negated === negated);
  const kept = terms.filter((term) => {
    if (isSame(term)) return false;
    return there || negated || field === undefined || term.field !== field || term.negated;
  });
  const added = there ? [] : [`${negated ? '-' : ''}${writtenTerm(field, value)}`];
  return [...kept.map((term) => text.slice(term.begin, term.end)), ...added].join(' ');
}

/** The query with this time range and no other; without one, for all times. */
export function withRange(text: string, range: { readonly since?: string; readonly until?: string }): string {
  const kept = termsOf(text).filter(({ field }) => field !== 'since' && field !== 'until');
  const added = Object.entries(range).map(([field, value]) => writtenTerm(field, value));
  return [...kept.map((term) => text.slice(term.begin, term.end)), ...added].join(' ');
}

/** Where an error of the query points to (counting from 0), when its words say so. */
export function errorPosition(what: string): number | undefined {
  const found = /at character (\d{1,6})/u.exec(what)?.[1];
  return found === undefined ? undefined : Number(found) - 1;
}
