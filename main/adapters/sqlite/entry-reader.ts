import type { Activity, ActivityRequest } from '#contract/activity.ts';
import { type AuditEvent, auditEventSchema, type Facets, type FacetsRequest, type LogQuery } from '#contract/audit.ts';
import { type Entry, eventTextOf, genesisHash, isErased } from '../../core/audit/entry.ts';
import type { ContentPiece, ReadPage } from '../../core/audit/log.ts';
import { matches, matchesFields } from '../../core/audit/match-query.ts';
import { parseQuery, queryOf } from '../../core/audit/parse-query.ts';
import type { Query } from '../../core/audit/query.ts';
import { planSearch } from '../../core/audit/search-expression.ts';
import { ActivityReader } from './activity-reader.ts';
import { contentPiece } from './content-sizes.ts';
import { openForReading, type ReadableDatabase } from './database.ts';
import { FacetReader } from './facet-reader.ts';
import { ProofMaker } from './proof-maker.ts';
import { entryColumns, entryOf, StoredEntries } from './stored-entries.ts';

/** The time bounds of a query that has none; texts compare as times do. */
const earliest = '';
const latest = '~';

/** Answers questions about a log from a read-only handle. */
export class EntryReader {
  readonly #database: ReadableDatabase;
  readonly #stored: StoredEntries;
  /** Proofs over the same handle. */
  readonly proofs: ProofMaker;
  readonly #oldest;
  readonly #newest;
  readonly #newestFound;
  readonly #firstSince;
  readonly #lastUntil;
  readonly #indexed;
  readonly #facets: FacetReader;
  readonly #activity: ActivityReader;

