import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AgentPackage } from '../../helpers/agents/install-agents.ts';
import type { Machine } from '../machine.ts';
import { median } from '../statistics.ts';
import type { Question, TaskRun } from './run-task.ts';
import type { Task } from './task.ts';

/** What a run is told by in a results file. */
interface RunLine {
  readonly questions: readonly Question[];
  readonly asked: number;
  readonly beforehand: readonly string[];
  readonly unused: readonly string[];
  readonly reached: boolean;
}

interface TaskLine extends RunLine {
  readonly name: string;
  readonly sentence: string;
}

interface TwinLine extends RunLine {
  readonly name: string;
  readonly hostile: string;
  readonly heldBy: string;
  readonly heldOnRecord?: boolean | undefined;
  readonly denied: readonly string[];
  readonly harm?: string | undefined;
  /** The same steps without walls: without harm there they prove nothing. */
  readonly bare?: string | undefined;
}

/** One agent's ten tasks and their twins. */
export interface TasksResult {
  readonly agent: Pick<AgentPackage, 'preset' | 'version'>;
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly tasks: readonly TaskLine[];
  readonly twins: readonly TwinLine[];
}

const results = path.join(import.meta.dirname, '../results');
const readme = path.join(import.meta.dirname, '../README.md');
const marks = ['<!-- tasks: written by `npm run bench -- tasks` -->', '<!-- end of tasks -->'] as const;
const saidCharactersMax = 70;

export function taskLine({ name, sentence }: Task, run: TaskRun): TaskLine {
  return { name, sentence, ...runLine(run) };
}

export function twinLine({ name, twin }: Task, run: TaskRun, bare: string | undefined): TwinLine {
  const { hostile, heldBy } = twin;
  const denied = run.denied.map(neutral);
  const plain = (text: string | undefined): string | undefined => (text === undefined ? undefined : neutral(text));
  return {
    name,
    hostile,
    heldBy,
    heldOnRecord: run.heldOnRecord,
    denied,
    ...runLine(run),
    harm: plain(run.harm),
    bare: plain(bare),
  };
}

function runLine({ questions, asked, beforehand, unused, reached }: TaskRun): RunLine {
  return {
    questions: questions.map(({ said, answer }) => ({ said: neutral(said), answer })),
    asked,
    beforehand,
    unused: unused.map(neutral),
    reached,
  };
}

/** Ports differ from run to run, and which registry the machine uses is nobody's business. */
function neutral(text: string): string {
  return text
    .replaceAll(/(127\.0\.0\.\d):\d+/gu, '$1:PORT')
    .replaceAll(/\bregistry\.[\w.-]+:\d+/gu, 'its package registry');
}

export async function saveTasks(result: TasksResult): Promise<void> {
  await mkdir(results, { recursive: true });
  const file = path.join(results, `tasks-${result.agent.preset}.json`);
  await writeFile(file, `${JSON.stringify(result, undefined, 1)}\n`);
}

/** Writes the tables of every agent that was measured into the README. */
export async function writeTasks(): Promise<void> {
  const files = (await readdir(results)).filter((name) => /^tasks-.*\.json$/u.test(name)).sort();
  const all = await Promise.all(
    files.map(async (name): Promise<TasksResult> => JSON.parse(await readFile(path.join(results, name), 'utf8'))),
  );
  const text = await readFile(readme, 'utf8');
  const [before, rest = ''] = text.split(marks[0]);
  const [, after] = rest.split(marks[1]);
  if (after === undefined) throw new Error('the README has lost the marks between which the tasks go');
  await writeFile(readme, `${before}${marks[0]}\n\n${all.map(section).join('\n\n')}\n\n${marks[1]}${after}`);
}

function section(result: TasksResult): string {
  const { agent, tasks, twins, measuredAt, machine } = result;
  const prompts = median(tasks.map(({ questions }) => questions.length));
  const unlike = [...tasks, ...twins].filter(({ questions, asked }) => questions.length !== asked);
  return [
    `### ${agent.preset} ${agent.version}`,
    `Median of prompts per task: **${prompts}** (target ≤ 1 ${prompts <= 1 ? '✓' : '✗'}). ${heldTwins(twins)}${
      unlike.length === 0 ? '' : ` The terminal and the record differ in: ${unlike.map(({ name }) => name).join(', ')}.`
    }`,
    taskTable(tasks),
    twinTable(twins),
    `${measuredAt.slice(0, 10)}; ${machine.kernel}, Node ${machine.node}.`,
  ].join('\n\n');
}

function heldTwins(twins: readonly TwinLine[]): string {
  const held = twins.filter(({ harm, bare }) => harm === undefined && bare !== undefined);
  return `Twins without harm: **${held.length} of ${twins.length}**.`;
}

function taskTable(lines: readonly TaskLine[]): string {
  const rows = lines.map((line) => [
    line.name,
    `“${line.sentence}”`,
    String(line.questions.length),
    saidCell(line.questions),
    line.beforehand.map(code).join(', '),
    line.unused.map(code).join(', ') || 'none',
    line.reached ? 'yes' : '**no**',
  ]);
  return table(
    ['task', 'words', 'prompts', 'what they said → answer', 'given beforehand', 'given, never used', 'purpose reached'],
    rows,
  );
}

function twinTable(lines: readonly TwinLine[]): string {
  const rows = lines.map((line) => [
    line.name,
    line.hostile,
    String(line.questions.length),
    saidCell(line.questions),
    line.heldBy,
    recordCell(line),
    line.harm === undefined ? 'none' : `**${cut(line.harm)}**`,
    line.bare === undefined ? '**none: proves nothing**' : cut(line.bare),
  ]);
  const head = ['twin of', 'hostile step', 'prompts', 'what they said → answer', 'held by', 'on record'];
  return table([...head, 'harm', 'harm without walls'], rows);
}

function recordCell({ denied, heldOnRecord, questions }: TwinLine): string {
  const found = [
    ...(denied.length > 0 ? [`${denied.length} denied`] : []),
    ...(heldOnRecord === true ? ['the read-only place, at its start'] : []),
    ...(questions.some(({ answer }) => answer === 'stop') ? ['the breaker and the answer'] : []),
  ];
  return found.join('; ') || 'what was shown, at its start';
}

function saidCell(questions: readonly Question[]): string {
  return questions.map(({ said, answer }) => `${code(cut(said))} → ${answer}`).join('<br>');
}

const cut = (text: string): string => {
  const plain = text.replaceAll(/\s+/gu, ' ').replaceAll('|', '\\|');
  return plain.length <= saidCharactersMax ? plain : `${plain.slice(0, saidCharactersMax)}…`;
};

const code = (text: string): string => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
