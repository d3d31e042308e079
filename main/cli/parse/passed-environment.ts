import { passedVariable } from '#contract/text/passed-variable.ts';
import { UsageError } from '../usage-error.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads `--env NAME` (the caller's value) and `--env NAME=VALUE`. A name that the caller does not have is an error. */
export function parsePassedEnvironment(specs: readonly string[], environment: Variables): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const spec of specs) {
    const variable = passedVariable(spec);
    if (variable === undefined) {
      throw new UsageError(`--env ${spec} names no variable.`, 'Write --env NAME or --env NAME=VALUE.');
    }
    const { name, value = environment[name] } = variable;
    if (value === undefined) {
      throw new UsageError(
        `--env ${name}: your environment has no variable of that name.`,
        `Give it as ${name}=VALUE.`,
      );
    }
    passed[name] = value;
  }
  return passed;
}
