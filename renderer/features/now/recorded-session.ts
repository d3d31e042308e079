import { useEffect, useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { type Session, sessionSchema } from '#contract/session.ts';
import { call, errorDataOf } from '../../bridge.ts';

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

/** What became of looking for it. */
export interface RecordedSession {
  readonly session: Session | undefined;
  readonly isLoaded: boolean;
  readonly error: ErrorData | undefined;
}

/** Looks in the record for a session that no list has any more. */
export function useRecordedSession(id: string): RecordedSession {
  const [state, setState] = useState<RecordedSession & { readonly id: string }>();
  useEffect(() => {
    let left = false;
    find(id).then(
      (session) => !left && setState({ id, session, isLoaded: true, error: undefined }),
      (error: unknown) => !left && setState({ id, session: undefined, isLoaded: true, error: errorDataOf(error) }),
    );
    return () => {
      left = true;
    };
  }, [id]);
  return state?.id === id ? state : { session: undefined, isLoaded: false, error: undefined };
}

async function find(id: string): Promise<Session | undefined> {
  const newest = async (query: string, session?: string) => {
    const { events } = await call('log.query', { query, limit: 1, ...(session === undefined ? {} : { session }) });
    return events[0];
  };
  const [starting, ended] = await Promise.all([newest('kind:session.starting', id), newest('kind:session.ended', id)]);
  const taskId = starting?.task;
  const task = taskId === undefined ? undefined : await newest(`kind:task.created task:${taskId}`);
  return sessionOfRecord({ starting, ended, task });
}
