import { relativeText } from '#contract/text/span.ts';
import { type ControlClient, connectControl } from '../../adapters/control/client.ts';
import { statePaths } from '../../adapters/control/paths.ts';
import { silentMs, withControl } from '../connection.ts';
import { errorDataOf, exitStatus } from '../failure.ts';
import { homePath } from '../render/home-path.ts';
import { orEndSupervisor, silentWhenEndingMs, waitUntilGone } from '../silent-supervisor.ts';
import { printJson, type Terminal } from '../terminal.ts';

/** Starts the supervisor unless it runs, and says which. */
export async function startSupervisor(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const status = await withControl(terminal, (control) => control.call('supervisor.status', {}));
  if (options.json === true) printJson(terminal, { running: true, ...status });
  else
    terminal.stdout.write(
      `The supervisor runs (process ${status.pid}, started ${relativeText(status.startedAt, terminal.nowMs())}).\n`,
    );
  return exitStatus.ok;
}

/** Stops the supervisor and waits until its process is gone. None running is as good. With `force`, one that does not answer is ended. */
export async function stopSupervisor(
  terminal: Terminal,
  options: { force?: boolean; json?: boolean },
): Promise<number> {
  const force = options.force === true;
  const control = await findSupervisor(terminal, force ? silentWhenEndingMs : silentMs);
  if (control !== undefined) {
    const ask = async (): Promise<void> => {
      const { pid } = await control.call('supervisor.status', {});
      await askToStop(control, force);
      await waitUntilGone(pid);
    };
    try {
      await (force ? orEndSupervisor(terminal, ask) : ask());
    } finally {
      control.close();
    }
  }
  if (options.json === true) printJson(terminal, { running: false, stopped: control !== undefined });
  else terminal.stdout.write(control === undefined ? 'No supervisor was running.\n' : 'The supervisor has stopped.\n');
  return exitStatus.ok;
}

async function askToStop(control: ControlClient, force: boolean): Promise<void> {
  try {
    await control.call('supervisor.stop', { force });
  } catch (error) {
    // It went away before its answer came, which is what was asked of it.
    if (errorDataOf(error)?.code !== 'supervisor_unreachable') throw error;
  }
}

/** Tells whether a supervisor runs, without starting one. Exit status 1 when none does. */
export async function supervisorStatus(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const paths = statePaths(terminal.environment);
  const control = await findSupervisor(terminal, silentMs);
  if (control === undefined) {
    if (options.json === true) printJson(terminal, { running: false, home: paths.home, logFile: paths.logFile });
    else
      terminal.stdout.write(
        `No supervisor runs for ${homePath(paths.home, terminal.home)}. It is started when needed.\n`,
      );
    return exitStatus.no;
  }
  try {
    const status = await control.call('supervisor.status', {});
    if (options.json === true) printJson(terminal, { running: true, ...status, logFile: paths.logFile });
    else {
      const rows = [
        [
          'Supervisor',
          `${status.version}, process ${status.pid}, started ${relativeText(status.startedAt, terminal.nowMs())}`,
        ],
        ['Sessions', `${status.sessions} running`],
        ['Record', `${status.events} events`],
        ['Egress', status.egressPid === undefined ? 'not running' : `process ${status.egressPid}`],
        ['State', homePath(status.home, terminal.home)],
        ['Log', homePath(paths.logFile, terminal.home)],
      ] as const;
      for (const [name, value] of rows)
        terminal.stdout.write(`${terminal.screen.paint('dim', name.padEnd(12))}${value}\n`);
    }
    return exitStatus.ok;
  } finally {
    control.close();
  }
}

async function findSupervisor(terminal: Terminal, patienceMs: number): Promise<ControlClient | undefined> {
  try {
    return await connectControl(statePaths(terminal.environment), { silentMs: patienceMs });
  } catch (error) {
    if (errorDataOf(error)?.code === 'supervisor_unreachable') return undefined;
    throw error;
  }
}
