import { setTimeout as pause } from 'node:timers/promises';

/** How long `eventually` waits unless told otherwise. Only ends what hangs. */
export const defaultDeadlineMs = 60_000;
const pollEveryMs = 25;

/**
 * Calls `probe` until it returns something other than `undefined`, `false` or `null`, and returns that.
 * When the deadline passes it throws, naming `what` was awaited and the last error of the probe.
 */
export async function eventually<T>(
  probe: () => Promise<T> | T,
  options: { what: string; deadlineMs?: number },
): Promise<NonNullable<Exclude<T, false>>> {
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  const end = performance.now() + deadlineMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > end) {
      throw new Error(`waited ${deadlineMs} ms in vain: ${options.what}`, { cause: lastError });
    }
    await pause(pollEveryMs);
  }
}
