import Database from 'better-sqlite3';
import { operatingError } from '#contract/operating-error.ts';

/** Held for as long as this process lives; the kernel lets go of it however the process ends. */
export interface SupervisorLock {
  release(): void;
}

/**
 * Takes the one lock of a GATEHOUSE_HOME. SQLite's exclusive transaction is an fcntl lock (locks.html §3), so a crash,
 * a SIGKILL or a power cut leaves nothing behind that somebody would have to remove. Throws `supervisor_running` when
 * another process holds it.
 */
export function takeSupervisorLock(path: string): SupervisorLock {
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')) {
      throw operatingError('supervisor_running', 'A supervisor already runs for this GATEHOUSE_HOME.', {
        remedy: '`gatehouse supervisor status` shows it.',
        cause,
      });
    }
    throw operatingError('state_unusable', `The lock file ${path} cannot be used.`, {
      why: cause instanceof Error ? `${cause.message}.` : undefined,
      remedy:
        'Its folder must be writable, on a local file system with room. A damaged one may be removed: it holds nothing.',
      cause,
    });
  }
  return { release: () => database.close() };
}
