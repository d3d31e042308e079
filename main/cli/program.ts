import { Command, CommanderError } from 'commander';
import { visible } from '#contract/text/visible.ts';
import { addAgentCommands } from './commands-agents.ts';
import { addGovernanceCommands } from './commands-governance.ts';
import { addMemoryCommands } from './commands-memory.ts';
import { addRecordCommands } from './commands-record.ts';
import { addServiceCommands } from './commands-service.ts';
import { addRun, addSessionCommands } from './commands-session.ts';
import { addSetup } from './commands-setup.ts';
import { commandExitStatus, exitStatus, failureData, failureText, runExitStatus } from './failure.ts';
import { isInside } from './nested/is-inside.ts';
import { version } from './program-files.ts';
import { printJson, type Terminal } from './terminal.ts';

/** Hands the exit status of a command back to `invoke`. */
export type Report = (work: Promise<number>) => Promise<void>;

/** Runs one command line and returns the exit status; failures are told on standard error. */
export async function invoke(terminal: Terminal, words: readonly string[]): Promise<number> {
  if (isInside(terminal.environment)) {
    const { invokeInside } = await import('./nested/invoke-inside.ts');
    return invokeInside(terminal, words);
  }
  let status: number = exitStatus.ok;
  const isRun = words[0] === 'run';
  const report: Report = async (work) => {
    status = await work;
  };
  // The tree of everything else costs a few milliseconds, which a warm start does not have to spare.
  const program = isRun ? buildRunProgram(terminal, report) : buildProgram(terminal, report);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return commanderStatus(error, isRun);
    if (wantsJson(words)) printJson(terminal, { type: 'error', error: failureData(error) });
    terminal.stderr.write(failureText(error, terminal.environment));
    if (isRun && runExitStatus(error) === exitStatus.failed) terminal.stderr.write(shimText(terminal));
    return isRun ? runExitStatus(error) : commandExitStatus(error);
  }
}

/** The whole command tree; the completion scripts are generated from it. */
export function buildProgram(terminal: Terminal, report: Report): Command {
  const program = buildRunProgram(terminal, report);
  addSessionCommands(program, terminal, report);
  addRecordCommands(program, terminal, report);
  addAgentCommands(program, terminal, report);
  addMemoryCommands(program, terminal, report);
  addGovernanceCommands(program, terminal, report);
  addSetup(program, terminal, report);
  addServiceCommands(program, terminal, report);
  return program;
}

/** The program with `run` as its only command. */
function buildRunProgram(terminal: Terminal, report: Report): Command {
  const program = new Command('gatehouse')
    .description('Runs local AI agents inside walls you control.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print help for a command')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(errorText(text)),
      getOutHelpWidth: () => terminal.screen.columns,
      getErrHelpWidth: () => terminal.errorScreen.columns,
    })
    .showHelpAfterError(false)
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText(
      'after',
      '\nTry:\n  gatehouse run -- claude     run an agent in this folder, inside walls\n  gatehouse log               see what happened\n  gatehouse help run          options and examples of one command',
    );
  addRun(program, terminal, report);
  return program;
}

/** What a shim's caller needs to know when Gatehouse itself failed: who typed the agent's name did not type ours. */
function shimText({ environment }: Terminal): string {
  const real = environment['GATEHOUSE_SHIM'];
  return real === undefined ? '' : `gatehouse: Without walls, on purpose: ${visible(real)}\n`;
}

/** Options may follow the command of `run`; those are the command's own. */
function wantsJson(words: readonly string[]): boolean {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  return own.includes('--json');
}

/** Commander writes `error: unknown option '--x'\n(Did you mean --y?)`. */
function errorText(text: string): string {
  const [first = '', ...more] = text.trim().split('\n');
  const what = first.replace(/^error: /u, '').replace(/\.?$/u, '.');
  const hint = more.join(' ').replace(/^\((.*)\)$/u, '$1');
  return `gatehouse: ${what.charAt(0).toUpperCase()}${what.slice(1)}${hint === '' ? '' : ` ${hint}`}\n`;
}

/** Help asked for is success. In `run`, 2 could be the agent's own status, so a wrong command line is 125 there. */
function commanderStatus(error: CommanderError, isRun: boolean): number {
  if (error.exitCode === 0 || error.code === 'commander.help') return exitStatus.ok;
  return isRun ? exitStatus.failed : exitStatus.usage;
}
