import type { Coverage } from './coverage.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { minimise, mutate } from './mutate.ts';
import { Random } from './random.ts';

/** When to end: after so many inputs, or so long. */
export interface Budget {
  readonly seed: number;
  readonly runs: number;
  readonly forMs?: number;
  /** Guides by code reached; without it, by outcomes alone, which is quicker and the same on every machine. */
  readonly coverage?: Coverage;
}

/** An input that broke the property, and how. */
export interface Crasher {
  readonly input: string;
  readonly error: string;
}

/** What came of a run. */
export interface FuzzResult {
  readonly runs: number;
  readonly seconds: number;
  /** Different outcomes seen. */
  readonly outcomes: number;
  /** Inputs kept because they did something new. */
  readonly kept: readonly string[];
  readonly crashers: readonly Crasher[];
}

const keptMax = 4000;
const inputCharactersMax = 4096;
const outcomesMax = 5000;
/** Different crashers after which a run gives up. */
const crashersMax = 10;

/** Fuzzes one target until its budget is used up. */
export async function fuzz(target: FuzzTarget, budget: Budget): Promise<FuzzResult> {
  const run = new FuzzRun(target, budget);
  return run.run();
}

class FuzzRun {
  readonly #target: FuzzTarget;
  readonly #budget: Budget;
  readonly #random: Random;
  readonly #bytes: boolean;
  readonly #kept: string[] = [];
  /** Outcome → where its shortest input is kept. */
  readonly #outcomes = new Map<string, number>();
  readonly #crashers = new Map<string, Crasher>();
  #runs = 0;

  constructor(target: FuzzTarget, budget: Budget) {
    this.#target = target;
    this.#budget = budget;
    this.#random = new Random(budget.seed);
    this.#bytes = [...target.seeds, ...target.words].every((text) => !/[^\0-\xff]/u.test(text));
  }

  async run(): Promise<FuzzResult> {
    const begin = performance.now();
    const { runs, forMs = Number.POSITIVE_INFINITY } = this.#budget;
    // What ran while the target was loaded counts as reached.
    this.#budget.coverage?.look();
    for (const seed of this.#target.seeds) await this.#try(seed);
    while (this.#runs < runs && performance.now() - begin < forMs && this.#crashers.size < crashersMax) {
      await this.#try(this.#next());
    }
    return {
      runs: this.#runs,
      seconds: (performance.now() - begin) / 1000,
      outcomes: this.#outcomes.size,
      kept: this.#kept,
      crashers: [...this.#crashers.values()],
    };
  }

  #next(): string {
    const random = this.#random;
    if (this.#kept.length === 0 || random.oneIn(4)) return this.#target.generate(random).slice(0, inputCharactersMax);
    // What was kept last is the least explored.
    const recent = random.oneIn(2) ? random.few(this.#kept.length) : random.below(this.#kept.length);
    const base = this.#kept[this.#kept.length - 1 - recent] ?? '';
    const source = {
      words: this.#target.words,
      other: random.pick(this.#kept),
      charactersMax: inputCharactersMax,
      bytes: this.#bytes,
    };
    return mutate(base, source, random);
  }

  async #try(input: string): Promise<void> {
    this.#runs += 1;
    const { coverage } = this.#budget;
    coverage?.reset();
    const { outcome, error } = await this.#outcomeOf(input);
    const reachedMore = coverage?.look() ?? false;
    if (error !== undefined) return this.#crashed(input, error);
    if (!this.#outcomes.has(outcome) && this.#outcomes.size < outcomesMax) {
      this.#outcomes.set(outcome, this.#kept.length);
      this.#keep(input);
    } else if (reachedMore) this.#keep(input);
    else this.#keepShorter(input, outcome);
  }

  #keepShorter(input: string, outcome: string): void {
    const place = this.#outcomes.get(outcome);
    const known = place === undefined ? undefined : this.#kept[place];
    if (place !== undefined && known !== undefined && input.length < known.length) this.#kept[place] = input;
  }

  #keep(input: string): void {
    if (this.#kept.length < keptMax && !this.#kept.includes(input)) this.#kept.push(input);
  }

  async #outcomeOf(input: string): Promise<{ readonly outcome: string; readonly error?: unknown }> {
    try {
      const outcome = this.#target.check(input);
      return { outcome: typeof outcome === 'string' ? outcome : await outcome };
    } catch (error) {
      return { outcome: '', error };
    }
  }

  async #crashed(input: string, error: unknown): Promise<void> {
    const kind = kindOf(error);
    if (this.#crashers.has(kind)) return;
    this.#crashers.set(kind, { input, error: textOf(error) });
    const small = await minimise(input, async (candidate) => {
      const { error: again } = await this.#outcomeOf(candidate);
      return again !== undefined && kindOf(again) === kind;
    });
    const { error: last } = await this.#outcomeOf(small);
    this.#crashers.set(kind, { input: small, error: textOf(last ?? error) });
  }
}

/** Errors of one kind differ in what they show only. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name}: ${error.message.split(' | ')[0]?.replaceAll(/\d+/gu, '0').slice(0, 80)}`;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split('\n').find((line) => line.includes('    at '));
  return `${error.name}: ${error.message.slice(0, 1000)}${place === undefined ? '' : ` (${place.trim()})`}`;
}
