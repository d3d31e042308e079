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
    .option('--facets', 'how often which kinds, agents, hosts and so on occur instead')
    .option('--save <name>', 'keep this query under a name instead; @NAME runs it')
    .option('--json', 'print one object a line')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse log decision:deny --since 1d', 'what was blocked since yesterday'],
        ['gatehouse log @network session:a1c9-tiger-lamp', 'a saved search, narrowed'],
        ['gatehouse log --save shop decision:deny host:shop.example.org', 'keep a search as @shop'],
        ['gatehouse log session:a1c9-tiger-lamp', 'one session from beginning to end'],
        ['gatehouse log --follow', 'watch it happen'],
        ['gatehouse log --facets decision:deny', 'which hosts and gates denials are about'],
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
    .option('--resume <file>', 'remember there how far it came; the same command goes on')
    .option('--after <seq>', 'only what came after this number; the last export says which')
    .option('-q, --quiet', 'say nothing beside the events')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse log export --format ocsf --out events.jsonl', 'for a SIEM'],
        [
          'gatehouse log export --format jsonl --out events.jsonl --resume events.resume',
          'again and again: nothing twice, nothing left out',
        ],
      ]),
    )
    .action((words: string[], options: ExportOptions) =>
      report(import('./commands/log-export.ts').then(({ exportLog }) => exportLog(terminal, words, options))),
    );
  addSearchCommands(log, terminal, report);
  addProofCommands(log, terminal, report);
  addRetentionCommands(log, terminal, report);
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
    .option('--file <database>', 'of this file, e.g. a copy; needs no supervisor')
    .option('--witness <file>', 'with --file: checkpoints that were kept elsewhere', collect, [])
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse log verify', 'exit status 1 when an entry does not hold'],
        ['gatehouse log verify --file copy.db --key "$KEY" --witness kept.jsonl', 'evidence'],
      ]),
    )
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

/** Saved queries: `log searches`, `log searches remove`; `log --save` is an option, since it follows a query that was just tried. */
function addSearchCommands(log: Command, terminal: Terminal, report: Report): void {
  const load = () => import('./commands/log-searches.ts');
  const searches = log
    .command('searches')
    .description('list saved searches, which `gatehouse log @NAME` runs')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse log searches', 'yours, and those that are built in']]))
    .action((_options, command: Command) =>
      report(load().then(({ listSearches }) => listSearches(terminal, command.optsWithGlobals()))),
    );
  searches
    .command('remove')
    .description('remove one of your own')
    .argument('<name>', 'its name')
    .option('--json', 'print what it was')
    .addHelpText('after', examplesText([['gatehouse log searches remove pip', 'built-in ones stay']]))
    .action((name: string, _options, command: Command) =>
      report(load().then(({ removeSearch }) => removeSearch(terminal, name, command.optsWithGlobals()))),
    );
}

/** How long content is kept: `log retention`, `log compact`; and the index beside it: `log reindex`. */
function addRetentionCommands(log: Command, terminal: Terminal, report: Report): void {
  const load = () => import('./commands/log-retention.ts');
  log
    .command('compact')
    .description('erase the content of old events; that they were there, and every proof, stays')
    .requiredOption('--before <when>', 'older than this: 90d, or a time')
    .option('--dry-run', 'only say what would go')
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse log compact --before 90d --dry-run', 'how much would go'],
        ['gatehouse log compact --before 90d', 'recorded first, then done'],
      ]),
    )
    .action((options, command: Command) =>
      report(load().then(({ compactLog }) => compactLog(terminal, options.before, command.optsWithGlobals()))),
    );
  const retention = log
    .command('retention')
    .description('how long the content of events is kept; everything when nothing is set')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse log retention', 'what is set, and how much there is']]))
    .action((_options, command: Command) =>
      report(load().then(({ showRetention }) => showRetention(terminal, command.optsWithGlobals()))),
    );
  retention
    .command('set')
    .description('erase the content of events by age or size, from now on')
    .option('--keep <time>', 'no content older than this: 90d')
    .option('--max-size <size>', 'no more content than this: 2G; the oldest goes first')
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examplesText([['gatehouse log retention set --keep 90d --max-size 2G', 'applied at once and every hour']]),
    )
    .action((options, command: Command) =>
      report(load().then(({ setRetention }) => setRetention(terminal, options, command.optsWithGlobals()))),
    );
  retention
    .command('off')
    .description('keep all content')
    .option('--json', 'print one object')
    .addHelpText('after', examplesText([['gatehouse log retention off', 'what was erased stays erased']]))
    .action((_options, command: Command) =>
      report(load().then(({ endRetention }) => endRetention(terminal, command.optsWithGlobals()))),
    );
  log
    .command('reindex')
    .description('make the search index anew from the record')
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examplesText([['gatehouse log reindex', 'when `log verify` says that a search hides events']]),
    )
    .action((_options, command: Command) =>
      report(load().then(({ reindexLog }) => reindexLog(terminal, command.optsWithGlobals()))),
    );
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
