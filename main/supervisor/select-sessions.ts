import { operatingError } from '#contract/operating-error.ts';
import type { Session } from '#contract/session.ts';

/** The ids that `which` names among the running ones: all of them, or one by its beginning. Throws when it names none, or several. */
export function selectSessions(
  which: { id: string } | { all: true },
  running: readonly string[],
  known: () => readonly Session[],
): string[] {
  if ('all' in which) return [...running];
  const found = running.filter((id) => id.startsWith(which.id));
  const [only] = found;
  if (only !== undefined && found.length === 1) return [only];
  const isKnown = found.length > 1 || known().some((session) => session.id.startsWith(which.id));
  const what = found.length > 1 ? `${which.id} could be any of ${found.join(', ')}.` : `No session ${which.id} runs.`;
  throw operatingError(isKnown ? 'session_not_running' : 'not_found', what, {
    remedy: '`gatehouse sessions` shows what runs.',
  });
}
