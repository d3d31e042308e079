import type { Ground } from './ground.ts';

/** A target of the design: at most, or at least, this much. */
export interface Target {
  readonly at: 'most' | 'least';
  readonly value: number;
}

/** One line of a figure's table. Everything in it was measured in the same run, alternating. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly target?: Target;
  /** Median. */
  readonly measured: number;
  /** The same through the peer; absent where the peer has nothing of the kind. */
  readonly peer?: number;
  /** The same without any walls. */
  readonly bare?: number;
  /** Measurements behind each median. */
  readonly runs: number;
  readonly note?: string;
}

/** One subject of the bench, in a file of its own. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  measure(ground: Ground): Promise<readonly Row[]>;
}

/** Whether a row keeps to its target; undefined without one. */
export function isMet({ target, measured }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  return target.at === 'most' ? measured <= target.value : measured >= target.value;
}
