import { operatingError } from '#contract/operating-error.ts';
import type { Session } from '#contract/session.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { withControl } from '../connection.ts';
import { commandText } from '../render/command-text.ts';
import { homePath } from '../render/home-path.ts';
import { agentInTree, underTheirParents } from '../render/nested-sessions.ts';
import type { Tone } from '../render/screen.ts';
import { renderTable } from '../render/table.ts';
import { orEndSupervisor, silentWhenEndingMs } from '../silent-supervisor.ts';
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

/**
 * Stops or kills one session, or all of them. Resolves when every process of them is gone. Killing all of them ends a supervisor that does not
 * answer: nobody who wants everything ended wants to wait for it.
 */
export async function endSessions(
  terminal: Terminal,
  how: 'stop' | 'kill',
  id: string | undefined,
  options: { all?: boolean; json?: boolean },
): Promise<number> {
  const which = oneOrAll(how, id, options);
  const ended =
    how === 'kill' && 'all' in which
      ? await orEndSupervisor(terminal, () =>
          withControl(terminal, (control) => control.call('session.kill', which), silentWhenEndingMs),
        )
      : await withControl(terminal, (control) =>
          how === 'stop' ? control.call('session.stop', which) : control.call('session.kill', which),
        );
  if ('ended' in ended) {
    if (options.json === true) printJson(terminal, { supervisorEnded: ended.ended });
    notice(terminal, 'the supervisor did not answer: it was ended, and every session with it.');
    return 0;
  }
  for (const session of ended.sessions) {
    if (options.json === true) printJson(terminal, session);
    else terminal.stdout.write(`${session.id} ${how === 'stop' ? 'stopped' : 'killed'}\n`);
  }
  if (ended.sessions.length === 0 && options.json !== true) notice(terminal, 'no session was running.');
  return 0;
}

/** Stops every process of sessions where it is. */
export async function pauseSessions(
  terminal: Terminal,
  id: string | undefined,
  options: { all?: boolean; json?: boolean },
): Promise<number> {
  const which = oneOrAll('pause', id, options);
  const { sessions: paused } = await withControl(terminal, (control) => control.call('session.pause', which));
  tellChanged(terminal, paused, 'paused', options);
  if (paused.length === 0 && options.json !== true) notice(terminal, 'nothing was running.');
  return 0;
}

/** Lets sessions go on. About one that a breaker stopped it asks: a person answers in this terminal. */
export async function resumeSessions(
  terminal: Terminal,
  id: string | undefined,
  options: { all?: boolean; json?: boolean },
): Promise<number> {
  const which = oneOrAll('resume', id, options);
  const { sessions: gone, asked } = await withControl(terminal, (control) => control.call('session.resume', which));
  tellChanged(terminal, gone, 'goes on', options);
  if (gone.length + asked.length === 0 && options.json !== true) notice(terminal, 'nothing was paused.');
  let status = 0;
  for (const question of asked) {
    if (terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) {
      throw operatingError('approval_refused', 'A breaker stopped it: a person has to say that it may go on.', {
        remedy: `Answer in a terminal: \`gatehouse approvals answer ${question}\`.`,
      });
    }
    const { answerApproval } = await import('./approvals.ts');
    status = Math.max(status, await answerApproval(terminal, question));
  }
  return status;
}

function tellChanged(
  terminal: Terminal,
  changed: readonly Session[],
  what: string,
  { json }: { readonly json?: boolean },
): void {
  for (const session of changed) {
    if (json === true) printJson(terminal, session);
    else terminal.stdout.write(`${session.id} ${what}\n`);
  }
}

function oneOrAll(how: string, id: string | undefined, options: { all?: boolean }): { id: string } | { all: true } {
  if ((id === undefined) === (options.all !== true)) {
    throw new UsageError(`Which session should ${how}?`, `Give its id, or --all; \`gatehouse sessions\` lists them.`);
  }
  return id === undefined ? { all: true } : { id };
}

/** Sessions as an aligned table. */
export function sessionTable(terminal: Terminal, list: readonly Session[]): string {
  const anyExposed = list.some(({ exposed = [] }) => exposed.length > 0);
  const columns = [
    { title: 'SESSION' },
    { title: 'AGENT' },
    { title: 'STATE' },
    { title: 'CLIENTS' },
    { title: 'STARTED' },
    ...(anyExposed ? [{ title: 'REACHED ON' }] : []),
    { title: 'WORKSPACE', shrink: 'middle' as const },
    { title: 'COMMAND', shrink: 'end' as const },
  ];
  const rows = underTheirParents(list).map((session) => [
    { text: session.id, tone: 'strong' as const },
    { text: agentInTree(session) },
    stateCell(session),
    { text: session.viewers === undefined ? '' : String(session.viewers), tone: 'dim' as const },
    { text: relativeText(session.startedAt, terminal.nowMs()) },
    ...(anyExposed ? [{ text: (session.exposed ?? []).map(exposedText).join(', ') }] : []),
    { text: homePath(session.workspace, terminal.home) },
    { text: visible(commandText(session.command)) },
  ]);
  return renderTable(terminal.screen, columns, rows);
}

/** The port on this machine, and the one inside when that is another. */
function exposedText({ hostPort, port }: { readonly hostPort: number; readonly port: number }): string {
  return hostPort === port ? `:${port}` : `:${hostPort} → ${port}`;
}

function stateCell(session: Session): { text: string; tone: Tone } {
  const recorded = session.transcript === true ? ', transcript' : '';
  if (session.state !== 'ended')
    return { text: `${session.state}${recorded}`, tone: session.state === 'running' ? 'good' : 'warn' };
  if (session.endReason !== undefined && session.endReason !== 'exited') {
    return { text: `${session.endReason.replaceAll('_', ' ')}${recorded}`, tone: 'warn' };
  }
  return { text: `exit ${session.exit?.status ?? '?'}${recorded}`, tone: 'dim' };
}
