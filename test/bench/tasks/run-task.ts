import path from 'node:path';
import { z } from 'zod';
import type { AuditEvent } from '#contract/audit.ts';
import { type ControlClient, connectControl } from '../../../main/adapters/control/client.ts';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import { startScriptedModel } from '../../fixtures/model/scripted-model.mjs';
import { driveAgent, task as plainWords } from '../../helpers/agents/drive-agent.ts';
import { type AgentPackage, installAgent } from '../../helpers/agents/install-agents.ts';
import { openTerminal, type Terminal } from '../../helpers/agents/terminal.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openPlace, type Place, put } from './place.ts';
import type { Say, Task } from './task.ts';

/** A question that the terminal showed, and what the person said. */
export interface Question {
  /** The act, as it stood there. */
  readonly said: string;
  readonly answer: Say;
}

/** What became of one run. */
export interface TaskRun {
  readonly questions: readonly Question[];
  /** `approval.asked` on record, without those that lapsed since another answer covered them: must be as many. */
  readonly asked: number;
  /** Specs that were given beforehand. */
  readonly beforehand: readonly string[];
  /** Hosts the person gave and the agent never used. Folders are not counted: a mount does not say whether it was looked at. */
  readonly unused: readonly string[];
  readonly reached: boolean;
  /** For a twin: what harm was seen from outside. */
  readonly harm?: string | undefined;
  /** Denials on record, as sentences. */
  readonly denied: readonly string[];
  /** For a twin that mounts hold: whether the session's start says so. */
  readonly heldOnRecord?: boolean;
  readonly events: readonly AuditEvent[];
}

const final = 'FINISHED-SCRIPT';
const finalDrawn = new RegExp([...final].join('\\W*'), 'u');
/** Only ends what hangs. */
const runDeadlineMs = 240_000;
/** Between two tries of an answer: what is typed before a question is armed is dropped. */
const typedAgainMs = 1_500;
const eventsMax = 1_000;

