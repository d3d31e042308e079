import { setTimeout as pause } from 'node:timers/promises';
import { operatingError } from '#contract/operating-error.ts';
import { statePaths } from '../adapters/control/paths.ts';
import { lockHolder } from '../adapters/processes/lock-holder.ts';
import { errorDataOf } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** For whoever wants everything ended: two seconds between signs of life, eight in all. In milliseconds. */
export const silentWhenEndingMs = 8_000;

/** Ending sessions takes their grace; longer means that something hangs. */
const stopTimeoutMs = 30_000;
const pollEveryMs = 20;

/**
 * Does what ends every session; when the supervisor does not answer, ends the supervisor itself, which ends them all: the kernel ends their
 * walls with it. Resolves with its process in that case.
 */
export async function orEndSupervisor<T>(terminal: Terminal, act: () => Promise<T>): Promise<T | { ended: number }> {
  try {
    return await act();
  } catch (error) {
    if (errorDataOf(error)?.code !== 'supervisor_silent') throw error;
    const pid = await lockHolder(statePaths(terminal.environment).lockFile).catch(() => undefined);
    if (pid === undefined) {
      throw operatingError('supervisor_silent', 'The supervisor does not answer, and its process was not found.', {
        why: 'The system does not say who holds its lock.',
        remedy: 'End the process that runs supervisor.js: every session ends with it.',
        cause: error,
      });
    }
    if (isThere(pid, 'SIGKILL')) await waitUntilGone(pid);
    return { ended: pid };
  }
}

/** Resolves when a process is gone. Throws `supervisor_stopping` when it takes too long. */
export async function waitUntilGone(pid: number): Promise<void> {
  const deadline = performance.now() + stopTimeoutMs;
  while (isThere(pid)) {
    if (performance.now() > deadline) {
      throw operatingError('supervisor_stopping', `The supervisor (process ${pid}) is still stopping.`, {
        remedy: 'Its log says what it waits for.',
      });
    }
    await pause(pollEveryMs);
  }
}

/** Whether a process was there to get a signal; 0 only asks. */
function isThere(pid: number, signal: 0 | 'SIGKILL' = 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // No such process, or its number belongs to somebody else by now.
    return false;
  }
}
