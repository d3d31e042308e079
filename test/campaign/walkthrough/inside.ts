import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startListener } from '../../bench/tasks/listener.ts';
import { startScriptedModel } from '../../fixtures/model/scripted-model.mjs';
import { startSecretService } from '../../helpers/secret-service.ts';
import { Tmux, type TmuxTerminal } from './tmux-terminal.ts';

/** What a new user sees, screen by screen. Started by `enter.sh`, as that user; writes the pictures to a file. */
interface Picture {
  readonly title: string;
  readonly words: string;
  readonly screen: string;
}

const [out = ''] = process.argv.slice(2);
if (process.env['GATEHOUSE_WALKTHROUGH'] === undefined) throw new Error('enter.sh starts this');

/** A person reads a question before they answer it. */
const readMs = 1_500;

const home = process.env['HOME'] ?? '';
const project = path.join(home, 'shop');
const pictures: Picture[] = [];

const keychain = await startSecretService();
const pages = await startListener('127.0.0.2');
pages.serve('/prices', 'apple 120\npear 90\nplum 40\n');
pages.serve('/stock', 'apple 3\npear 12\nplum 0\n');
const model = await startScriptedModel({
  steps: [
    { shell: `curl -sS ${pages.url}/prices` },
    { shell: `curl -sS ${pages.url}/stock` },
    { shell: `curl -sS ${pages.url}/prices` },
  ],
  final: 'Three fruits are sold, from 40 to 120 cents; plums are sold out.',
});
const tmux = new Tmux('walkthrough', {
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  USER: 'ada',
  LOGNAME: 'ada',
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  SHELL: '/bin/bash',
  PS1: 'ada@laptop:\\w$ ',
  ...keychain.environment,
  ANTHROPIC_API_KEY: 'sk-of-nobody',
  ANTHROPIC_BASE_URL: model.url,
});

mkdirSync(project);
writeFileSync(path.join(project, 'README.md'), '# Shop\n');
for (const words of [
  ['init', '-q', '-b', 'main'],
  ['add', '-A'],
  ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', 'commit', '-q', '-m', 'Begin'],
])
  execFileSync('git', words, { cwd: project });

try {
  const person = await tmux.open('one', project);
  await person.shows(/shop\$/u);
  const keep = async (title: string, words: string, terminal: TmuxTerminal = person): Promise<void> =>
    void pictures.push({ title, words, screen: await terminal.picture(pictures.length === 0) });

  await firstLook(person, keep);
  await firstRun(person, keep);
  await promptAndDeny(person, keep);
  await allowForTask(person, keep);
  const beside = await tmux.open('two', project);
  await beside.shows(/shop\$/u);
  await revoke(beside, keep);
  await retire(person, beside, keep);
  writeFileSync(path.join(out, 'pictures.json'), JSON.stringify(pictures));
} finally {
  execFileSync('gatehouse', ['supervisor', 'stop', '--force'], { env: { ...process.env, ...keychain.environment } });
  await tmux.close();
  await model.close();
  await pages.close();
  await keychain.close();
}
process.exit(0);

type Keep = (title: string, words: string, terminal?: TmuxTerminal) => Promise<void>;

async function firstLook(person: TmuxTerminal, keep: Keep): Promise<void> {
  await person.clear();
  await person.enter('gatehouse start');
  await person.shows(/\[y\/N\]/u);
  await person.enter('n');
  await person.shows(/gatehouse log --since 1h.*\n[\s\S]*shop\$/u);
  await keep('A first look', '`gatehouse start` says what the machine can do and which agents are there.');
}

