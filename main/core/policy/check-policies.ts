import { type ExampleResult, runExamples } from './examples.ts';
import type { LayerName, PolicyLayer, PolicyProblem } from './policy-layer.ts';
import { type PolicyGround, readLayers } from './policy-set.ts';

/** One policy file to be checked, and the layer it is meant for. */
export interface PolicyFileToCheck {
  readonly layer: LayerName;
  readonly name: string;
  readonly text: string;
}

/** What `gatehouse policy check` and `gatehouse policy test` show. */
export interface PolicyCheck {
  /** Empty when the files would load. */
  readonly problems: readonly PolicyProblem[];
  /** Every example of every rule; empty when a rule cannot be read, since then no example means anything. */
  readonly examples: readonly ExampleOutcome[];
  readonly rules: number;
}

/** How one example came out, without the engine's inner parts. */
export interface ExampleOutcome {
  readonly file: string;
  readonly rule: string;
  readonly line: number;
  readonly expected: 'allow' | 'deny';
  readonly example: string;
  readonly ok: boolean;
  readonly why: string;
}

/** Checks policy files and runs their examples. Never throws for what their author wrote. */
export function checkPolicies(files: readonly PolicyFileToCheck[], ground: PolicyGround): PolicyCheck {
  const { rules, problems } = readLayers(layersOf(files), ground);
  const failedExamplesOnly = problems.every((problem) => problem.example !== undefined);
  const examples = failedExamplesOnly ? runExamples(rules, ground.pathSets).map(outcome) : [];
  return { problems, examples, rules: rules.length };
}

function layersOf(files: readonly PolicyFileToCheck[]): readonly PolicyLayer[] {
  const layers = [...new Set(files.map((file) => file.layer))];
  return layers.map((name) => ({ name, files: files.filter((file) => file.layer === name) }));
}

function outcome(result: ExampleResult): ExampleOutcome {
  const { rule, expected, example, ok, why } = result;
  return { file: rule.file, rule: rule.id, line: rule.line, expected, example, ok, why };
}
