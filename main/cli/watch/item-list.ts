/** A row of a list: an item, or what is left of one that has gone while the cursor stood on it. */
export interface Row<T> {
  readonly item: T;
  readonly gone: boolean;
}

/** What of a list fits its pane. */
export interface Shown<T> {
  readonly rows: readonly Row<T>[];
  /** Rows that are out of sight. */
  readonly above: number;
  readonly below: number;
}

/**
 * A list with a cursor that stays on its item, by id, whatever comes and goes around it. An item that goes while the
 * cursor is on it stays as a row of what it was, until the cursor moves: a key that is being pressed must never reach
 * another one.
 */
export class ItemList<T extends { readonly id: string }> {
  #items: readonly T[] = [];
  #left: { readonly item: T; readonly index: number } | undefined;
  #selectedId: string | undefined;
  #top = 0;

  /** Takes the items of now, in order. Without `hold` nobody looks at the cursor, and nothing that went is kept for it. */
  update(items: readonly T[], hold: boolean): void {
    const before = this.rows();
    const index = before.findIndex(({ item }) => item.id === this.#selectedId);
    this.#items = items;
    if (items.some(({ id }) => id === this.#selectedId)) this.#left = undefined;
    else if (hold && index !== -1) {
      const was = before[index];
      this.#left = was === undefined ? undefined : { item: was.item, index };
    } else {
      this.#left = undefined;
      this.#selectedId = items[Math.min(Math.max(index, 0), items.length - 1)]?.id;
    }
  }

  rows(): readonly Row<T>[] {
    const rows = this.#items.map((item) => ({ item, gone: false }));
    if (this.#left !== undefined) rows.splice(this.#left.index, 0, { item: this.#left.item, gone: true });
    return rows;
  }

  /** The row under the cursor. */
  get selected(): Row<T> | undefined {
    return this.rows().find(({ item }) => item.id === this.#selectedId);
  }

  /** Moves the cursor by rows; what had gone under it is gone now. */
  move(by: number): void {
    const rows = this.rows();
    const index = rows.findIndex(({ item }) => item.id === this.#selectedId);
    const target = rows[Math.min(Math.max(index + by, 0), rows.length - 1)];
    // Nowhere else to go: what is left of an item has been seen.
    if (target?.gone === true) this.#selectedId = this.#items[Math.min(index, this.#items.length - 1)]?.id;
    else this.#selectedId = target?.item.id;
    this.#left = undefined;
  }

  /** What fits `height` rows, with the cursor in sight; the window moves no further than it must. */
  show(height: number): Shown<T> {
    const rows = this.rows();
    const index = rows.findIndex(({ item }) => item.id === this.#selectedId);
    if (index !== -1) this.#top = Math.min(Math.max(this.#top, index - height + 1), index);
    this.#top = Math.max(0, Math.min(this.#top, rows.length - height));
    const shown = rows.slice(this.#top, this.#top + height);
    return { rows: shown, above: this.#top, below: Math.max(0, rows.length - this.#top - shown.length) };
  }
}
