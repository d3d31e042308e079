import type { ControlClient } from '../adapters/control/client.ts';
import { ensureSupervisor } from '../adapters/control/ensure-supervisor.ts';
import { type StatePaths, statePaths } from '../adapters/control/paths.ts';
import { supervisorPath } from './program-files.ts';
import type { Terminal } from './terminal.ts';

/** Connects to the supervisor, starting one when none runs. */
export function openControl(
  terminal: Terminal,
  paths: StatePaths = statePaths(terminal.environment),
): Promise<ControlClient> {
  const passphrase = async (): Promise<string | undefined> => {
    // Loaded when it is needed: a run with a warm supervisor asks for nothing.
    const { passphraseFor } = await import('./passphrase.ts');
    return passphraseFor(terminal, paths);
  };
  return ensureSupervisor(paths, { supervisorPath, environment: terminal.environment, passphrase });
}

/** Runs `use` with a connection and closes it, whatever happens. */
export async function withControl<T>(terminal: Terminal, use: (control: ControlClient) => Promise<T>): Promise<T> {
  const control = await openControl(terminal);
  try {
    return await use(control);
  } finally {
    control.close();
  }
}
