/** Where policies come from, from the most to the least trusted. Only the last one is written by somebody an agent may have steered. */
export type LayerName = 'base' | 'preset' | 'user' | 'repository';

/** One policy file, read already. */
export interface PolicyFile {
  /** Its name in policy ids and messages, e.g. `base.cedar`. */
  readonly name: string;
  readonly text: string;
}

export interface PolicyLayer {
  readonly name: LayerName;
  readonly files: readonly PolicyFile[];
}

/** Layers whose rules may permit (GRT-6: a repository can only restrict). */
export const permittingLayers: ReadonlySet<LayerName> = new Set<LayerName>(['base', 'preset', 'user']);

/** One thing that is wrong with a policy, for a person to fix. */
export interface PolicyProblem {
  /** `layer/file`. */
  readonly file: string;
  /** Policy id, when the problem is in one rule. */
  readonly rule?: string;
  /** Line in the file, counted from 1. */
  readonly line?: number;
  /** The example that failed, when the problem is one. */
  readonly example?: string;
  readonly what: string;
  readonly remedy: string;
}

/** A problem as one line of text. */
export function formatProblem(problem: PolicyProblem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  const rule = problem.rule === undefined ? '' : ` (${problem.rule})`;
  return `${place}${rule}: ${problem.what} ${problem.remedy}`;
}
