import type { AuditEvent } from '#contract/audit.ts';

/** Events that are kept for the screen; the record keeps them all. */
export const timelineEventsMax = 500;
/** What of an event's sentence is kept. */
const summaryCharactersMax = 1_000;

/** What of the timeline fits its pane. */
export interface ShownEvents {
  readonly events: readonly AuditEvent[];
  /** Of the one under the cursor; none while the newest are followed. */
  readonly selectedSeq: number | undefined;
  /** Events that came since the cursor was put down. */
  readonly newer: number;
}

/**
 * The newest events, followed at the bottom until the cursor is put on one. From then on nothing moves: what comes is
 * counted, and shown when the cursor leaves through the bottom.
 */
export class Timeline {
  #events: AuditEvent[] = [];
  /** What was there when the cursor was put down. */
  #still: readonly AuditEvent[] | undefined;
  #selectedSeq: number | undefined;
  #newer = 0;
  #top = 0;

  /** Forgets everything: another query, or another connection. */
  clear(): void {
    this.#events = [];
    this.follow();
  }

  push(event: AuditEvent): void {
    // The details can be as large as a frame; whoever opens an event asks for it again.
    const kept = { ...event, summary: event.summary.slice(0, summaryCharactersMax), detail: {} };
    this.#events.push(kept);
    if (this.#events.length >= 2 * timelineEventsMax) this.#events = this.#newest();
    if (this.#still !== undefined) this.#newer += 1;
  }

  /** Shows the newest again, and what comes. */
  follow(): void {
    this.#still = undefined;
    this.#selectedSeq = undefined;
    this.#newer = 0;
  }

  get isFollowing(): boolean {
    return this.#still === undefined;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  get selected(): AuditEvent | undefined {
    return this.#still?.find(({ seq }) => seq === this.#selectedSeq);
  }

  /** Puts the cursor on the newest event. */
  hold(height: number): void {
    if (this.#still !== undefined) return;
    this.#still = this.#newest();
    this.#selectedSeq = this.#still.at(-1)?.seq;
    this.#top = Math.max(0, this.#still.length - height);
    if (this.#selectedSeq === undefined) this.follow();
  }

  /** Moves the cursor by rows. Downwards past the newest it follows again. */
  move(by: number, height: number): void {
    if (this.#still === undefined) {
      if (by < 0) {
        this.hold(height);
        if (by < -1) this.move(by + 1, height);
      }
      return;
    }
    const index = this.#still.findIndex(({ seq }) => seq === this.#selectedSeq) + by;
    if (index >= this.#still.length && !this.#catchUp(by)) this.follow();
    else if (index < this.#still.length) this.#selectedSeq = this.#still[Math.max(index, 0)]?.seq;
  }

  /** Takes in what came meanwhile, when the event under the cursor is still among what is kept. */
  #catchUp(by: number): boolean {
    const events = this.#newest();
    const index = events.findIndex(({ seq }) => seq === this.#selectedSeq);
    const before = this.#still?.findIndex(({ seq }) => seq === this.#selectedSeq) ?? 0;
    const next = events[index + by];
    if (this.#newer === 0 || index === -1 || next === undefined) return false;
    this.#top = Math.max(0, this.#top + index - before);
    this.#still = events;
    this.#newer = 0;
    this.#selectedSeq = next.seq;
    return true;
  }

  show(height: number): ShownEvents {
    if (this.#still === undefined) {
      return { events: height > 0 ? this.#events.slice(-height) : [], selectedSeq: undefined, newer: 0 };
    }
    const index = this.#still.findIndex(({ seq }) => seq === this.#selectedSeq);
    if (index !== -1) this.#top = Math.min(Math.max(this.#top, index - height + 1), index);
    this.#top = Math.max(0, Math.min(this.#top, this.#still.length - height));
    return {
      events: this.#still.slice(this.#top, this.#top + height),
      selectedSeq: this.#selectedSeq,
      newer: this.#newer,
    };
  }

  #newest(): AuditEvent[] {
    return this.#events.slice(-timelineEventsMax);
  }
}
