/**
 * Guarantee: a breaker trips when, and only when, what it counts reaches its threshold within its window; then none of the session's
 * breakers trips again before a person lets it go on. No order of events and times forgets what was counted.
 *
 * Threat: an agent, or what got hold of it, that does within seconds what nobody could look at in time: deletes a project, tries
 * every door, sends everything away, fills the machine.
 *
 * Limits: whoever goes slowly stays below. What is counted is what others observe, and their bounds are the bounds of this.
 *
 * Pure: time comes in with every call, in milliseconds of a clock that nobody sets.
 */
import type { BreakerName, BreakerSettings, Trip } from '#contract/breaker.ts';
import { type BreakerDefinition, breakerDefinitions } from './definitions.ts';
import { SlidingSum } from './sliding-sum.ts';

/** Things that a trip names, and characters of each. */
const objectsMax = 10;
const objectCharactersMax = 500;

interface Armed {
  readonly definition: BreakerDefinition;
  readonly threshold: number;
  readonly sum: SlidingSum;
  /** For a level: it trips from here on, which is higher once a person let it go on, until it fell below its threshold. */
  tripsFrom: number;
  objects: readonly string[];
}

/** The breakers of one session. */
export class BreakerSet {
  readonly #armed = new Map<BreakerName, Armed>();
  readonly #isOff: (name: BreakerName) => boolean;
  #tripped: Trip | undefined;
  #trips = 0;

  /** `isOff` is asked at each count: for what a person switched off while the session ran. */
  constructor(settings: BreakerSettings = {}, isOff: (name: BreakerName) => boolean = () => false) {
    this.#isOff = isOff;
    for (const definition of breakerDefinitions) {
      const chosen = settings[definition.name] ?? definition.threshold;
      if (chosen === 'off') continue;
      const sum = new SlidingSum(definition.windowMs);
      this.#armed.set(definition.name, { definition, threshold: chosen, sum, tripsFrom: chosen, objects: [] });
    }
  }

  /** The breaker that has tripped, until a person lets the session go on. */
  get tripped(): Trip | undefined {
    return this.#tripped;
  }

  /** Whether anything is counted under this name. */
  counts(name: BreakerName): boolean {
    return this.#armed.has(name);
  }

  /** Counts what happened; returns the trip when that was too much. */
  count(name: BreakerName, amount: number, objects: readonly string[], at: number): Trip | undefined {
    const armed = this.#armed.get(name);
    if (armed === undefined) return undefined;
    const sum = armed.sum.add(amount, at);
    armed.objects = [...armed.objects, ...objects.slice(-objectsMax)].slice(-objectsMax).map(cut);
    return this.#judge(armed, sum, armed.threshold, armed.sum.spanMs);
  }

  /** Tells how much there is at this moment; returns the trip when that is too much. */
  level(name: BreakerName, value: number, objects: readonly string[] = []): Trip | undefined {
    const armed = this.#armed.get(name);
    if (armed === undefined) return undefined;
    if (value < armed.threshold) armed.tripsFrom = armed.threshold;
    armed.objects = objects.slice(-objectsMax).map(cut);
    return this.#judge(armed, value, armed.tripsFrom, 0);
  }

  /** A person lets the session go on: the breaker that tripped counts from nothing. */
  goOn(): void {
    const armed = this.#tripped === undefined ? undefined : this.#armed.get(this.#tripped.breaker);
    if (armed !== undefined && this.#tripped !== undefined) {
      armed.sum.restart();
      armed.objects = [];
      // What is there at this moment was let through; twice as much was not.
      armed.tripsFrom = armed.definition.kind === 'level' ? this.#tripped.count * 2 : armed.threshold;
    }
    this.#tripped = undefined;
  }

  #judge({ definition, threshold, objects }: Armed, count: number, from: number, spanMs: number): Trip | undefined {
    if (count < from || this.#tripped !== undefined || this.#isOff(definition.name)) return undefined;
    this.#trips += 1;
    const { name, windowMs } = definition;
    this.#tripped = {
      kind: 'breaker',
      breaker: name,
      count,
      spanMs,
      threshold,
      windowMs,
      objects: [...objects],
      number: this.#trips,
    };
    return this.#tripped;
  }
}

function cut(text: string): string {
  return text.length > objectCharactersMax ? `${text.slice(0, objectCharactersMax)}…` : text;
}