/** Runs a task, or its twin, with a real agent in a terminal whose person answers what is asked. */
export async function runTask(task: Task, agent: AgentPackage, hostile: boolean): Promise<TaskRun> {
  const place = await openPlace();
  const script = hostile ? task.twin : task;
  await script.prepare?.(place);
  const model = await startScriptedModel({ steps: script.steps(place), final });
  let control: ControlClient | undefined;
  let terminal: Terminal | undefined;
  try {
    const command = await installAgent(agent);
    await bringIn(place, agent, command);
    control = await connectControl(statePaths(place.home.environment));
    const drive = driveAgent(agent, model);
    const modelHost = `net.connect:127.0.0.1:${model.port}`;
    const beforehand = task.grants?.(place) ?? [];
    terminal = openTerminal({
      command: process.execPath,
      args: [
        path.join(distFolder, 'gatehouse.js'),
        ...['run', '--task', task.sentence],
        ...[modelHost, ...beforehand].flatMap((grant) => ['--grant', grant]),
        ...Object.entries(drive.variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        '--',
        command,
        ...drive.interactive.map((word) => (word === plainWords ? task.sentence : word)),
      ],
      cwd: place.project,
      environment: place.home.environment,
    });
    const allowed = task.expected?.(place);
    const person = new Person(terminal, control, (said) => {
      if (said.startsWith('go on')) return 'stop';
      return allowed !== undefined && said.includes(allowed) ? 'task' : 'no';
    });
    await attend(terminal, person, drive.keys);
    return await look(place, task, { control, person, hostile, modelHost, beforehand });
  } finally {
    terminal?.kill();
    control?.close();
    await place.close();
    await model.close();
  }
}

/** The person accepts the agent once, before any task of it. */
async function bringIn(place: Place, agent: AgentPackage, command: string): Promise<void> {
  const words = ['agents', 'add', agent.preset, '--command', command, '--purpose', 'Work on the shop'];
  const terminal = openTerminal({
    command: process.execPath,
    args: [path.join(distFolder, 'gatehouse.js'), ...words],
    cwd: place.project,
    environment: place.home.environment,
  });
  const { status } = await terminal.exited;
  if (status !== 0) throw new Error(`${agent.preset} was not brought in: ${terminal.text()}`);
}

/** Reads the questions on the terminal and answers each until it is gone. */
class Person {
  readonly questions: Question[] = [];
  readonly #terminal: Terminal;
  readonly #control: ControlClient;
  readonly #decide: (said: string) => Say;
  #code = '';
  #typedAt = 0;

  constructor(terminal: Terminal, control: ControlClient, decide: (said: string) => Say) {
    this.#terminal = terminal;
    this.#control = control;
    this.#decide = decide;
  }

  /** Looks once. Resolves with whether a question is open. */
  async look(): Promise<boolean> {
    const text = this.#terminal.text();
    const code = [...text.matchAll(/\b(?:once|task) ([0-9A-Z]{3})\b/gu)].at(-1)?.[1] ?? '';
    if (code === '') return false;
    if (code !== this.#code) {
      this.#code = code;
      this.#typedAt = 0;
      const said = [...text.matchAll(/wants to\s+(.*?)\s+Because/gsu)].at(-1)?.[1]?.replaceAll(/\s+/gu, ' ') ?? '';
      this.questions.push({ said, answer: this.#decide(said) });
    }
    const { approvals } = await this.#control.call('approval.list', { all: false });
    if (!approvals.some(({ state }) => state === 'waiting')) return false;
    if (performance.now() - this.#typedAt < typedAgainMs) return true;
    this.#typedAt = performance.now();
    const { answer } = this.questions.at(-1) ?? { answer: 'no' };
    this.#terminal.type(answer === 'task' ? `task ${code}\r` : `${answer}\r`);
    return true;
  }
}

/** What the agent itself asks, on its own screen: whether the folder is trusted, whether settings may be edited. It is told yes. */
class OwnQuestions {
  readonly #terminal: Terminal;
  readonly #enter: string;
  #seen = 0;
  #typedAt = 0;

  constructor(terminal: Terminal, enter: string) {
    this.#terminal = terminal;
    this.#enter = enter;
  }

  answer(): void {
    const seen = [...this.#terminal.text().matchAll(/[❯›]\s*1\.\s*Yes/gu)].length;
    if (seen === this.#seen || performance.now() - this.#typedAt < typedAgainMs) return;
    this.#seen = seen;
    this.#typedAt = performance.now();
    this.#terminal.type(this.#enter);
  }
}

/** Until the agent said its last word, answering what is asked; then it is ended. */
async function attend(
  terminal: Terminal,
  person: Person,
  keys: { readonly enter: string; readonly interrupt: string } | undefined,
): Promise<void> {
  let ended = false;
  const own = new OwnQuestions(terminal, keys?.enter ?? '\r');
  void terminal.exited.then(() => {
    ended = true;
  });
  await eventually(
    async () => {
      if (ended || (await person.look())) return ended;
      own.answer();
      return finalDrawn.test(terminal.text());
    },
    { what: 'the agent to finish', deadlineMs: runDeadlineMs },
  ).catch((cause: unknown) => {
    throw new Error(`the agent did not finish; screen: ${terminal.text().slice(-3000)}`, { cause });
  });
  if (ended && !person.questions.some(({ answer }) => answer === 'stop')) {
    throw new Error(`the agent ended by itself: ${terminal.text().slice(-2000)}`);
  }
  await eventually(
    () => {
      if (!ended) terminal.type(keys?.interrupt ?? '\x03');
      return ended;
    },
    { what: 'the agent to end', deadlineMs: runDeadlineMs },
  );
}

/** Gathers, from outside and from the record, what came of it. */
async function look(
  place: Place,
  task: Task,
  found: {
    readonly control: ControlClient;
    readonly person: Person;
    readonly hostile: boolean;
    readonly modelHost: string;
    readonly beforehand: readonly string[];
  },
): Promise<TaskRun> {
  const { control, person, hostile, modelHost, beforehand } = found;
  const { events } = await control.call('log.query', { query: '', limit: eventsMax });
  const { grants } = await control.call('grant.list', { all: true });
  const given = grants.filter(
    ({ giver, action, spec }) => giver === 'person' && !action.startsWith('file.') && spec !== modelHost,
  );
  const neutral = (text: string): string => text.replaceAll(place.home.home, '~');
  const { readOnly } = task.twin;
  return {
    questions: person.questions,
    asked: countOf(events, 'approval.asked') - countOf(events, 'approval.lapsed'),
    beforehand: beforehand.map(neutral),
    unused: given.filter(({ uses }) => uses === 0).map(({ spec }) => spec),
    reached: await task.reached(place),
    ...(hostile ? { harm: await task.twin.harm(place) } : {}),
    ...(hostile && readOnly !== undefined
      ? { heldOnRecord: heldReadOnly(events, path.join(place.project, readOnly)) }
      : {}),
    denied: events.filter(({ decision }) => decision === 'deny').map(({ summary }) => summary),
    events,
  };
}

function countOf(events: readonly AuditEvent[], wanted: AuditEvent['kind']): number {
  return events.filter(({ kind }) => kind === wanted).length;
}

const mountsSchema = z.array(z.looseObject({ path: z.string(), mode: z.string() }));

/** Whether the record of the session's start names a path among what is read-only. */
function heldReadOnly(events: readonly AuditEvent[], file: string): boolean {
  const starting = events.find(({ kind }) => kind === 'session.starting');
  const mounts = mountsSchema.parse(starting?.detail['mounts'] ?? []);
  return mounts.some((mount) => mount.path === file && mount.mode === 'read-only');
}

/** Takes a twin's steps without walls, as the person would have them: what harm they do, seen the same way. */
export async function runBare(task: Task): Promise<string | undefined> {
  const place = await openPlace();
  try {
    await task.twin.prepare?.(place);
    for (const step of task.twin.steps(place)) {
      if ('shell' in step) await place.bare(step.shell);
      if ('write' in step) await put(step.write.path, step.write.content);
    }
    return await task.twin.harm(place);
  } finally {
    await place.close();
  }
}
