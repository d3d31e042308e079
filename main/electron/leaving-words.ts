import { genericPresetId } from '#contract/generic-preset.ts';
import type { Session } from '#contract/session.ts';
import { visible } from '#contract/text/visible.ts';
import { plural } from './tray-words.ts';

/** Sessions that are named; the others are counted. */
const namedMax = 5;
/** Characters of a session's task that are shown. */
const taskCharactersMax = 60;

/** What can be chosen when the app is left while sessions run. */
export type Leave = 'quit' | 'stop-and-quit' | 'hide' | 'stay';

/** What is said then. */
export interface LeavingWords {
  readonly message: string;
  readonly detail: string;
  readonly choices: readonly { readonly label: string; readonly leave: Leave }[];
}

/**
 * What goes on without the app, who answers then, and how to come back to it. `closing`: the last window is closed where no tray would
 * keep the app in reach; it may stay all the same, to bring up questions.
 */
export function leavingWords(
  sessions: readonly Session[],
  waiting: number,
  leaving: 'quitting' | 'closing',
): LeavingWords {
  const count = sessions.length;
  const [go, they] = count === 1 ? ['goes', 'it'] : ['go', 'they'];
  const named = sessions.slice(0, namedMax).map(sessionLine);
  const more = count > namedMax ? [`and ${count - namedMax} more`] : [];
  const background =
    leaving === 'closing'
      ? [
          'This desktop has no tray. In the background, Gatehouse still brings questions up; start it again for its window.',
        ]
      : [];
  return {
    message: `${plural(count, 'session')} ${go} on after Gatehouse has quit.`,
    detail: [
      [...named, ...more].join('\n'),
      [
        ...(waiting === 0 ? [] : [`${plural(waiting, 'question')} ${waiting === 1 ? 'waits' : 'wait'} for you now.`]),
        `What ${they} ask${count === 1 ? 's' : ''} is then answered in a terminal, with “gatehouse watch”; what nobody answers is denied.`,
        'Start Gatehouse again to come back, or end everything with “gatehouse kill --all”.',
      ].join(' '),
      ...background,
    ].join('\n\n'),
    choices: [
      { label: 'Quit', leave: 'quit' },
      { label: 'Stop all and quit', leave: 'stop-and-quit' },
      leaving === 'closing' ? { label: 'Go on in the background', leave: 'hide' } : { label: 'Stay', leave: 'stay' },
    ],
  };
}

function sessionLine({ agent, command, task, state }: Session): string {
  const program = command[0]?.split('/').at(-1) ?? 'a command';
  const name = agent === genericPresetId ? visible(program) : agent;
  const text = visible(task);
  const short = text.length > taskCharactersMax ? `${text.slice(0, taskCharactersMax - 1)}…` : text;
  return `•  ${name}: ${short}${state === 'paused' ? ' (paused)' : ''}`;
}
