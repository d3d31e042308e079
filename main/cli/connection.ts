import type { ControlClient } from '../adapters/control/client.ts';
import { ensureSupervisor } from '../adapters/control/ensure-supervisor.ts';
import { type StatePaths, statePaths } from '../adapters/control/paths.ts';
import { supervisorPath } from './program-files.ts';
import type { Terminal } from './terminal.ts';

/** A supervisor that says nothing for this long is told to be silent, in milliseconds: longer than it ever stands still under load. */
export const silentMs = 20_000;

/** Connects to the supervisor, starting one when none runs. */
export function openControl(
  terminal: Terminal,
  paths: StatePaths = statePaths(terminal.environment),
  patienceMs: number = silentMs,
): Promise<ControlClient> {
  const passphrase = async (): Promise<string | undefined> => {
    // Loaded when it is needed: a run with a warm supervisor asks for nothing.
    const { passphraseFor } = await import('./passphrase.ts');
    return passphraseFor(terminal, paths);
  };
  return ensureSupervisor(paths, {
    supervisorPath,
    environment: terminal.environment,
    passphrase,
    silentMs: patienceMs,
  });
}

/** Runs `use` with a connection and closes it, whatever happens. `patienceMs` is how long the supervisor may be silent. */
export async function withControl<T>(
  terminal: Terminal,
  use: (control: ControlClient) => Promise<T>,
  patienceMs?: number,
): Promise<T> {
  const control = await openControl(terminal, statePaths(terminal.environment), patienceMs);
  try {
    return await use(control);
  } finally {
    control.close();
  }
}
