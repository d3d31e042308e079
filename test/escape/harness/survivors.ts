import { readdir, readFile } from 'node:fs/promises';
import { eventually } from '../../helpers/poll.ts';

/**
 * Processes that live in a mount namespace which shows `folder` as a place of its own: sessions' processes and their
 * helpers. `/proc/N/mountinfo` may be read by everybody, so that nothing hides from an ordinary user either.
 */
export async function findInhabitants(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await mountsOf(pid)).includes(folder) ? [pid] : [])));
  return found.flat();
}

/** Waits until no process lives in such a namespace; on failure ends them and rejects with who they were. */
export async function expectNoInhabitants(folder: string): Promise<void> {
  try {
    await eventually(async () => (await findInhabitants(folder)).length === 0, {
      what: `every process that sees ${folder} to end`,
    });
  } catch (error) {
    const left = await findInhabitants(folder);
    const names = await Promise.all(left.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '?')));
    for (const pid of left) end(pid);
    throw new Error(`processes survived: ${left.map((pid, index) => `${pid} ${names[index]?.trim()}`).join(', ')}`, {
      cause: error,
    });
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

async function mountsOf(pid: number): Promise<string> {
  // Gone meanwhile, or a kernel thread: no inhabitant either way.
  return await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
}
