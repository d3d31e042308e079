import type { NewEvent } from '#contract/audit.ts';
import type { Session } from '#contract/session.ts';
import type { LeftViewer } from './session-viewers.ts';

const leftTexts = {
  asked: 'left, and the session goes on',
  gone: 'went away, and the session goes on',
  behind: 'did not take the output any more and was let go; the session goes on',
  unused: 'never came',
} as const;

/** That a client gets the session's output, and unless it only looks, types into it. */
export function attachedEvent(
  session: Session,
  client: { readonly pid: number; readonly readOnly: boolean },
): NewEvent {
  const what = client.readOnly ? 'to look' : 'to look and type';
  return {
    kind: 'session.attached',
    session: session.id,
    task: session.taskId,
    agent: session.agent,
    summary: `A client attaches to ${session.agent}, ${what} (process ${client.pid})`,
    detail: { pid: client.pid, readOnly: client.readOnly },
  };
}

/** That a client is no longer attached. */
export function detachedEvent(
  session: Session,
  left: Omit<LeftViewer, 'why'> & { readonly why: LeftViewer['why'] | 'unused' },
): NewEvent {
  return {
    kind: 'session.detached',
    session: session.id,
    task: session.taskId,
    agent: session.agent,
    summary: `A client of ${session.agent} ${leftTexts[left.why]}`,
    detail: { why: left.why, readOnly: left.readOnly, ...(left.pid === undefined ? {} : { pid: left.pid }) },
  };
}
