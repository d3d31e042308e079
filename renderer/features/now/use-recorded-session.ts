import { useEffect, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import type { Session } from '#contract/session.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { sessionOfRecord } from './recorded-session.ts';

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
