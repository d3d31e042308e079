import { existsSync } from 'node:fs';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import { type ControlClient, type ControlOptions, connectControl } from './client.ts';
import type { StatePaths } from './paths.ts';

/** How long another process may hold the lock without answering: it starts up or closes down. */
const otherSupervisorTimeoutMs = 15_000;
const retryDelayMs = 25;

/** Connects to the supervisor; starts one, detached from the caller, when none answers. */
export async function ensureSupervisor(
  paths: StatePaths,
  options: ControlOptions & {
    readonly supervisorPath: string;
    readonly environment?: NodeJS.ProcessEnv;
    /** Asked only when one has to be started. */
    readonly passphrase?: () => Promise<string | undefined>;
  },
): Promise<ControlClient> {
  let deadline: number | undefined;
  let passphrase: string | undefined;
  for (;;) {
    const running = existsSync(paths.controlSocket) ? await connectIfAnswered(paths, options) : undefined;
    if (running !== undefined) return running;
    // Loaded when it is needed: a run with a warm supervisor starts no process of its own.
    const { startSupervisor } = await import('./start-supervisor.ts');
    const { supervisorPath, environment = process.env } = options;
    passphrase ??= await options.passphrase?.();
    const outcome = await startSupervisor(paths, { supervisorPath, environment, passphrase });
    if (outcome === 'ready') return connectControl(paths, options);
    // From here on, since a person may have taken their time to type.
    deadline ??= performance.now() + otherSupervisorTimeoutMs;
    if (performance.now() > deadline) {
      throw operatingError('supervisor_unreachable', 'Another supervisor holds the lock but does not answer.', {
        remedy: `Its log says what it does: ${paths.logFile}`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, retryDelayMs));
  }
}

/** The socket of a supervisor that was killed answers nobody: the next one, holding the lock, replaces it. */
async function connectIfAnswered(paths: StatePaths, options: ControlOptions): Promise<ControlClient | undefined> {
  try {
    return await connectControl(paths, options);
  } catch (error) {
    if (error instanceof GatehouseError && error.data.code === 'supervisor_unreachable') return undefined;
    throw error;
  }
}
