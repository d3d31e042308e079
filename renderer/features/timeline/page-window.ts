import type { AuditEvent } from '#contract/audit.ts';

/** Rows that are fetched at a time. */
export const pageRows = 200;

/** Pages kept at a time; those farthest from the newest arrival go first. */
export const pagesMax = 24;

/** Rows of the list at most: an element in Chromium cannot be much higher. What is older is reached by narrowing the time. */
export const rowsMax = 1_000_000;

/**
 * Results of one query, newest first, as pages of a fixed number of rows. It knows where every page that was ever reached begins, which
 * is one number each, and holds the events of a few.
 */
export class PageWindow {
  readonly #pageRows: number;
  readonly #pagesMax: number;
  /** By page: only entries with a smaller number are in it. */
  readonly #begins: (number | undefined)[] = [undefined];
  readonly #pages = new Map<number, readonly AuditEvent[]>();
  /** Rows, once the last page was seen; and from the start, where numbers have no gaps. */
  #rows: number | undefined;
  readonly #denseFrom: number | undefined;

  /** `denseFrom` is the newest number, when every entry is a result: then any page can be asked for at once. */
  constructor(options: { readonly denseFrom?: number; readonly pageRows?: number; readonly pagesMax?: number } = {}) {
    this.#pageRows = options.pageRows ?? pageRows;
    this.#pagesMax = options.pagesMax ?? pagesMax;
    this.#denseFrom = options.denseFrom;
    if (options.denseFrom !== undefined) this.#rows = options.denseFrom;
  }

  /** Rows that can be shown or waited for: beyond what is known, one page more. */
  get rows(): number {
    if (this.#rows !== undefined) return Math.min(rowsMax, this.#rows);
    return Math.min(rowsMax, this.#begins.length * this.#pageRows);
  }

  /** Whether `rows` is the number of results. */
  get isWhole(): boolean {
    return this.#rows !== undefined && this.#rows <= rowsMax;
  }

  /** Pages whose events are held. */
  get held(): number {
    return this.#pages.size;
  }

  /** The events of a page, when it is held. */
  page(page: number): readonly AuditEvent[] | undefined {
    return this.#pages.get(page);
  }

  /** Pages that are held. */
  get pages(): readonly number[] {
    return [...this.#pages.keys()];
  }

  /** The event of a row, when its page is held. */
  at(row: number): AuditEvent | undefined {
    return this.#pages.get(Math.floor(row / this.#pageRows))?.[row % this.#pageRows];
  }

  /** Pages between two rows that are not held and could be asked for. */
  missing(first: number, last: number): readonly number[] {
    const pages: number[] = [];
    const end = Math.floor(Math.max(0, Math.min(last, this.rows - 1)) / this.#pageRows);
    for (let page = Math.floor(Math.max(0, first) / this.#pageRows); page <= end; page += 1) {
      if (!this.#pages.has(page) && this.#isKnown(page)) pages.push(page);
    }
    return pages;
  }

  /** What to ask for a page: `before` of `log.query`. */
  before(page: number): number | undefined {
    if (this.#denseFrom !== undefined) return this.#denseFrom + 1 - page * this.#pageRows;
    return this.#begins[page];
  }

  /** Takes a page in. `more` says whether there are older ones. */
  put(page: number, events: readonly AuditEvent[], more: boolean): void {
    this.#pages.set(page, events);
    if (this.#denseFrom === undefined && page === this.#begins.length - 1) {
      const oldest = events.at(-1);
      if (more && oldest !== undefined) this.#begins.push(oldest.seq);
      else this.#rows = page * this.#pageRows + events.length;
    }
    const farthest = [...this.#pages.keys()].sort((one, other) => Math.abs(other - page) - Math.abs(one - page));
    for (const each of farthest.slice(0, Math.max(0, this.#pages.size - this.#pagesMax))) this.#pages.delete(each);
  }

  #isKnown(page: number): boolean {
    return this.#denseFrom === undefined ? page < this.#begins.length : page * this.#pageRows < this.#denseFrom;
  }
}
