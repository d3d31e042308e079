import { operatingError } from '#contract/operating-error.ts';
import type { Task } from '#contract/session.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { shortIdFrom } from '../core/sessions/ids.ts';
import { atTime, type Clock, clockStepMs, timestamp } from './clock.ts';
import type { OwedRecords } from './owed-records.ts';

/** How long a task lives when nobody says. */
export const taskLifeDefaultMs = 8 * 3_600_000;

/**
 * The tasks: a sentence, a workspace, an end. When a task ends, by hand or by time, `onEnd` ends everything that hangs
 * on it before the promise resolves.
 */
export class Tasks {
  readonly #state: StateDatabase;
  readonly #audit: AuditLog;
  readonly #clock: Clock;
  readonly #owed: OwedRecords;
  readonly #onEnd: (task: Task) => Promise<void>;
  readonly #running = new Map<string, { task: Task; cancel: () => void }>();

  constructor(parts: {
    state: StateDatabase;
    audit: AuditLog;
    clock: Clock;
    owed: OwedRecords;
    onEnd: (task: Task) => Promise<void>;
  }) {
    this.#owed = parts.owed;
    this.#state = parts.state;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#onEnd = parts.onEnd;
  }

  /**
   * Takes up the tasks a former supervisor left; those whose time is over end now. `lastRecorded` is the time of the newest entry on
   * record: it can only be later than now when the clock was set back since, and then it counts.
   */
  async restore(lastRecorded: number): Promise<void> {
    for (const task of this.#state.tasks(false)) {
      this.#watch(task);
      const now = Math.max(this.#clock.now(), lastRecorded);
      if (task.session !== undefined) await this.end(task.id, 'its session ended with the supervisor');
      else if (now >= Date.parse(task.expiresAt)) await this.end(task.id, 'its time was over');
      // Not even the record is as late: nobody knows how much of its time has passed.
      else if (now < Date.parse(task.createdAt) - clockStepMs) await this.end(task.id, 'it began in the future');
    }
  }

  /** Makes a task; `session` is the one that it ends with, when it is no task of its own. */
  async create(
    text: string,
    workspace: string,
    lifeMs: number = taskLifeDefaultMs,
    session: string | undefined = undefined,
  ): Promise<Task> {
    const now = this.#clock.now();
    const task: Task = {
      id: shortIdFrom('t', this.#clock.random(4)),
      text,
      workspace,
      createdAt: timestamp(now),
      expiresAt: timestamp(now + lifeMs),
      ...(session === undefined ? {} : { session }),
    };
    await this.#audit.append({
      kind: 'task.created',
      task: task.id,
      summary: `Task “${text}” in ${workspace}`,
      detail: { text, workspace, expiresAt: task.expiresAt },
    });
    this.#state.saveTask(task);
    this.#watch(task);
    return task;
  }

  list(all: boolean): Task[] {
    return this.#state.tasks(all);
  }

  /** The task if it runs now; the clock is asked, so a timer that fires late gives nobody more time. */
  running(id: string): Task | undefined {
    const task = this.#running.get(id)?.task;
    return task !== undefined && this.#clock.now() < Date.parse(task.expiresAt) ? task : undefined;
  }

  getRunning(id: string): Task {
    const task = this.running(id);
    if (task !== undefined) return task;
    const known = this.#state.task(id);
    throw known === undefined
      ? operatingError('not_found', `There is no task ${id}.`, { remedy: '`gatehouse task list` shows them.' })
      : operatingError('task_ended', `Task ${id} has ended.`, { remedy: 'Start a new one: `gatehouse task new`.' });
  }

  async end(id: string, why: string): Promise<Task> {
    const entry = this.#running.get(id);
    if (entry === undefined) {
      const known = this.#state.task(id);
      if (known !== undefined) return known;
      throw operatingError('not_found', `There is no task ${id}.`, { remedy: '`gatehouse task list` shows them.' });
    }
    this.#running.delete(id);
    entry.cancel();
    const ended: Task = { ...entry.task, endedAt: timestamp(this.#clock.now()) };
    // Narrowing is never held up: the task is over in memory already, whatever becomes of the record.
    await this.#onEnd(ended);
    await this.#owed.write(
      `the end of task ${id}`,
      () => this.#state.saveTask(ended),
      () =>
        this.#audit.append({
          kind: 'task.ended',
          task: id,
          summary: `Task “${ended.text}” ended: ${why}`,
          detail: { why },
        }),
    );
    return ended;
  }

  close(): void {
    for (const { cancel } of this.#running.values()) cancel();
  }

  #watch(task: Task): void {
    const cancel = atTime(this.#clock, Date.parse(task.expiresAt), () => {
      // A failed append must not stop the clock: the task is over either way, and the failure shows at the next append.
      this.end(task.id, 'its time is over').catch(() => {});
    });
    this.#running.set(task.id, { task, cancel });
  }
}
