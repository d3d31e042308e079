import type { AuditEvent } from '#contract/audit.ts';
import { auditQueueBounds } from './audit-log-options.ts';
import type { AppendItem } from './audit-messages.ts';

/** An event that waits to be recorded. */
export interface Waiting {
  readonly item: Omit<AppendItem, 'wanted'>;
  /** Absent for an observation. */
  readonly settle?: { resolve(event: AuditEvent): void; reject(error: Error): void };
  /** A checkpoint is due once it is recorded. */
  readonly endsSession?: boolean;
  /** How many observations it stands for; one, but for the entry that says how many were lost. */
  readonly observations?: number;
}

/** What waits to be recorded, in order and within bounds. */
export class WaitingEvents {
  #waiting: Waiting[] = [];
  #appends = 0;
  #characters = 0;

  get length(): number {
    return this.#waiting.length;
  }

  /** Those whose callers wait for them. */
  get appends(): number {
    return this.#appends;
  }

  get observations(): number {
    return this.#waiting.length - this.#appends;
  }

  hasRoom(item: Waiting['item']): boolean {
    return this.#characters + item.text.length <= auditQueueBounds.charactersMax;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#characters += waiting.item.text.length;
    if (waiting.settle !== undefined) this.#appends += 1;
  }

  /** Takes the next events, at most a batch and at least one. */
  takeBatch(): Waiting[] {
    let characters = 0;
    let count = 0;
    for (const { item } of this.#waiting) {
      characters += item.text.length;
      if (count > 0 && (count >= auditQueueBounds.batchEvents || characters > auditQueueBounds.batchCharacters)) break;
      count += 1;
    }
    const batch = this.#waiting.splice(0, count);
    for (const { item, settle } of batch) {
      this.#characters -= item.text.length;
      if (settle !== undefined) this.#appends -= 1;
    }
    return batch;
  }

  takeAll(): Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#appends = 0;
    this.#characters = 0;
    return waiting;
  }
}
