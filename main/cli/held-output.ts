import { Scrollback } from '../core/sessions/scrollback.ts';
import type { TerminalModes } from '../core/sessions/terminal-modes.ts';
import type { TerminalAsking } from './prompt/ask-in-terminal.ts';
import type { RunOutput } from './run-output.ts';
import { ClosedOutput } from './write-all.ts';

/**
 * The agent's output while a question is on the screen: kept here, the newest of it, instead of left on the wire, where it would make
 * this terminal look like one that nobody reads.
 */
export class HeldOutput {
  readonly #modes: TerminalModes;
  readonly #output: RunOutput;
  #held: Scrollback | undefined;
  asking: TerminalAsking | undefined;

  constructor(modes: TerminalModes, output: RunOutput) {
    this.#modes = modes;
    this.#output = output;
  }

  /** Whether these bytes are kept for later. When not, what was kept before them has been written. */
  async holds(bytes: Uint8Array): Promise<boolean> {
    if (this.asking === undefined) return false;
    if (!this.asking.isOpen) {
      await this.release();
      // Another question may have come meanwhile.
      if (!this.asking.isOpen) return false;
    }
    if (this.#held === undefined) {
      this.#held = new Scrollback({ terminal: true });
      void this.asking.mayWrite.then(() => this.#write());
    }
    this.#held.push('stdout', bytes);
    return true;
  }

  /** Writes what was kept, once no question is shown. */
  async release(): Promise<void> {
    await this.asking?.mayWrite;
    await this.#write();
  }

  async #write(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    for (const { stream, bytes } of held?.replay() ?? []) {
      this.#modes.watch(bytes);
      try {
        await this.#output.bytes(stream, bytes);
      } catch (error) {
        // Whoever writes next finds out too.
        if (!(error instanceof ClosedOutput)) throw error;
      }
    }
  }
}