async function firstRun(person: TmuxTerminal, keep: Keep): Promise<void> {
  await person.clear();
  await person.enter("gatehouse run --task 'Summarise the price list' \\");
  await person.enter(
    `  --env ANTHROPIC_API_KEY --env ANTHROPIC_BASE_URL --grant net.connect:127.0.0.1:${model.port} \\`,
  );
  await person.enter("  -- claude --allowedTools Bash -- 'Summarise the price list'");
  await person.shows(/accept [0-9A-Z]{3} /u);
  await keep(
    'First run',
    'An agent that was never seen is somebody only once a person accepted it: with these bytes, this owner, this purpose. The model is a scripted one on the same machine, hence the ' +
      'two variables and the grant; with the real one it is `gatehouse run -- claude`.',
  );
  const [, code = ''] = await person.shows(/accept ([0-9A-Z]{3}) /u);
  await person.enter(`accept ${code}`);
}

async function promptAndDeny(person: TmuxTerminal, keep: Keep): Promise<void> {
  await person.shows(/Yes, I trust this folder/u);
  await keep('The agent starts', 'Inside, it is the agent as it always is: this question is its own.');
  await person.enter('');
  await person.shows(/Gatehouse asks[\s\S]*once [0-9A-Z]{3} /u);
  await keep('A prompt', 'It fetches a page from a host that nobody granted. The call waits, and the terminal asks.');
  const [, code = ''] = await person.shows(/once ([0-9A-Z]{3}) /u);
  await answer(person, 'no', code);
  await person.shows(/Gatehouse asks[\s\S]*\/stock[\s\S]*once [0-9A-Z]{3} /u);
}

async function allowForTask(person: TmuxTerminal, keep: Keep): Promise<void> {
  const [, code = ''] = await person.shows(/task ([0-9A-Z]{3}) /u);
  await keep(
    'Denied, and asked for something else',
    'After `no` the agent was told so, and goes on to another page of that host.',
  );
  await answer(person, `task ${code}`, code);
  await person.shows(/plums are sold out/u);
  await keep(
    'Allowed for this task',
    'After `task` and the code the second page came, and the third call was not asked about: the page denied before is one of that host’s.',
  );
}

async function revoke(beside: TmuxTerminal, keep: Keep): Promise<void> {
  await beside.clear();
  await beside.enter('gatehouse grants list');
  const [, id = ''] = await beside.shows(/(g-[0-9a-f]{8})\s+net\.connect:127\.0\.0\.2:\d+/u);
  await beside.enter(`gatehouse grants revoke ${id}`);
  await beside.shows(/taken back/u);
  await beside.enter('gatehouse log kind:approval.answered');
  await beside.shows(/You allowed it for the task/u);
  await keep(
    'Revoke',
    'In a second terminal, while the agent runs: what is granted, taken back at once, and what was answered.',
    beside,
  );
}

async function retire(person: TmuxTerminal, beside: TmuxTerminal, keep: Keep): Promise<void> {
  await beside.clear();
  await beside.enter('gatehouse agents list');
  await beside.shows(/claude-code\s+active/u);
  await beside.enter('gatehouse agents retire claude-code');
  await beside.shows(/ended with it\.\n[\s\S]*shop\$$/u);
  await beside.enter('gatehouse run -- claude');
  await beside.shows(/so it does not start[\s\S]*shop\$$/u);
  await beside.enter('gatehouse log --limit 12; gatehouse log verify');
  await beside.shows(/Signed:|Intact|holds/u);
  await keep(
    'Retire',
    'Its sessions end, its key is gone, and no program starts under its name again. All of it is on record.',
    beside,
  );
  await person.shows(/its agent was retired[\s\S]*shop\$/u);
  await keep('Where the agent ran', 'The first terminal is the person’s again.');
}

/** Answers as a person does who looks whether it was taken: keys that come before a question is armed are dropped. */
async function answer(person: TmuxTerminal, typed: string, code: string): Promise<void> {
  for (let tries = 1; tries <= 5; tries += 1) {
    await setTimeout(readMs);
    await person.enter(typed);
    await setTimeout(readMs);
    if (!(await person.picture()).includes(`once ${code} `)) return;
  }
  throw new Error(`“${typed}” was not taken:\n${await person.picture()}`);
}
