import type { AuditEvent } from '#contract/audit.ts';
import { type Session, sessionSchema } from '#contract/session.ts';

/** What the record has of a session that is in no list any more: its first and last entry, and that of its task. */
export interface RecordedEvents {
  readonly starting: AuditEvent | undefined;
  readonly ended: AuditEvent | undefined;
  readonly task: AuditEvent | undefined;
}

/** A session as the record tells of it. Undefined when its beginning is not there, or was erased. */
export function sessionOfRecord({ starting, ended, task }: RecordedEvents): Session | undefined {
  if (starting === undefined) return undefined;
  const { detail } = starting;
  const given = (name: string, value: unknown) => (value === undefined ? {} : { [name]: value });
  const parsed = sessionSchema.safeParse({
    id: starting.session,
    agent: starting.agent,
    taskId: starting.task,
    task: typeof task?.detail['text'] === 'string' ? task.detail['text'] : '',
    workspace: detail['workspace'],
    command: detail['command'],
    state: 'ended',
    tty: detail['terminal'] === true,
    startedAt: starting.at,
    ...given('claimedTask', detail['claimedTask']),
    ...given('endedAt', ended?.at),
    ...given('exit', ended?.detail['exit']),
    ...given('endReason', ended?.detail['reason']),
  });
  return parsed.data;
}
