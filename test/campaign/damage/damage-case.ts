import type { SampleLogs } from './sample-logs.ts';

/** What both verifiers have to say. */
export type Expectation =
  /** The first entry that does not hold, and how. */
  | { readonly seq: number; readonly kind: string }
  /** Nothing is wrong with the log: unused bytes, or what is no evidence. */
  | 'holds'
  /** Whatever it is, they agree; where the bytes lie decides. */
  | 'agree';

/** One way to damage a log. */
export interface DamageCase {
  /** What kind of attack or accident it belongs to. */
  readonly group: string;
  readonly name: string;
  /** Copies a sample to `file` and damages it. */
  make(file: string): void;
  readonly expected: Expectation;
  /** What is expected of the file as it was made, when that has to be looked at first. */
  readonly expectedOf?: (file: string) => Expectation;
  /** What is kept elsewhere, when not every checkpoint is. */
  readonly elsewhere?: readonly string[];
  /** The log itself holds, and verification still says that what is beside it does not fit. */
  readonly besideIsWrong?: boolean;
}

/** Makes the cases of one group. `long` asks for all of them, otherwise for a sample that is quickly through. */
export type CaseMaker = (samples: SampleLogs, long: boolean) => DamageCase[];
