import type { NewEvent } from '#contract/audit.ts';
import type { Session } from '#contract/session.ts';

/** The words and fields of what happens to private homes and logins; `docs/audit-format.md` describes them. */

type InSession = Pick<Session, 'id' | 'agent' | 'workspace' | 'taskId'>;

function about({ id, agent, taskId }: InSession) {
  return { session: id, task: taskId, agent };
}

/** Before the agent's other workspaces have it. */
export function loginKeptEvent(session: InSession, path: string): NewEvent {
  return {
    kind: 'login.kept',
    ...about(session),
    summary: `${session.agent} signed in or renewed its login (~/${path}); its sessions in every workspace have it`,
    detail: { path: `~/${path}`, workspace: session.workspace },
  };
}

/** It was removed in a session, so that no other one goes on with it. */
export function loginGoneEvent(session: InSession, path: string): NewEvent {
  return {
    kind: 'login.removed',
    ...about(session),
    summary: `${session.agent} signed out: ~/${path} is gone`,
    detail: { path: `~/${path}`, workspace: session.workspace },
  };
}

/** Something was in place of a login that is none. */
export function loginRefusedEvent(session: InSession, path: string, why: string): NewEvent {
  return {
    kind: 'login.refused',
    ...about(session),
    summary: `${session.agent} left something in place of its login ~/${path} that is not taken: ${why}`,
    detail: { path: `~/${path}`, workspace: session.workspace, why },
  };
}

/** Before anything is removed. */
export function homeResetEvent(
  agent: string,
  {
    workspaces,
    logins,
    why,
  }: { readonly workspaces: readonly string[]; readonly logins: readonly string[]; readonly why: string },
): NewEvent {
  const what = [
    ...(workspaces.length > 0 ? [`its home in ${workspaces.join(', ')}`] : []),
    ...(logins.length > 0 ? [`its login ${logins.join(', ')}`] : []),
  ];
  return {
    kind: 'home.reset',
    agent,
    summary: `${agent} loses ${what.join(' and ')}: ${why}`,
    detail: { workspaces: [...workspaces], logins: [...logins], why },
  };
}
