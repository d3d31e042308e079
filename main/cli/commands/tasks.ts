import type { Params } from '#contract/api.ts';
import type { Task } from '#contract/session.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { withControl } from '../connection.ts';
import { parseDurationMs } from '../parse/duration.ts';
import { homePath } from '../render/home-path.ts';
import { renderTable } from '../render/table.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';

/** Makes a task that later runs can join; prints its id alone, so that a script can keep it. */
export async function newTask(
  terminal: Terminal,
  text: string,
  options: { workspace?: string; for?: string; json?: boolean },
): Promise<number> {
  const params: Params<'task.create'> = { text, cwd: terminal.cwd };
  if (options.workspace !== undefined) params.workspace = options.workspace;
  if (options.for !== undefined) params.forMs = parseDurationMs(options.for);
  const { task } = await withControl(terminal, (control) => control.call('task.create', params));
  if (options.json === true) printJson(terminal, task);
  else {
    terminal.stdout.write(`${task.id}\n`);
    const until = relativeText(task.expiresAt, terminal.nowMs());
    notice(
      terminal,
      `the task ends ${until}, in ${homePath(task.workspace, terminal.home)}. Join it with gatehouse run --task-id ${task.id} -- COMMAND`,
    );
  }
  return 0;
}

/** Lists running tasks, or with `all` ended ones too. */
export async function listTasks(terminal: Terminal, options: { all?: boolean; json?: boolean }): Promise<number> {
  const { tasks } = await withControl(terminal, (control) => control.call('task.list', { all: options.all === true }));
  if (options.json === true) {
    for (const task of tasks) printJson(terminal, task);
  } else if (tasks.length === 0) {
    notice(terminal, options.all === true ? 'no task was ever made here.' : 'no task is open. --all lists ended ones.');
  } else terminal.stdout.write(taskTable(terminal, tasks));
  return 0;
}

/** Ends a task: its grants end, and so do its sessions. */
export async function endTask(terminal: Terminal, id: string, options: { json?: boolean }): Promise<number> {
  const { task } = await withControl(terminal, (control) => control.call('task.end', { id }));
  if (options.json === true) printJson(terminal, task);
  else terminal.stdout.write(`${task.id} ended\n`);
  return 0;
}

function taskTable(terminal: Terminal, tasks: readonly Task[]): string {
  const rows = tasks.map((task) => [
    { text: task.id, tone: 'strong' as const },
    { text: endText(task, terminal.nowMs()), tone: task.endedAt === undefined ? ('plain' as const) : ('dim' as const) },
    { text: homePath(task.workspace, terminal.home) },
    { text: visible(task.text) },
  ]);
  return renderTable(
    terminal.screen,
    [{ title: 'TASK' }, { title: 'ENDS' }, { title: 'WORKSPACE', shrink: 'middle' }, { title: 'WHAT', shrink: 'end' }],
    rows,
  );
}

function endText(task: Task, nowMs: number): string {
  if (task.endedAt !== undefined) return `ended ${relativeText(task.endedAt, nowMs)}`;
  return relativeText(task.expiresAt, nowMs);
}
