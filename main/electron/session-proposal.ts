import type { AuditEvent } from '#contract/audit.ts';
import type { Proposal } from '#contract/bridge.ts';
import { operatingError } from '#contract/operating-error.ts';
import { relativeText } from '#contract/text/span.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import type { Prepared } from './prepared.ts';

/**
 * Asks whether a session goes on that stands still, with why it does. Whoever paused it may have seen something: a main window that was
 * taken over must not undo that.
 */
export async function prepareSessionResume(
  control: ControlClient,
  { session: id }: Extract<Proposal, { kind: 'session-resume' }>,
): Promise<Prepared> {
  const session = await pausedSession(control, id);
  const pause = await newestPause(control, id);
  return {
    question: {
      title: `Let ${session.agent} go on`,
      facts: [
        { label: 'Session', text: id },
        { label: 'Task', text: session.task },
        { label: 'In', text: session.workspace },
        { label: 'Command', text: session.command.join(' ') },
        ...(pause === undefined
          ? []
          : [
              { label: 'Paused', text: relativeText(pause.at, Date.now()) },
              { label: 'Because', text: String(pause.detail['why']) },
            ]),
      ],
      risk: 'notable',
      confirm: 'Let it go on',
      effect: 'It goes on where it stands, with everything its task was given, and so does what was paused with it.',
    },
    act: async () => {
      // Paused anew while this question stood, it stands still for a reason that nobody was shown.
      if ((await newestPause(control, id))?.seq !== pause?.seq) {
        throw operatingError('approval_refused', `${session.agent} was paused again meanwhile.`, {
          remedy: 'Look at why, and ask again.',
        });
      }
      const { sessions, asked } = await control.call('session.resume', { id });
      // What a breaker stopped goes on by the answer to a question of its own, which comes up next.
      if (asked.length > 0 || sessions.some((each) => each.id === id)) return { done: {} };
      throw operatingError('session_not_running', `${session.agent} did not go on.`, {
        why: 'A session that started it is still paused, or it has ended.',
        remedy: 'Let the one above it go on first.',
      });
    },
  };
}

async function pausedSession(control: ControlClient, id: string) {
  const { sessions } = await control.call('session.list', { all: false });
  const session = sessions.find((each) => each.id === id);
  if (session?.state === 'paused') return session;
  throw operatingError('session_not_running', 'This session is not paused.', {
    remedy: 'Now shows which sessions run and which stand still.',
  });
}

async function newestPause(control: ControlClient, session: string): Promise<AuditEvent | undefined> {
  const { events } = await control.call('log.query', { query: 'kind:session.paused', session, limit: 1 });
  return events[0];
}
