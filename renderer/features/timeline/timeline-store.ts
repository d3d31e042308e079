import { create } from 'zustand';
import type { Activity } from '#contract/activity.ts';
import type { Facets } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { chartBars } from './activity-data.ts';
import { PageWindow, pageRows } from './page-window.ts';
import { termsOf } from './query-text.ts';

/** Typing pauses this long before it is searched for. */
const typingMs = 120;
/** Facets follow the results by so much, so that the next key does not wait for them. */
const facetsMs = 150;
/** Values of one facet that are listed. */
const facetValues = 12;
/** New entries are counted up to this many. */
const newMax = 99;
/** Pages on their way at a time: whoever scrolls past a thousand of them wants the last few. */
const askedMax = 4;

/** The timeline's query and what it found. It outlives the page, so that going away and back loses nothing. */
export interface TimelineState {
  /** As typed. */
  readonly text: string;
  /** What `found` belongs to. */
  readonly query: string;
  readonly found: PageWindow | undefined;
  /** Counts changes of `found`, which is changed in place. */
  readonly version: number;
  readonly searching: boolean;
  readonly error: ErrorData | undefined;
  readonly facets: Facets | undefined;
  readonly activity: Activity | undefined;
  /** The query that `activity` is of. */
  readonly activityQuery: string | undefined;
  /** The newest result, from which new ones are counted. */
  readonly newestSeq: number;
  /** Results that came since, and are not shown yet; one more than `newMax` means more than that. */
  readonly fresh: number;
  /** New results are shown as they come, while the list is at its top. */
  readonly following: boolean;
  /** The line that the keyboard is on. */
  readonly active: { readonly page: number; readonly index: number };
  /** Lines of several entries that were opened, by the number of their newest. */
  readonly opened: ReadonlySet<number>;
}

const atTop = { page: 0, index: 0 } as const;

/** What the timeline starts with. */
export const useTimeline = create<TimelineState>()(() => ({
  text: '',
  query: '',
  found: undefined,
  version: 0,
  searching: false,
  error: undefined,
  facets: undefined,
  activity: undefined,
  activityQuery: undefined,
  newestSeq: 0,
  fresh: 0,
  following: false,
  active: atTop,
  opened: new Set(),
}));

const { setState: set, getState: get } = useTimeline;
let generation = 0;
let typingTimer: number | undefined;
let facetsTimer: number | undefined;
/** The chart that is being counted. */
let counting: Promise<unknown> | undefined;
/** Pages of what is found that are on their way. */
let asked = new Set<number>();

/** Takes what was typed, and searches when the typing pauses. */
export function typeQuery(text: string): void {
  set({ text });
  window.clearTimeout(typingTimer);
  typingTimer = window.setTimeout(() => {
    const { query, error, found } = get();
    // A field whose value is still to come is no mistake yet.
    const last = termsOf(text).at(-1);
    if (last?.field !== undefined && last.value === '') return;
    // A space more asks for nothing else.
    if (found === undefined || error !== undefined || text.trim() !== query) void search();
  }, typingMs);
}

/** Sets the query and searches at once. */
export function setQuery(text: string): void {
  set({ text });
  void search();
}

/** Searches for what is typed now; what was found before stays until there is an answer. */
export async function search(): Promise<void> {
  window.clearTimeout(typingTimer);
  window.clearTimeout(facetsTimer);
  generation += 1;
  const mine = generation;
  const query = get().text.trim();
  set({ searching: true });
  try {
    const { events, more } = await call('log.query', { query, limit: pageRows });
    if (mine !== generation) return;
    const newestSeq = events[0]?.seq ?? 0;
    // Numbers have no gaps: without a query, every page can be asked for at once.
    const found = new PageWindow(query === '' && newestSeq > 0 ? { denseFrom: newestSeq } : {});
    found.put(0, events, more);
    asked = new Set();
    set({ query, found, version: get().version + 1, error: undefined, newestSeq, fresh: 0, active: atTop });
    facetsTimer = window.setTimeout(() => void count(query, mine), facetsMs);
  } catch (failure) {
    if (mine === generation) set({ error: errorDataOf(failure) });
  } finally {
    if (mine === generation) set({ searching: false });
  }
}

/** Counts of the query: facets, then the chart. One question after the other, so that a key pressed meanwhile waits for one at most. */
async function count(query: string, mine: number): Promise<void> {
  try {
    const facets = await call('audit.facets', { query, limit: facetValues });
    if (mine !== generation) return;
    set({ facets });
    // Long logs take a moment to be counted: the newest query is counted, not every one that was typed on the way.
    if (counting !== undefined) await counting;
    if (mine !== generation) return;
    const asked = call('audit.activity', { query, bars: chartBars, offsetMinutes: -new Date().getTimezoneOffset() });
    counting = asked.catch(() => undefined);
    const activity = await asked;
    if (mine === generation) set({ activity, activityQuery: query });
  } catch (failure) {
    if (mine === generation) set({ error: errorDataOf(failure) });
  }
}

/** Has the pages between two rows fetched that are not there. To be called again when one arrived. */
export function fetchRows(first: number, last: number): void {
  const { found, query, error } = get();
  // What failed once would fail as fast as it can be asked for; searching again begins anew.
  if (found === undefined || (error !== undefined && error.code !== 'query_invalid')) return;
  for (const page of found.missing(first, last)) {
    if (!asked.has(page) && asked.size < askedMax) void fetchPage(page, query, found);
  }
}

async function fetchPage(page: number, query: string, found: PageWindow): Promise<void> {
  const before = found.before(page);
  const own = asked;
  own.add(page);
  try {
    const { events, more } = await call('log.query', {
      query,
      limit: pageRows,
      ...(before === undefined ? {} : { before }),
    });
    if (get().found !== found) return;
    found.put(page, events, more);
    own.delete(page);
    set({ version: get().version + 1 });
  } catch (failure) {
    own.delete(page);
    if (get().found === found) set({ error: errorDataOf(failure) });
  }
}

/** Counts results that are newer than those shown. */
export async function countFresh(): Promise<void> {
  const { found, query, newestSeq } = get();
  if (found === undefined) return;
  try {
    const { events, more } = await call('log.query', { query, after: newestSeq, limit: newMax });
    if (get().found === found) set({ fresh: more ? newMax + 1 : events.length });
  } catch (failure) {
    // The query ran before; what fails now is the connection, and the page says so.
    if (get().found === found) set({ error: errorDataOf(failure) });
  }
}

/** Shows or hides the entries that a line stands for. */
export function toggleAlike(seq: number, isOpen?: boolean): void {
  set(({ opened }) => {
    const next = new Set(opened);
    if (isOpen ?? !opened.has(seq)) next.add(seq);
    else next.delete(seq);
    return { opened: next };
  });
}

/** The pill's words. */
export function freshText(fresh: number): string {
  return fresh > newMax ? `${newMax}+ new` : `${fresh} new`;
}
