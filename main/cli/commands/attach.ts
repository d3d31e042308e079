import { visible } from '#contract/text/visible.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { statePaths } from '../../adapters/control/paths.ts';
import { followSession, isTerminal } from '../attached-session.ts';
import { openControl } from '../connection.ts';
import { detachKeysOf, detachKeysText } from '../detach-keys.ts';
import { commandText } from '../render/command-text.ts';
import { plainOutput } from '../run-output.ts';
import { notice, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Shows a session that runs, its newest output first, and unless it is only looked at, types into it. Returns its exit status, or 0 when left. */
export async function attach(
  terminal: Terminal,
  id: string | undefined,
  options: { readOnly?: boolean; detachKeys?: string },
): Promise<number> {
  const detachKeys = detachKeysOf(terminal, options.detachKeys);
  const paths = statePaths(terminal.environment);
  const control = await openControl(terminal, paths);
  try {
    const { session, streamToken, readOnly } = await control.call('session.attach', {
      id: id ?? (await onlyRunning(control)),
      // Without a terminal nobody types, and there is no size to give it.
      readOnly: options.readOnly === true || !isTerminal(terminal),
    });
    if (terminal.errorScreen.terminal) {
      const leave = `${detachKeysText(detachKeys)}${readOnly ? ' or Ctrl-C' : ''} leaves it running`;
      notice(
        terminal,
        `${session.id}: ${visible(commandText(session.command))}${readOnly ? ' (only to look)' : ''}; ${leave}.`,
      );
    }
    return await followSession(terminal, {
      control,
      paths,
      session,
      token: streamToken,
      output: plainOutput(terminal, session),
      role: readOnly ? 'looking' : 'interactive',
      asks: true,
      signalsLeave: true,
      joins: true,
      detachKeys,
    });
  } finally {
    control.close();
  }
}

async function onlyRunning(control: ControlClient): Promise<string> {
  const { sessions } = await control.call('session.list', { all: false });
  const [only] = sessions;
  if (only !== undefined && sessions.length === 1) return only.id;
  const what = only === undefined ? 'No session runs.' : 'Several sessions run.';
  throw new UsageError(
    what,
    only === undefined ? 'Start one with gatehouse run.' : 'Give the id of one; `gatehouse sessions` lists them.',
  );
}
