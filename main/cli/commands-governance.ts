import type { Command } from 'commander';
import { examplesText } from './examples.ts';
import type { Report } from './program.ts';
import type { Terminal } from './terminal.ts';

/** `task`, `grants`, `approvals`, `policy`. */
export function addGovernanceCommands(program: Command, terminal: Terminal, report: Report): void {
  addTask(program, terminal, report);
  const grants = program.command('grants').description('what tasks may do beyond the rules').helpCommand(false);
  grants
    .command('list')
    .description('list grants in force')
    .option('-a, --all', 'ended ones too')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse grants list', 'who may do what, until when, how often used']]))
    .action((options) =>
      report(import('./commands/grants.ts').then(({ listGrants }) => listGrants(terminal, options))),
    );
  grants
    .command('add')
    .description('give a running task one more thing')
    .argument('<spec>', 'e.g. net.connect:example.org')
    .requiredOption('--task <id>', 'the task; `gatehouse task list` shows them')
    .option('--for <time>', 'how long, at most until the task ends')
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse grants add net.connect:example.org --task t-1a2b3c4d --for 10m', 'ten minutes of one host'],
      ]),
    )
    .action((spec: string, options) =>
      report(import('./commands/grants.ts').then(({ addGrant }) => addGrant(terminal, spec, options))),
    );
  grants
    .command('revoke')
    .description('take a grant or an always-rule back; connections that it let through are closed')
    .argument('<id>', 'g-… or r-…, as `gatehouse grants list` shows it')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse grants revoke g-1a2b3c4d', 'while its agent runs']]))
    .action((id: string, options) =>
      report(import('./commands/grants.ts').then(({ revokeGrant }) => revokeGrant(terminal, id, options))),
    );
  addApprovals(program, terminal, report);
  addPolicy(program, terminal, report);
}

function addTask(program: Command, terminal: Terminal, report: Report): void {
  const task = program.command('task').description('tasks: a sentence, a workspace, an end').helpCommand(false);
  task
    .command('new')
    .description('make a task that several runs can join')
    .argument('<text>', 'what is to be done, in a sentence')
    .option('--workspace <folder>', 'the folder it is about; the git top level when left out')
    .option('--for <time>', 'how long it lasts, e.g. 2h')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse task new "Fix the checkout bug" --for 2h', 'prints its id']]))
    .action((text: string, options) =>
      report(import('./commands/tasks.ts').then(({ newTask }) => newTask(terminal, text, options))),
    );
  task
    .command('list')
    .description('list open tasks')
    .option('-a, --all', 'ended ones too')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse task list --all', 'every task there ever was']]))
    .action((options) => report(import('./commands/tasks.ts').then(({ listTasks }) => listTasks(terminal, options))));
  task
    .command('end')
    .description('end a task, its grants and its sessions')
    .argument('<id>', 'the task, e.g. t-1a2b3c4d')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse task end t-1a2b3c4d', 'nothing of it can be used any more']]))
    .action((id: string, options) =>
      report(import('./commands/tasks.ts').then(({ endTask }) => endTask(terminal, id, options))),
    );
}

function addApprovals(program: Command, terminal: Terminal, report: Report): void {
  const approvals = program
    .command('approvals')
    .description('what waits for a person, and answering it')
    .helpCommand(false);
  approvals
    .command('list')
    .description('list open questions')
    .option('-a, --all', 'the newest answered and lapsed ones too')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse approvals list', 'what waits, for whom, how risky']]))
    .action((options) =>
      report(import('./commands/approvals.ts').then(({ listApprovals }) => listApprovals(terminal, options))),
    );
  approvals
    .command('answer')
    .description('show one question and answer it, in this terminal')
    .argument('<id>', 'the question, e.g. a-1a2b3c4d')
    .addHelpText('after', examplesText([['gatehouse approvals answer a-1a2b3c4d', 'the facts, then what you type']]))
    .action((id: string) =>
      report(import('./commands/approvals.ts').then(({ answerApproval }) => answerApproval(terminal, id))),
    );
}

function addPolicy(program: Command, terminal: Terminal, report: Report): void {
  const policy = program.command('policy').description('check rules before they are used').helpCommand(false);
  for (const [name, description, example] of [
    ['check', 'check that rules parse, fit the schema and stay in their layer', 'all rules in force'],
    ['test', 'run the examples that rules carry', 'every example of every rule'],
  ] as const) {
    policy
      .command(name)
      .description(description)
      .argument('[file...]', 'Cedar files; the built-in and your own when left out')
      .option('--json', 'print one object a line')
      .addHelpText(
        'after',
        examplesText([
          [`gatehouse policy ${name}`, example],
          [`gatehouse policy ${name} .gatehouse/policy.cedar`, "a repository's own"],
        ]),
      )
      .action((files: string[], options) =>
        report(import('./commands/policy.ts').then(({ policy: judge }) => judge(terminal, name, files, options))),
      );
  }
  policy
    .command('protected')
    .description('list the files of a workspace that agents may not change, each with its reason')
    .option('--json', 'print one object a line')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse policy protected', 'what other programs execute or trust, and what is left to agents'],
      ]),
    )
    .action((options) =>
      report(import('./commands/protected.ts').then(({ listProtected }) => listProtected(terminal, options))),
    );
}
