import type { AuditEvent } from '#contract/audit.ts';

/** How often the window is told; faster than anybody reads, slower than a flood. */
const everyMs = 100;
/** Entries passed on at a time. A window that wants the others asks for them. */
const passedMax = 200;

/** Collects entries of the log for the window, so that a flood of them is a few messages. */
export class EventBatch {
  readonly #pass: (events: readonly AuditEvent[], dropped: number) => void;
  #events: AuditEvent[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pass: (events: readonly AuditEvent[], dropped: number) => void) {
    this.#pass = pass;
  }

  add(event: AuditEvent): void {
    if (this.#events.length < passedMax) this.#events.push(event);
    else this.#dropped += 1;
    this.#timer ??= setTimeout(() => this.#flush(), everyMs);
  }

  #flush(): void {
    this.#timer = undefined;
    const [events, dropped] = [this.#events, this.#dropped];
    this.#events = [];
    this.#dropped = 0;
    this.#pass(events, dropped);
  }
}
