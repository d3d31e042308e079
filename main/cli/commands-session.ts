import type { Command } from 'commander';
import { type RunOptions, run } from './commands/run.ts';
import { examplesText } from './examples.ts';
import type { Report } from './program.ts';
import type { Terminal } from './terminal.ts';

// Commands are imported when they are called, so that a warm `gatehouse run` loads nothing it does not use; `run` itself is here at once.

/** `sessions`, `attach`, `diff`, `transcripts`, `pause`, `resume`, `stop`, `kill`. */
export function addSessionCommands(program: Command, terminal: Terminal, report: Report): void {
  program
    .command('sessions')
    .description('list running sessions')
    .option('-a, --all', 'ended ones too')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse sessions --all', 'everything that ever ran, with how it ended']]))
    .action((options) => report(import('./commands/sessions.ts').then(({ sessions }) => sessions(terminal, options))));
  program
    .command('attach')
    .description('show a running session here, and type into it')
    .argument('[id]', 'the session, or the beginning of its id; the only one when left out')
    .option('--read-only', 'only look')
    .option('--detach-keys <keys>', 'what leaves it running, e.g. ctrl-p,ctrl-q')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse attach a1c9', 'the session whose id begins so; Ctrl-\\ and then d leaves it running'],
        ['gatehouse attach a1c9 --read-only', 'look over its shoulder; Ctrl-C leaves'],
      ]),
    )
    .action((id: string | undefined, options) =>
      report(import('./commands/attach.ts').then(({ attach }) => attach(terminal, id, options))),
    );
  program
    .command('diff')
    .description('show what changed in the files of a session’s folder since it began')
    .argument('<id>', 'the session, or the beginning of its id; also one that is over')
    .argument('[path...]', 'only these files; relative to its folder')
    .option('--stat', 'only how many lines come and go')
    .option('--json', 'print one object a line')
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse diff a1c9', 'everything that changed while it ran'],
        ['gatehouse diff a1c9 src/cart.ts', 'one file'],
      ]),
    )
    .action((id: string, paths: string[], options) =>
      report(import('./commands/diff.ts').then(({ diff }) => diff(terminal, id, paths, options))),
    );
  addTranscripts(program, terminal, report);
  addOnSessions(program, terminal, report, 'pause', 'stop a session where it is, without ending it');
  addOnSessions(program, terminal, report, 'resume', 'let a paused session go on');
  addOnSessions(program, terminal, report, 'stop', 'end a session: ask its processes to end, then kill what is left');
  addOnSessions(program, terminal, report, 'kill', 'end a session at once');
}

function addTranscripts(program: Command, terminal: Terminal, report: Report): void {
  const transcripts = program
    .command('transcripts')
    .description('list what `run --transcript` wrote; sensitive')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse transcripts remove a1c9', 'remove that of one session']]))
    .action((options) =>
      report(import('./commands/transcripts.ts').then(({ transcripts: list }) => list(terminal, options))),
    );
  transcripts
    .command('remove')
    .description('remove the transcript of a session, or all')
    .argument('[id]', 'the session, or the beginning of its id')
    .option('-a, --all', 'every one but those of sessions that run')
    .option('--json', 'print one object a line')
    .addHelpText('after', examplesText([['gatehouse transcripts remove --all', 'everything that was written']]))
    .action((id: string | undefined, options) =>
      report(
        import('./commands/transcripts.ts').then(({ removeTranscripts }) => removeTranscripts(terminal, id, options)),
      ),
    );
}

/** `run`. */
export function addRun(program: Command, terminal: Terminal, report: Report): void {
  program
    .command('run')
    .description('run a command as a supervised session, inside walls')
    .usage('[options] -- COMMAND [ARG...]')
    .argument('<command...>', 'what to run, with its arguments, after --')
    .option('--agent <name>', 'who it is; found from the command when left out')
    .option('--task <text>', 'what it is to do, in a sentence, for the record')
    .option('--task-id <id>', 'join a task made with `gatehouse task new`')
    .option('--workspace <folder>', 'the folder it works in; the git top level when left out')
    .option('--grant <spec>', 'let it do one more thing; may be repeated', collect)
    .option('--for <time>', 'how long the task and its grants last, e.g. 30m')
    .option('--env <name[=value]>', 'let one variable in, on record; may be repeated', collect)
    .option('--expose <[hostport:]port>', 'reach a port of it on 127.0.0.1; 0:PORT on any free one', collect)
    .option('--limit <name=value>', 'memory=2G, output=1G, time=1h, cpu=10m, processes=200, files=1024', collect)
    .option('--breaker <name=count>', 'stop and ask at another count, or never: deletions=1000, denials=off', collect)
    .option('--ask <where>', 'who is asked about what nobody granted: app, terminal, or deny for nobody')
    .option('--json', 'print session, output and events as one object a line')
    .option('--transcript', 'write everything it prints to a file; sensitive, so off unless you say so')
    .option('--detach', 'start it, print its id and return; `gatehouse attach` shows it')
    .option('--keep', 'let it go on when its terminal goes away')
    .option('--detach-keys <keys>', 'what leaves it running, e.g. ctrl-p,ctrl-q')
    .passThroughOptions()
    .addHelpText(
      'after',
      examplesText([
        ['gatehouse run -- claude', 'Claude Code on this project, and this project alone'],
        ['gatehouse run --grant net.connect:registry.example.org -- npm ci', 'let it reach one more host'],
        ['gatehouse run --grant file.read:~/notes --for 30m -- codex', 'a folder outside, for half an hour'],
        ['git diff | gatehouse run --task "Review this" -- claude -p "Review"', 'pipes work as usual'],
        ['gatehouse run --limit memory=2G --limit time=10m -- make test', 'no more than that'],
        ['gatehouse run --expose 5173 -- npm run dev', 'see its pages at http://127.0.0.1:5173'],
      ]) +
        '\n\nGrants: file.read:PATH, file.write:PATH, net.connect:HOST[:PORT].' +
        "\nExit status: the command's own; 125 failed, 126 refused, 127 not found.",
    )
    .action((command: string[], options: RunOptions) => report(run(terminal, command, options)));
}

type OnSessions = 'pause' | 'resume' | 'stop' | 'kill';

/** A command on one session, or on all of them. */
function addOnSessions(
  program: Command,
  terminal: Terminal,
  report: Report,
  how: OnSessions,
  description: string,
): void {
  program
    .command(how)
    .description(description)
    .argument('[id]', 'the session, or the beginning of its id')
    .option('-a, --all', 'every session')
    .option('--json', 'print one object a line')
    .addHelpText(
      'after',
      examplesText([
        [`gatehouse ${how} a1c9`, 'the session whose id begins so'],
        [`gatehouse ${how} --all`, 'everything'],
      ]),
    )
    .action((id: string | undefined, options) => report(onSessions(terminal, how, id, options)));
}

async function onSessions(
  terminal: Terminal,
  how: OnSessions,
  id: string | undefined,
  options: { all?: boolean; json?: boolean },
): Promise<number> {
  const { endSessions, pauseSessions, resumeSessions } = await import('./commands/sessions.ts');
  if (how === 'pause') return pauseSessions(terminal, id, options);
  if (how === 'resume') return resumeSessions(terminal, id, options);
  return endSessions(terminal, how, id, options);
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
