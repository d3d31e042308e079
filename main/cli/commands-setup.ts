import type { Command } from 'commander';
import { examplesText } from './examples.ts';
import type { Report } from './program.ts';
import type { Terminal } from './terminal.ts';

/** `setup`. */
export function addSetup(program: Command, terminal: Terminal, report: Report): void {
  program
    .command('setup')
    .description('put shims on the PATH: an agent that is typed by its name runs inside walls')
    .option('--agents <names>', 'only these, e.g. claude,codex; all that are found when left out')
    .option('--dir <folder>', 'where the shims lie; a folder of Gatehouse when left out')
    .option('--remove', 'take everything back')
    .option('--status', 'say how the shims stand, and change nothing')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--yes', 'do it without asking')
    .option('--json', 'with --status: print one object a line')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse setup', 'shows every file and line, then asks'],
        ['gatehouse setup --agents claude --yes', 'for scripts'],
        ['gatehouse setup --remove', 'start-up files are as they were, byte for byte'],
      ]),
    )
    .action((options) => report(import('./commands/setup.ts').then(({ setup }) => setup(terminal, options))));
}
