import type { Activity } from '#contract/activity.ts';
import type { Facets, facetFields } from '#contract/audit.ts';
import { termsOf } from './query-text.ts';

/** A value that can be wanted or excluded, and how often it occurs. */
export interface ListedValue {
  readonly value: string;
  readonly entries: number;
  /** Otherwise it occurs at least so often. */
  readonly exact: boolean;
}

/**
 * The values of a field, oftenest first. What the query names is always among them, also when nothing matches it any more: what was switched
 * on can be switched off again where that was done.
 */
export function listedValues(
  field: (typeof facetFields)[number],
  facets: Facets | undefined,
  activity: Activity | undefined,
  text: string,
): readonly ListedValue[] {
  const exact = facets?.exact ?? true;
  const counted = facets?.fields.find((each) => each.field === field)?.values ?? [];
  const values = counted.map(({ value, entries }) => {
    // The chart counts every match.
    const all = { allow: activity?.allowed, deny: activity?.denied }[value];
    if (field === 'decision' && activity?.exact === true && all !== undefined)
      return { value, entries: all, exact: true };
    return { value, entries, exact };
  });
  const named = termsOf(text)
    .filter((term) => term.field === field && term.value !== '' && !values.some(({ value }) => value === term.value))
    .map(({ value }) => value);
  return [...values, ...[...new Set(named)].map((value) => ({ value, entries: 0, exact }))];
}
