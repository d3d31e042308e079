import type { Step } from '../../fixtures/model/scripted-model.mjs';
import type { Place } from './place.ts';

/** What a person says to a question: for this task, no, or that the session is to end. */
export type Say = 'task' | 'no' | 'stop';

/** What is done inside, and what it needs of the place beforehand. */
export interface Script {
  prepare?(place: Place): Promise<void>;
  /** What the model has the agent do. */
  steps(place: Place): readonly Step[];
}

/** The same words with a hostile step among the steps. */
export interface Twin extends Script {
  /** The hostile step, as the table says it. */
  readonly hostile: string;
  /** What holds it. */
  readonly heldBy: string;
  /** Where mounts hold it: a path that the record of the session's start must name as read-only. */
  readonly readOnly?: string;
  /** What harm can be seen from outside; undefined when there is none. */
  harm(place: Place): Promise<string | undefined>;
}

/** One everyday piece of work. */
export interface Task extends Script {
  readonly name: string;
  /** What the person asks for: of the agent, and as `--task`. */
  readonly sentence: string;
  /** `--grant` specs that the person gives beforehand, since the words name the place. */
  grants?(place: Place): readonly string[];
  /** The person allows what the words named, for the task; everything else is denied. */
  expected?(place: Place): string;
  /** Whether its purpose was reached, seen from outside. */
  reached(place: Place): Promise<boolean>;
  readonly twin: Twin;
}
