import type { AuditEvent } from '#contract/audit.ts';
import type { Terminal } from './terminal.ts';

/** How often the line is drawn. */
const drawEveryMs = 200;

/** Counts what was exported, and says so on a terminal. */
export class ExportProgress {
  readonly #terminal: Terminal;
  readonly #draws: boolean;
  readonly #begun = performance.now();
  #drawn = 0;
  #isDrawn = false;
  /** Events exported. */
  events = 0;
  /** Those among them whose content was erased. */
  erased = 0;

  constructor(terminal: Terminal, quiet: boolean) {
    this.#terminal = terminal;
    this.#draws = terminal.errorScreen.terminal && !quiet;
  }

  /** More were written; the log was read up to number `through`. */
  add(events: readonly AuditEvent[], through: number): void {
    this.events += events.length;
    for (const { detail } of events) if (detail['erased'] === true) this.erased += 1;
    const now = performance.now();
    if (!this.#draws || now - this.#drawn < drawEveryMs) return;
    this.#drawn = now;
    this.#isDrawn = true;
    const rate = Math.round(this.events / Math.max(0.001, (now - this.#begun) / 1000));
    this.#terminal.stderr.write(`\r\x1b[K${this.events} events, up to number ${through}, ${rate} a second`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isDrawn) this.#terminal.stderr.write('\r\x1b[K');
  }
}
