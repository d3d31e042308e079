import { actionSchema } from '#contract/actions.ts';
import type { Params } from '#contract/api.ts';
import { visible } from '#contract/text/visible.ts';
import { withControl } from '../connection.ts';
import { exitStatus } from '../failure.ts';
import { nearest } from '../nearest.ts';
import { eventLine } from '../render/event-lines.ts';
import { wrap } from '../render/width.ts';
import { printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Options of `gatehouse why` as the command line gives them. */
export interface WhyOptions {
  readonly agent?: string;
  readonly workspace?: string;
  readonly json?: boolean;
}

/** Explains a recorded decision (`why 412`), or what would be decided (`why --agent claude file.read ~/.ssh`). */
export async function why(terminal: Terminal, words: readonly string[], options: WhyOptions): Promise<number> {
  const [first = '', ...rest] = words;
  if (options.agent === undefined) {
    if (!/^\d{1,15}$/u.test(first) || rest.length > 0) {
      throw new UsageError(
        'Give the number of an event, or --agent with an action and a resource.',
        '`gatehouse log` shows numbers.',
      );
    }
    return whyEvent(terminal, Number(first), options);
  }
  const action = actionSchema.safeParse(first);
  if (!action.success) {
    const guess = nearest(first, actionSchema.options);
    throw new UsageError(
      `There is no action "${first}".`,
      guess ? `Did you mean ${guess}?` : `Known are ${actionSchema.options.join(', ')}.`,
    );
  }
  if (rest.length === 0)
    throw new UsageError(`why ${first} needs a resource.`, 'E.g. a path, HOST[:PORT], or METHOD URL.');
  const params: Params<'why.hypothetical'> = {
    agent: options.agent,
    action: action.data,
    resource: rest.join(' '),
    cwd: terminal.cwd,
  };
  if (options.workspace !== undefined) params.workspace = options.workspace;
  return whyHypothetical(terminal, params, options);
}

async function whyEvent(terminal: Terminal, seq: number, options: WhyOptions): Promise<number> {
  const answer = await withControl(terminal, (control) => control.call('why.event', { seq }));
  if (options.json === true) printJson(terminal, answer);
  else {
    terminal.stdout.write(eventLine(terminal.screen, answer.event, terminal.nowMs()));
    printLines(terminal, answer.explanation);
  }
  return exitStatus.ok;
}

async function whyHypothetical(
  terminal: Terminal,
  params: Params<'why.hypothetical'>,
  options: WhyOptions,
): Promise<number> {
  const answer = await withControl(terminal, (control) => control.call('why.hypothetical', params));
  if (options.json === true) {
    printJson(terminal, answer);
    return exitStatus.ok;
  }
  const { paint } = terminal.screen;
  const allowed = answer.decision.outcome === 'allow';
  terminal.stdout.write(
    `${allowed ? paint('good', '✓ would be allowed') : paint('bad', '✗ would be blocked')}: ` +
      `${params.agent} ${params.action} ${visible(params.resource)}\n`,
  );
  printLines(terminal, answer.explanation);
  return exitStatus.ok;
}

function printLines(terminal: Terminal, lines: readonly string[]): void {
  for (const line of lines) {
    const [first = '', ...more] = wrap(visible(line), terminal.screen.columns - 2);
    terminal.stdout.write(`  ${first}\n${more.map((part) => `  ${part}\n`).join('')}`);
  }
}
