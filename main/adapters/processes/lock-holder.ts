import { readFile, stat } from 'node:fs/promises';

/**
 * The process that holds a lock on a file now (proc_locks(5)); undefined when none does, or none that can be seen. The kernel lets go of it
 * with the process: as long as it is there, the id is nobody else's.
 */
export async function lockHolder(path: string): Promise<number | undefined> {
  const [{ ino }, locks] = await Promise.all([stat(path, { bigint: true }), readFile('/proc/locks', 'utf8')]);
  for (const line of locks.split('\n')) {
    // `1: POSIX  ADVISORY  WRITE 4242 08:01:131077 0 EOF`; one that waits for a lock has an arrow before its kind.
    const found = /^\d+: (?:POSIX|OFDLCK) +\S+ +WRITE (\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /u.exec(line);
    if (found?.[2] === String(ino) && Number(found[1]) > 0) return Number(found[1]);
  }
  return undefined;
}
