import type { Entry } from './entry.ts';
import { type CountOfValue, countedValues, FacetCounts } from './facets.ts';

/** Counts over entries as they are gone through, to hold the stored ones against. */
export interface TallyParts {
  readonly counts: readonly CountOfValue[];
  /** Entries by hour (`2026-01-31T12`). */
  readonly hours: readonly (readonly [string, number])[];
}

/** Characters of a time up to its hour. */
const hourCharacters = 13;

/** The hour of an entry's time, as the activity is counted by. */
export function hourOf(at: string): string {
  return at.slice(0, hourCharacters);
}

/** Counts entries by value and by hour. */
export class Tally {
  readonly counts: FacetCounts = new FacetCounts();
  readonly hours = new Map<string, number>();

  add(entry: Pick<Entry, 'seq' | 'at' | 'kind' | 'payload'>): void {
    this.counts.add(entry.seq, countedValues(entry));
    this.addHour(hourOf(entry.at), 1);
  }

  addHour(hour: string, entries: number): void {
    this.hours.set(hour, (this.hours.get(hour) ?? 0) + entries);
  }

  /** Adds what was counted elsewhere. */
  addParts({ counts, hours }: TallyParts): void {
    this.counts.addAll(counts);
    for (const [hour, entries] of hours) this.addHour(hour, entries);
  }

  /** As plain data, for another thread. */
  get parts(): TallyParts {
    return { counts: [...this.counts.all()], hours: [...this.hours] };
  }
}
