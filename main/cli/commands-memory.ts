import type { Command } from 'commander';
import { examplesText } from './examples.ts';
import type { Report } from './program.ts';
import type { Terminal } from './terminal.ts';

const load = () => import('./commands/memory.ts');

/** `memory`. */
export function addMemoryCommands(program: Command, terminal: Terminal, report: Report): void {
  const memory = program
    .command('memory')
    .description('instructions and memories that agents read, and accepting changes of them')
    .helpCommand(false);
  memory
    .command('list')
    .description('list what is pinned, and whether it is still so')
    .option('--agent <name>', 'of this agent alone')
    .option('--workspace <folder>', 'in this workspace alone')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse memory list', 'every agent in every workspace']]))
    .action((options) => report(load().then(({ listMemory }) => listMemory(terminal, options))));
  memory
    .command('accept')
    .description('see what changed of what agents read here, as diffs, and accept it')
    .option('--agent <name>', 'of this agent alone')
    .option('--workspace <folder>', 'the workspace; the git top level when left out')
    .addHelpText(
      'after',
      examplesText([['gatehouse memory accept', 'after you changed CLAUDE.md, before an unattended run']]),
    )
    .action((options) => report(load().then(({ acceptMemory }) => acceptMemory(terminal, options))));
}
