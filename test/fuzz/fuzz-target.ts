import type { Random } from './random.ts';

/** Something that takes hostile text apart, and what must hold whatever the text is. Bytes are texts in Latin-1. */
export interface FuzzTarget {
  readonly name: string;
  /** What is checked of every input, in one sentence. */
  readonly property: string;
  /** A fresh input with the structure that the target expects, more or less. */
  generate(random: Random): string;
  /** Pieces that mean something to the target, for mutations. */
  readonly words: readonly string[];
  /** Inputs to begin with. */
  readonly seeds: readonly string[];
  /**
   * Checks one input. Returns what came of it in a few words: an outcome that no input had before is worth keeping. Throws when
   * the property does not hold.
   */
  check(input: string): string | Promise<string>;
  /** Puts away what checking needed. */
  close?(): Promise<void> | void;
}

/** A property that does not hold. Every other error out of `check` is a crash of the target, and as bad. */
export class PropertyBroken extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'PropertyBroken';
  }
}

/** Throws `PropertyBroken` unless it holds. */
export function must(holds: boolean, what: string, ...shown: readonly unknown[]): asserts holds {
  if (holds) return;
  throw new PropertyBroken([what, ...shown.map((value) => JSON.stringify(value))].join(' | '));
}
