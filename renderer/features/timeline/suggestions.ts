import type { Facets } from '#contract/audit.ts';
import { termsOf, writtenTerm } from './query-text.ts';

/** What could stand at the cursor. */
export interface Suggestion {
  /** Replaces the text from `begin` to `end`. */
  readonly text: string;
  readonly begin: number;
  readonly end: number;
  /** What it means, or how often it occurs. */
  readonly note: string;
  /** More is to be typed after it: a field without its value. */
  readonly unfinished: boolean;
}

/** Suggestions at a time. */
const suggestionsMax = 8;

const fieldNotes = {
  agent: 'whose',
  action: 'what was wanted',
  decision: 'allow or deny',
  host: 'a host, or *.example.org',
  since: '30m, 2h, 7d, a date',
  until: '30m, 2h, 7d, a date',
  session: 'by its id',
  kind: 'decision, session.*, grant.*',
  path: 'an absolute path and below',
  program: 'by name or path',
  reason: 'why it was decided so',
  task: 'by its id',
  seq: '7, 7..9 or 7..',
} as const;

const spans = ['30m', '1h', '6h', '24h', '7d', '30d'].map((value) => ({ value, note: `${value} ago` }));
const fixedValues: Readonly<Record<string, readonly { readonly value: string; readonly note: string }[]>> = {
  since: spans,
  until: spans,
  decision: [
    { value: 'deny', note: 'blocked' },
    { value: 'allow', note: 'allowed' },
  ],
};

/** What the term at the cursor could become: a field, or a value of its field that occurs in the log. */
export function suggestionsAt(text: string, cursor: number, facets: Facets | undefined): readonly Suggestion[] {
  const term = termsOf(text).find(({ begin, end }) => begin < cursor && cursor <= end);
  const begin = term?.begin ?? cursor;
  const end = term?.end ?? cursor;
  const dash = term?.negated === true ? '-' : '';
  if (term?.field === undefined) {
    const typed = (term?.value ?? '').toLowerCase();
    const fields = Object.entries(fieldNotes)
      .filter(([field]) => field.startsWith(typed))
      .slice(0, typed === '' ? 6 : suggestionsMax)
      .map(([field, note]) => ({ text: `${dash}${field}:`, begin, end, note, unfinished: true }));
    const values = typed.length < 2 ? [] : namedValues(typed, facets);
    return [
      ...fields,
      ...values.map(({ field, value, note }) => ({
        text: `${dash}${writtenTerm(field, value)}`,
        begin,
        end,
        note,
        unfinished: false,
      })),
    ].slice(0, suggestionsMax);
  }
  const { field, value } = term;
  const typed = value.toLowerCase();
  return valuesOf(field, facets)
    .filter((each) => each.value !== value && each.value.toLowerCase().includes(typed))
    .sort((one, other) => rank(one.value, typed) - rank(other.value, typed))
    .slice(0, suggestionsMax)
    .map((each) => ({
      text: `${dash}${writtenTerm(field, each.value)}`,
      begin,
      end,
      note: each.note,
      unfinished: false,
    }));
}

/** Values of the log that a word is part of, so that a host is found without knowing that it is one. */
function namedValues(typed: string, facets: Facets | undefined): { field: string; value: string; note: string }[] {
  return ['agent', 'host', 'session', 'action', 'kind', 'reason'].flatMap((field) =>
    valuesOf(field, facets)
      .filter(({ value }) => value.toLowerCase().includes(typed))
      .map((each) => ({ field, ...each })),
  );
}

function valuesOf(field: string, facets: Facets | undefined): { value: string; note: string }[] {
  const fixed = fixedValues[field] ?? [];
  const counted = facets?.fields.find((each) => each.field === field);
  if (fixed.length > 0) return [...fixed];
  const mark = facets?.exact === false ? 'at least ' : '';
  return (counted?.values ?? []).map(({ value, entries }) => ({
    value,
    note: `${mark}${entries.toLocaleString('en')} ${entries === 1 ? 'entry' : 'entries'}`,
  }));
}

const rank = (value: string, typed: string): number => (value.toLowerCase().startsWith(typed) ? 0 : 1);

/** The text and the cursor after a suggestion was taken; a finished term is followed by a space. */
export function takenSuggestion(text: string, taken: Suggestion): { readonly text: string; readonly cursor: number } {
  const after = text.slice(taken.end);
  const space = taken.unfinished || after.startsWith(' ') ? '' : ' ';
  const before = `${text.slice(0, taken.begin)}${taken.text}${space}`;
  return { text: before + after, cursor: before.length };
}
