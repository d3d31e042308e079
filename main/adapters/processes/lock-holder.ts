import { readdir, readFile, stat } from 'node:fs/promises';

/**
 * The process that holds a lock on a file now (proc_locks(5)); undefined when none does, or none that can be seen. The kernel lets go of it
 * with the process: as long as it is there, the id is nobody else's.
 */
export async function lockHolder(path: string): Promise<number | undefined> {
  const [file, locks] = await Promise.all([stat(path, { bigint: true }), readFile('/proc/locks', 'utf8')]);
  for (const line of locks.split('\n')) {
    // `1: POSIX  ADVISORY  WRITE 4242 08:01:131077 0 EOF`; one that waits for a lock has an arrow before its kind.
    const found = /^\d+: POSIX +\S+ +WRITE (\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /u.exec(line);
    const pid = Number(found?.[1] ?? 0);
    if (pid > 0 && found?.[2] === String(file.ino) && (await hasOpen(pid, file))) return pid;
  }
  return undefined;
}

interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The number of a file is unique on its file system only, and the device of a lock is not always the one that stat(2) names. */
async function hasOpen(pid: number, file: FileIdentity): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await readdir(folder).catch(() => [])) {
    const open = await stat(`${folder}/${descriptor}`, { bigint: true }).catch(() => undefined);
    if (open?.ino === file.ino && open.dev === file.dev) return true;
  }
  return false;
}
