import type { Command } from 'commander';
import { examplesText } from './examples.ts';
import type { Report } from './program.ts';
import type { Terminal } from './terminal.ts';

const load = () => import('./commands/agents.ts');

/** `agents`. */
export function addAgentCommands(program: Command, terminal: Terminal, report: Report): void {
  const agents = program.command('agents').description('who may run here: keys, owners, programs').helpCommand(false);
  agents
    .command('list')
    .description('list agents, what they are and what deserves a look')
    .option('-a, --all', 'retired ones too')
    .option('--json', 'print one object a line')
    .addHelpText(
      'after',
      examplesText([['gatehouse agents list', 'idle: not seen for 30 days; ownerless: no such user']]),
    )
    .action((options) => report(load().then(({ listAgents }) => listAgents(terminal, options))));
  named(agents, 'show', 'show one agent, with its key and its program')
    .addHelpText('after', examplesText([['gatehouse agents show claude-code', 'the fingerprint in words and in full']]))
    .action((name: string, options) => report(load().then(({ showAgent }) => showAgent(terminal, name, options))));
  named(agents, 'add', 'bring in an agent, with a key of its own')
    .requiredOption('--purpose <text>', 'what it is for, in a sentence')
    .option('--command <command>', 'its program; found by its name when left out')
    .option('--owner <user>', 'who answers for it; you when left out')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse agents add claude-code --purpose "Works on the shop"', 'the claude on your PATH'],
        ['gatehouse agents add nightly --command ./nightly.sh --purpose "Nightly checks"', 'an agent of your own'],
      ]),
    )
    .action((name: string, options) => report(load().then(({ addAgent }) => addAgent(terminal, name, options))));
  named(agents, 'accept', 'see what changed of an agent, and accept it')
    .option('--command <command>', 'its program; the one that was refused, or accepted before, when left out')
    .addHelpText('after', examplesText([['gatehouse agents accept claude-code', 'after an update']]))
    .action((name: string, options) => report(load().then(({ acceptAgent }) => acceptAgent(terminal, name, options))));
  addHomeAndReview(agents, terminal, report);
  for (const [how, description, example] of [
    ['suspend', 'end its sessions at once; none starts until it is resumed', 'something looks wrong'],
    ['retire', 'suspend it for good, and remove its key and its always-rules', 'it is not needed any more'],
  ] as const) {
    named(agents, how, description)
      .addHelpText('after', examplesText([[`gatehouse agents ${how} claude-code`, example]]))
      .action((name: string, options) => report(load().then(({ endAgent }) => endAgent(terminal, how, name, options))));
  }
  for (const [how, description, example] of [
    ['resume', 'let a suspended agent start again', 'it was nothing'],
    ['rotate', 'give it another key; the old one is worth nothing from then on', 'its sessions go on'],
  ] as const) {
    named(agents, how, description)
      .addHelpText('after', examplesText([[`gatehouse agents ${how} claude-code`, example]]))
      .action((name: string, options) =>
        report(load().then(({ renewAgent }) => renewAgent(terminal, how, name, options))),
      );
  }
}

/** `agents review` and `agents reset-home`. */
function addHomeAndReview(agents: Command, terminal: Terminal, report: Report): void {
  agents
    .command('review')
    .description('look through who may do what, and put that on record')
    .option('--record', 'put it on record without asking; in a terminal only')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse agents review', 'every 90 days, say']]))
    .action((options) =>
      report(import('./commands/review.ts').then(({ reviewAgents }) => reviewAgents(terminal, options))),
    );
  named(agents, 'reset-home', 'remove what an agent keeps: its memory, transcripts and settings')
    .option('--workspace <folder>', 'for this workspace alone')
    .option('--login', 'its login too')
    .option('--yes', 'do it without asking')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse agents reset-home claude-code --workspace .', 'it begins anew here'],
        ['gatehouse agents reset-home codex --login', 'everywhere, and signed out'],
      ]),
    )
    .action((name: string, options) =>
      report(import('./commands/homes.ts').then(({ resetHome }) => resetHome(terminal, name, options))),
    );
}

function named(agents: Command, name: string, description: string): Command {
  return agents
    .command(name)
    .description(description)
    .argument('<name>', 'the agent, e.g. claude-code')
    .option('--json', 'print one object');
}
