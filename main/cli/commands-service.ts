import type { Command } from 'commander';
import { shells } from './completion.ts';
import { examplesText } from './examples.ts';
import type { Report } from './program.ts';
import type { Terminal } from './terminal.ts';

/** `app`, `watch`, `doctor`, `supervisor`, `demo`, `start`, `completion`, `version`. */
export function addServiceCommands(program: Command, terminal: Terminal, report: Report): void {
  program
    .command('app')
    .description('open the desktop app, or bring it to the front')
    .argument('[place]', 'where: now, agents, timeline, policies or settings, or e.g. timeline/123')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse app', 'leaving the terminal, or the window, ends no session'],
        ['gatehouse app timeline/123', 'entry 123 of the log; gatehouse://timeline/123 is the same as a link'],
      ]),
    )
    .action((place?: string) => report(import('./commands/app.ts').then(({ openApp }) => openApp(terminal, place))));
  program
    .command('watch')
    .description('a live screen: sessions, what waits for an answer, and the timeline')
    .addHelpText('after', examplesText([['gatehouse watch', '? shows the keys; leaving it ends nothing']]))
    .action(() => report(import('./commands/watch.ts').then(({ openWatch }) => openWatch(terminal))));
  program
    .command('doctor')
    .description('check what the walls stand on, on this machine')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse doctor', 'exit status 1 when something is missing']]))
    .action((options) => report(import('./commands/doctor.ts').then(({ doctor }) => doctor(terminal, options))));
  addSupervisor(program, terminal, report);
  program
    .command('demo')
    .description('watch a scripted agent misbehave inside the walls')
    .option('--json', 'print the result as one object')
    .addHelpText(
      'after',
      examplesText([['gatehouse demo', 'needs no model and no network; exit status 0 when all held']]),
    )
    .action((options) => report(import('./commands/demo.ts').then(({ demo }) => demo(terminal, options))));
  program
    .command('start')
    .description('a first look: this machine, your agents, what to type')
    .addHelpText('after', examplesText([['gatehouse start', 'what `npm start` runs']]))
    .action(() => report(import('./commands/start.ts').then(({ start }) => start(terminal))));
  program
    .command('completion')
    .description('print a completion script for your shell')
    .argument('<shell>', shells.join(', '))
    .addHelpText(
      'after',
      examplesText([
        ['source <(gatehouse completion bash)', 'for this bash, or put the line into ~/.bashrc'],
        ['gatehouse completion zsh > ~/.zfunc/_gatehouse', 'for zsh, with ~/.zfunc in fpath'],
        ['gatehouse completion fish > ~/.config/fish/completions/gatehouse.fish', 'for fish'],
      ]),
    )
    .action((shell: string) =>
      report(import('./commands/completion.ts').then(({ completion }) => completion(terminal, shell, program))),
    );
  program
    .command('version')
    .description('print the version')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse version --json', 'with the Node it runs on']]))
    .action((options) =>
      report(import('./commands/version.ts').then(({ printVersion }) => printVersion(terminal, options))),
    );
}

function addSupervisor(program: Command, terminal: Terminal, report: Report): void {
  const supervisor = program
    .command('supervisor')
    .description('the process that decides and records; started when needed')
    .helpCommand(false);
  const load = () => import('./commands/supervisor.ts');
  supervisor
    .command('start')
    .description('start it, if it does not run')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse supervisor start', 'other commands do this by themselves']]))
    .action((options) => report(load().then(({ startSupervisor }) => startSupervisor(terminal, options))));
  supervisor
    .command('stop')
    .description('stop it; refused while sessions run')
    .option('--force', 'end running sessions first')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse supervisor stop --force', 'ends every session, then itself']]))
    .action((options) => report(load().then(({ stopSupervisor }) => stopSupervisor(terminal, options))));
  supervisor
    .command('status')
    .description('tell whether it runs, and where its files are')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse supervisor status', 'exit status 1 when none runs']]))
    .action((options) => report(load().then(({ supervisorStatus }) => supervisorStatus(terminal, options))));
}
