import type { Command } from 'commander';
import type { LogOptions } from './commands/log.ts';
import type { ExportOptions } from './commands/log-export.ts';
import type { WhyOptions } from './commands/why.ts';
import { examplesText } from './examples.ts';
import type { Report } from './program.ts';
import type { Terminal } from './terminal.ts';

/** `log` and what is below it, `why`. */
export function addRecordCommands(program: Command, terminal: Terminal, report: Report): void {
  const log = program
    .command('log')
    .description('search the record of what happened')
    .argument('[query...]', 'words, and fields such as decision:deny or host:example.org')
    .option('--since <when>', 'from then on: 2h ago, or a time such as 2026-03-01T09:30')
    .option('--until <when>', 'up to then')
    .option('--agent <name>', 'of one agent')
    .option('--session <id>', 'of one session')
    .option('-n, --limit <count>', 'the newest so many (50)')
    .option('-f, --follow', 'go on as things happen')
    .option('--json', 'print one object a line')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse log decision:deny --since 1d', 'what was blocked since yesterday'],
        ['gatehouse log session:a1c9-tiger-lamp', 'one session from beginning to end'],
        ['gatehouse log --follow', 'watch it happen'],
        ['gatehouse log action:net.connect --json | jq -r .resource.host', 'for programs'],
      ]),
    )
    .action((words: string[], options: LogOptions) =>
      report(import('./commands/log.ts').then(({ log: print }) => print(terminal, words, options))),
    );
  log
    .command('export')
    .description('write events for other programs, oldest first')
    .argument('[query...]', 'as for `log`; everything when left out')
    .requiredOption('--format <format>', 'jsonl, csv or ocsf')
    .option('--out <file>', 'write there instead of standard output')
    .option('--after <seq>', 'only what came after this number; the last export says which')
    .addHelpText('after', examplesText([['gatehouse log export --format ocsf --out events.jsonl', 'for a SIEM']]))
    .action((words: string[], options: ExportOptions) =>
      report(import('./commands/log-export.ts').then(({ exportLog }) => exportLog(terminal, words, options))),
    );
  addProofCommands(log, terminal, report);
  program
    .command('why')
    .description('explain a decision on record, or what would be decided')
    .usage('SEQ | --agent NAME ACTION RESOURCE')
    .argument('<words...>', 'the number of an event; or an action and a resource')
    .option('--agent <name>', 'ask what would be decided for this agent')
    .option('--workspace <folder>', 'in this workspace; the one of this folder when left out')
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse why 412', 'why event 412 went as it did'],
        ['gatehouse why --agent claude net.connect example.org:443', 'what would happen'],
        ['gatehouse why --agent claude file.read ~/.ssh/id_ed25519', 'for a file'],
      ]),
    )
    .action((words: string[], options: WhyOptions) =>
      report(import('./commands/why.ts').then(({ why }) => why(terminal, words, options))),
    );
}

/** What shows that the record holds: `log verify`, `log checkpoint`, `log prove`, `log check-proof`. */
function addProofCommands(log: Command, terminal: Terminal, report: Report): void {
  const load = () => import('./commands/log-proof.ts');
  log
    .command('verify')
    .description('check that nothing on record was changed, moved or removed')
    .option('--key <key>', 'trust signatures of this key too; repeat for several', collect, [])
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse log verify', 'exit status 1 when an entry does not hold']]))
    .action((_options, command: Command) =>
      report(load().then(({ verifyLog }) => verifyLog(terminal, command.optsWithGlobals()))),
    );
  log
    .command('checkpoint')
    .description('print the newest signed checkpoint and the key to check it with')
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examplesText([['gatehouse log checkpoint > kept-elsewhere', 'exit status 1 when none is signed']]),
    )
    .action((_options, command: Command) =>
      report(load().then(({ printCheckpoint }) => printCheckpoint(terminal, command.optsWithGlobals()))),
    );
  log
    .command('compact')
    .description('erase the content of old events; that they were there, and every proof, stays')
    .requiredOption('--before <when>', 'older than this: 90d, or a time')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse log compact --before 90d', 'recorded first, then done']]))
    .action((options, command: Command) =>
      report(load().then(({ compactLog }) => compactLog(terminal, options.before, command.optsWithGlobals()))),
    );
  log
    .command('prove')
    .description('print a proof that an event is on record, for somebody who has only the key')
    .argument('[seq]', 'the number of the event')
    .option('--from <entries>', 'instead: that the checkpoint over so many entries was only added to')
    .option('--to <entries>', 'up to this checkpoint; the newest when left out')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse log prove 412 > proof.json', 'one event'],
        ['gatehouse log prove --from 1000 > proof.json', 'nothing before was rewritten since'],
      ]),
    )
    .action((seq: string | undefined, options: { from?: string; to?: string }) =>
      report(load().then(({ prove }) => prove(terminal, seq, options))),
    );
  log
    .command('check-proof')
    .description('check a proof; needs no supervisor when --key is given')
    .argument('<file>', 'what `log prove` printed; - for standard input')
    .option('--key <key>', 'the key to trust; your own when left out', collect, [])
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examplesText([['gatehouse log check-proof proof.json', 'exit status 1 when it does not hold']]),
    )
    .action((file: string, _options, command: Command) =>
      report(load().then(({ checkProof }) => checkProof(terminal, file, command.optsWithGlobals()))),
    );
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
