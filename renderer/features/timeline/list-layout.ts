import type { ListItem } from './list-items.ts';

/** A line of the list; without an item it is one whose entry is still to come. */
export interface PlacedItem {
  readonly position: number;
  readonly page: number;
  /** Place within the page. */
  readonly index: number;
  readonly item: ListItem | undefined;
}

/**
 * Which line is where, when every line is as high as the others: a page that was seen has as many lines as it came to, one that was not
 * as many as it has entries.
 */
export class ListLayout {
  readonly #pageRows: number;
  #rows = 0;
  /** Lines of pages that were seen. */
  readonly #counts = new Map<number, number>();
  /** Of each page, the position of its first line; and of the end. */
  #begins: number[] = [0];

  constructor(pageRows: number) {
    this.#pageRows = pageRows;
  }

  /** Lines in all. */
  get lines(): number {
    return this.#begins.at(-1) ?? 0;
  }

  /** Takes the number of entries, and what pages that are held came to. Returns how many lines were put in before `position`. */
  update(rows: number, pages: ReadonlyMap<number, readonly ListItem[]>, position = 0): number {
    let changed = rows !== this.#rows;
    const anchor = this.find(position);
    for (const [page, { length }] of pages) {
      if (this.#counts.get(page) === length) continue;
      this.#counts.set(page, length);
      changed = true;
    }
    if (!changed) return 0;
    this.#rows = rows;
    const before = this.#begins[anchor.page] ?? 0;
    const begins = [0];
    let end = 0;
    for (let page = 0; page * this.#pageRows < rows; page += 1) {
      end += this.#counts.get(page) ?? Math.min(this.#pageRows, rows - page * this.#pageRows);
      begins.push(end);
    }
    this.#begins = begins;
    return (begins[anchor.page] ?? end) - before;
  }

  /** The page of a position, and the place in it. */
  find(position: number): { readonly page: number; readonly index: number } {
    let [low, high] = [0, Math.max(0, this.#begins.length - 2)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#begins[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return { page: low, index: position - (this.#begins[low] ?? 0) };
  }

  /** The position of a place in a page. */
  positionOf({ page, index }: { readonly page: number; readonly index: number }): number {
    const begin = this.#begins[page] ?? 0;
    return Math.min(begin + index, Math.max(begin, (this.#begins[page + 1] ?? 1) - 1));
  }

  /** The lines between two positions. */
  between(first: number, last: number, pages: ReadonlyMap<number, readonly ListItem[]>): PlacedItem[] {
    const placed: PlacedItem[] = [];
    for (let position = Math.max(0, first); position <= Math.min(last, this.lines - 1); position += 1) {
      const { page, index } = this.find(position);
      placed.push({ position, page, index, item: pages.get(page)?.[index] });
    }
    return placed;
  }

  /** The rows of results that the lines between two positions are about: what has to be fetched for them. */
  rowsBetween(first: number, last: number): readonly [number, number] {
    const row = (position: number): number => {
      const { page, index } = this.find(position);
      return page * this.#pageRows + Math.min(index, this.#pageRows - 1);
    };
    return [row(first), row(last)];
  }
}
