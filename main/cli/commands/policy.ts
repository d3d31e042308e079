import { visible } from '#contract/text/visible.ts';
import { type ExampleResult, runExamples } from '../../core/policy/examples.ts';
import { formatProblem, type PolicyLayer, type PolicyProblem } from '../../core/policy/policy-layer.ts';
import { readLayers } from '../../core/policy/policy-set.ts';
import { exitStatus } from '../failure.ts';
import { loadGround, loadLayers } from '../policy-files.ts';
import { printJson, type Terminal } from '../terminal.ts';

/** Checks rules, or runs the examples they carry, without a supervisor. Exit status 1 when one does not hold. */
export async function policy(
  terminal: Terminal,
  what: 'check' | 'test',
  names: readonly string[],
  options: { json?: boolean },
): Promise<number> {
  const ground = await loadGround(terminal);
  const layers = await loadLayers(terminal, names);
  const { rules, problems } = readLayers(layers, ground);
  if (what === 'check')
    return reportCheck(terminal, { layers, problems, ruleCount: rules.length, json: options.json === true });
  const results = runExamples(rules, ground.pathSets);
  return reportTest(terminal, results, problems, options.json === true);
}

interface Checked {
  readonly layers: readonly PolicyLayer[];
  readonly problems: readonly PolicyProblem[];
  readonly ruleCount: number;
  readonly json: boolean;
}

function reportCheck(terminal: Terminal, { layers, problems, ruleCount, json }: Checked): number {
  const files = layers.flatMap((layer) => layer.files.map((file) => `${layer.name}/${file.name}`));
  if (json) {
    for (const file of files)
      printJson(terminal, { file, problems: problems.filter((problem) => problem.file === file) });
    for (const problem of problems)
      if (!files.includes(problem.file)) printJson(terminal, { file: problem.file, problems: [problem] });
  } else printProblems(terminal, problems);
  if (!json && problems.length === 0) {
    const { paint } = terminal.screen;
    terminal.stdout.write(
      `${paint('good', '✓')} ${counted(ruleCount, 'rule')} in ${counted(files.length, 'file')} hold: ${files.map(visible).join(', ')}\n`,
    );
  }
  return problems.length === 0 ? exitStatus.ok : exitStatus.no;
}

function reportTest(
  terminal: Terminal,
  results: readonly ExampleResult[],
  problems: readonly PolicyProblem[],
  json: boolean,
): number {
  const failed = results.filter(({ ok }) => !ok);
  if (json) {
    for (const { rule, example, expected, ok, why } of results)
      printJson(terminal, { rule: rule.id, example, expected, ok, why });
    for (const problem of problems) printJson(terminal, { problem });
  } else {
    // Failed examples are among the problems, with their place.
    printProblems(terminal, problems);
    const { paint } = terminal.screen;
    const passed = `${counted(results.length - failed.length, 'example')} passed`;
    terminal.stdout.write(
      failed.length === 0
        ? `${paint('good', '✓')} ${passed}\n`
        : `${paint('bad', '✗')} ${failed.length} failed, ${passed}\n`,
    );
  }
  return problems.length === 0 && failed.length === 0 ? exitStatus.ok : exitStatus.no;
}

function printProblems(terminal: Terminal, problems: readonly PolicyProblem[]): void {
  const { paint } = terminal.screen;
  for (const problem of problems) terminal.stdout.write(`${paint('bad', '✗')} ${visible(formatProblem(problem))}\n`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
