import { Command, CommanderError } from 'commander';
import { operatingError } from '#contract/operating-error.ts';
import { examplesText } from '../examples.ts';
import { commandExitStatus, exitStatus, failureText, runExitStatus } from '../failure.ts';
import { version } from '../program-files.ts';
import type { Terminal } from '../terminal.ts';
import { type NestedOptions, runNested } from './run-nested.ts';

/** What can be done from inside a session: start another one, and ask what this is. */
const availableInside: readonly string[] = ['run', 'help', 'version', '--help', '-h', '--version', '-V'];

/** Runs one command line from inside a session and returns the exit status; failures are told on standard error. */
export async function invokeInside(terminal: Terminal, words: readonly string[]): Promise<number> {
  const [first = '--help'] = words;
  const isRun = first === 'run';
  try {
    if (!availableInside.includes(first)) throw unavailable(first);
    return await parse(terminal, first === 'version' ? ['--version'] : words);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === 'commander.help') return exitStatus.ok;
      return isRun ? exitStatus.failed : exitStatus.usage;
    }
    terminal.stderr.write(failureText(error, terminal.environment));
    return isRun ? runExitStatus(error) : commandExitStatus(error);
  }
}

async function parse(terminal: Terminal, words: readonly string[]): Promise<number> {
  let status: number = exitStatus.ok;
  const program = new Command('gatehouse')
    .description('Inside a session: starts another agent in a session of its own, with at most what this one may do.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .enablePositionalOptions()
    .exitOverride();
  program
    .command('run')
    .description('run a command as a session of its own, started by this one')
    .usage('[options] -- COMMAND [ARG...]')
    .argument('<command...>', 'what to run, with its arguments, after --')
    .option('--task <text>', 'what it is to do; the person sees it as what you say')
    .option('--workspace <folder>', 'a folder of the workspace; the whole workspace when left out')
    .option('--grant <spec>', 'hand on one of your own grants; may be repeated', collect)
    .option('--env <name>', 'hand on a variable that a person let in; may be repeated', collect)
    .option('--limit <name=value>', 'memory=2G, output=1G, time=1h, cpu=10m, processes=200, files=1024', collect)
    .allowUnknownOption(false)
    .passThroughOptions()
    .addHelpText(
      'after',
      `${examplesText([
        ['gatehouse run -- codex exec "review the last commit"', 'another agent, on the same workspace'],
        ['gatehouse run --limit time=10m -- make test', 'no longer than that'],
      ])}\n\nExit status: the command's own; 125 failed, 126 refused, 127 not found.`,
    )
    .action(async (command: string[], options: NestedOptions) => {
      status = await runNested(terminal, command, options);
    });
  await program.parseAsync([...words], { from: 'user' });
  return status;
}

function unavailable(word: string): Error {
  const shown = word.startsWith('-') ? word : `gatehouse ${word}`;
  return operatingError('invalid_request', `\`${shown.slice(0, 100)}\` is not available inside a session.`, {
    why: 'In here, Gatehouse only starts other sessions: it has no way to its record, its grants or its questions.',
    remedy: 'Ask the person to do that in a terminal of their own.',
  });
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