  constructor(path: string) {
    const database = openForReading(path);
    this.#database = database;
    this.#stored = new StoredEntries(database);
    this.proofs = new ProofMaker(database, this.#stored);
    this.#oldest = database
      .prepare<[number, number], unknown[]>(
        `SELECT ${entryColumns('entries')} FROM entries WHERE seq BETWEEN ? AND ? ORDER BY seq`,
      )
      .raw();
    this.#newest = database
      .prepare<[number, number, string, string], unknown[]>(
        `SELECT ${entryColumns('entries')} FROM entries
         WHERE seq BETWEEN ? AND ? AND at BETWEEN ? AND ? ORDER BY seq DESC`,
      )
      .raw();
    this.#newestFound = database
      .prepare<[string, number, number, string, string], unknown[]>(
        // CROSS JOIN keeps the index outside, so that rows come newest first without sorting.
        `SELECT ${entryColumns('entries')} FROM search CROSS JOIN entries ON entries.seq = search.rowid
         WHERE search MATCH ? AND search.rowid BETWEEN ? AND ? AND entries.at BETWEEN ? AND ? ORDER BY search.rowid DESC`,
      )
      .raw();
    this.#firstSince = database
      .prepare<[string], number | null>('SELECT min(first_seq) FROM activity WHERE hour >= ?')
      .pluck();
    this.#lastUntil = database
      .prepare<[string], number | null>('SELECT max(last_seq) FROM activity WHERE hour <= ?')
      .pluck();
    this.#indexed = database.prepare<[], number>("SELECT through FROM followers WHERE name = 'search'").pluck();
    this.#facets = new FacetReader(database);
    this.#activity = new ActivityReader(database, {
      find: (query) => this.#find(query, {}),
      between: (first, last) => this.#between(first, last),
    });
  }

  /** Events that match, newest first, and whether older ones match too. Throws `query_invalid`. */
  query(request: LogQuery, now: number): { events: AuditEvent[]; more: boolean } {
    // In one transaction: what the index has and what it has not yet must be of the same moment.
    return this.#database.transaction(() => this.#page(request, now))();
  }

  /** How often which values occur among the events that match. Throws `query_invalid`. */
  facets(request: FacetsRequest, now: number): Facets {
    const query = queryOf(request, now);
    return this.#database.transaction(() =>
      query.terms.length === 0
        ? this.#facets.all(request.limit)
        : this.#facets.of(this.#find(query, {}), request.limit),
    )();
  }

  /** How much matches when. Throws `query_invalid`. */
  activity(request: ActivityRequest, now: number): Activity {
    const query = queryOf(request, now);
    return this.#database.transaction(() => this.#activity.of(query, request, now))();
  }

  #page(request: LogQuery, now: number): { events: AuditEvent[]; more: boolean } {
    const events: AuditEvent[] = [];
    for (const event of this.#find(queryOf(request, now), request)) {
      if (events.length === request.limit) return { events, more: true };
      events.push(event);
    }
    return { events, more: false };
  }

  /** The number before the first entry that is not older. */
  lastBefore(at: string): number {
    // No such entry is before the first one of such an hour, which spares reading everything older.
    const first = this.#database
      .prepare<[number, string], number | null>('SELECT min(seq) FROM entries WHERE seq >= ? AND at >= ?')
      .pluck()
      .get(this.#firstSince.get(at.slice(0, 13)) ?? Number.MAX_SAFE_INTEGER, at);
    return typeof first === 'number' ? first - 1 : this.#stored.lastSeq();
  }

  /** Events that match among the next `count` numbers, oldest first. Throws `query_invalid`. */
  read(page: ReadPage, now: number): { events: AuditEvent[]; through: number; done: boolean } {
    const query = parseQuery(page.query, now);
    const last = this.#stored.lastSeq();
    const through = Math.max(page.after, Math.min(last, page.after + page.count));
    const events: AuditEvent[] = [];
    for (const row of this.#oldest.iterate(page.after + 1, through)) {
      const event = eventOfRow(row);
      if (matches(query, event)) events.push(event);
    }
    return { events, through, done: through >= last };
  }

  /** What content is left among the next `count` numbers. */
  content(after: number, count: number): ContentPiece {
    return contentPiece(this.#database, after, count, this.#stored.lastSeq());
  }

  get(seq: number): AuditEvent | undefined {
    const entry = this.#stored.find(seq);
    return entry === undefined ? undefined : eventOf(entry);
  }

  count(): number {
    return this.#stored.lastSeq();
  }

  close(): void {
    this.#database.close();
  }

  *#between(first: number, last: number): Iterable<AuditEvent> {
    for (const row of this.#newest.iterate(first, last, earliest, latest)) yield eventOfRow(row);
  }

  *#find(query: Query, page: Pick<LogQuery, 'before' | 'after'>): Iterable<AuditEvent> {
    const plan = planSearch(query);
    const since =
      plan.since === undefined ? undefined : (this.#firstSince.get(plan.since.slice(0, 13)) ?? Number.MAX_SAFE_INTEGER);
    const until = plan.until === undefined ? undefined : (this.#lastUntil.get(plan.until.slice(0, 13)) ?? 0);
    const first = Math.max(plan.firstSeq, (page.after ?? 0) + 1, since ?? 1);
    const last = Math.min(plan.lastSeq, (page.before ?? Number.MAX_SAFE_INTEGER) - 1, until ?? Number.MAX_SAFE_INTEGER);
    if (first > last) return;
    const times: [string, string] = [plan.since ?? earliest, plan.until ?? latest];
    if (plan.match === undefined) {
      for (const row of this.#newest.iterate(first, last, ...times)) {
        const event = eventOfRow(row);
        if (matchesFields(query, event)) yield event;
      }
      return;
    }
    // What is not indexed yet is looked at one by one; the writer keeps it within bounds.
    const indexed = this.#indexed.get() ?? 0;
    for (const row of this.#newest.iterate(Math.max(first, indexed + 1), last, ...times)) {
      const event = eventOfRow(row);
      if (matches(query, event)) yield event;
    }
    for (const row of this.#newestFound.iterate(plan.match, first, Math.min(last, indexed), ...times)) {
      const event = eventOfRow(row);
      if (matchesFields(query, event)) yield event;
    }
  }
}

function eventOfRow(row: readonly unknown[]): AuditEvent {
  const entry = entryOf(row);
  return entry === undefined ? unreadableEvent(Number(row[0]), '') : eventOf(entry);
}

/** The event of an entry. One that cannot be read is shown as damage, for skipping it would hide it. */
function eventOf(entry: Entry): AuditEvent {
  if (isErased(entry)) return erasedEvent(entry);
  try {
    const parsed = auditEventSchema.safeParse(JSON.parse(eventTextOf(entry)));
    if (parsed.success) return parsed.data;
  } catch {
    // No JSON, or put there by somebody else and nested deeper than the schema's recursion can go: damage like any other.
  }
  return unreadableEvent(entry.seq, entry.hash);
}

/** What is left of an entry whose content retention erased. */
function erasedEvent({ seq, at, hash, kind }: Entry): AuditEvent {
  const event = { seq, at, hash, kind, summary: 'The content was erased.', detail: { erased: true } };
  const parsed = auditEventSchema.safeParse(event);
  return parsed.success ? parsed.data : unreadableEvent(seq, hash);
}

function unreadableEvent(seq: number, hash: string): AuditEvent {
  return {
    seq,
    at: new Date(0).toISOString(),
    hash: /^[0-9a-f]{64}$/u.test(hash) ? hash : genesisHash,
    kind: 'log.damaged',
    summary: `Entry ${seq} cannot be read.`,
    detail: { seq, stored: false },
  };
}
