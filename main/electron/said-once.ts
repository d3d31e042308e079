import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const saidSchema = z.array(z.string().max(64)).max(64);

/** What a person needs to be told only once, and was. */
export class SaidOnce {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Whether this was never said; from now on it was. */
  first(word: string): boolean {
    const said = this.#read();
    if (said.includes(word)) return false;
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify([...said, word]), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch {
      // Then it is said again another day.
    }
    return true;
  }

  #read(): readonly string[] {
    try {
      const parsed = saidSchema.safeParse(JSON.parse(readFileSync(this.#file, 'utf8')));
      return parsed.success ? parsed.data : [];
    } catch {
      // None yet.
      return [];
    }
  }
}
