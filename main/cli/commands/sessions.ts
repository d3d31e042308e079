import type { Session } from '#contract/session.ts';
import { withControl } from '../connection.ts';
import { commandText } from '../render/command-text.ts';
import { homePath } from '../render/home-path.ts';
import type { Tone } from '../render/screen.ts';
import { relativeText } from '../render/span.ts';
import { renderTable } from '../render/table.ts';
import { visible } from '../render/visible.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Lists running sessions, or with `all` ended ones too. */
export async function sessions(terminal: Terminal, options: { all?: boolean; json?: boolean }): Promise<number> {
  const found = await withControl(terminal, (control) => control.call('session.list', { all: options.all === true }));
  if (options.json === true) {
    for (const session of found.sessions) printJson(terminal, session);
  } else if (found.sessions.length === 0) {
    notice(
      terminal,
      options.all === true ? 'no session was ever run here.' : 'no session is running. --all lists ended ones.',
    );
  } else terminal.stdout.write(sessionTable(terminal, found.sessions));
  return 0;
}

/** Stops or kills one session, or all of them. Resolves when every process of them is gone. */
export async function endSessions(
  terminal: Terminal,
  how: 'stop' | 'kill',
  id: string | undefined,
  options: { all?: boolean; json?: boolean },
): Promise<number> {
  const which = oneOrAll(how, id, options);
  const ended = await withControl(terminal, (control) =>
    how === 'stop' ? control.call('session.stop', which) : control.call('session.kill', which),
  );
  for (const session of ended.sessions) {
    if (options.json === true) printJson(terminal, session);
    else terminal.stdout.write(`${session.id} ${how === 'stop' ? 'stopped' : 'killed'}\n`);
  }
  if (ended.sessions.length === 0 && options.json !== true) notice(terminal, 'no session was running.');
  return 0;
}

/** Stops every process of sessions where it is, or lets them go on. */
export async function pauseSessions(
  terminal: Terminal,
  how: 'pause' | 'resume',
  id: string | undefined,
  options: { all?: boolean; json?: boolean },
): Promise<number> {
  const which = oneOrAll(how, id, options);
  const changed = await withControl(terminal, (control) =>
    how === 'pause' ? control.call('session.pause', which) : control.call('session.resume', which),
  );
  for (const session of changed.sessions) {
    if (options.json === true) printJson(terminal, session);
    else terminal.stdout.write(`${session.id} ${how === 'pause' ? 'paused' : 'goes on'}\n`);
  }
  if (changed.sessions.length === 0 && options.json !== true) {
    notice(terminal, how === 'pause' ? 'nothing was running.' : 'nothing was paused.');
  }
  return 0;
}

function oneOrAll(how: string, id: string | undefined, options: { all?: boolean }): { id: string } | { all: true } {
  if ((id === undefined) === (options.all !== true)) {
    throw new UsageError(`Which session should ${how}?`, `Give its id, or --all; \`gatehouse sessions\` lists them.`);
  }
  return id === undefined ? { all: true } : { id };
}

/** Sessions as an aligned table. */
export function sessionTable(terminal: Terminal, list: readonly Session[]): string {
  const columns = [
    { title: 'SESSION' },
    { title: 'AGENT' },
    { title: 'STATE' },
    { title: 'CLIENTS' },
    { title: 'STARTED' },
    { title: 'WORKSPACE', shrink: 'middle' as const },
    { title: 'COMMAND', shrink: 'end' as const },
  ];
  const rows = list.map((session) => [
    { text: session.id, tone: 'strong' as const },
    { text: session.agent },
    stateCell(session),
    { text: session.viewers === undefined ? '' : String(session.viewers), tone: 'dim' as const },
    { text: relativeText(session.startedAt, terminal.nowMs()) },
    { text: homePath(session.workspace, terminal.home) },
    { text: visible(commandText(session.command)) },
  ]);
  return renderTable(terminal.screen, columns, rows);
}

function stateCell(session: Session): { text: string; tone: Tone } {
  if (session.state !== 'ended') return { text: session.state, tone: session.state === 'running' ? 'good' : 'warn' };
  if (session.endReason !== undefined && session.endReason !== 'exited') {
    return { text: session.endReason.replaceAll('_', ' '), tone: 'warn' };
  }
  return { text: `exit ${session.exit?.status ?? '?'}`, tone: 'dim' };
}
