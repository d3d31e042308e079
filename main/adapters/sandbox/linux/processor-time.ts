/**
 * Guarantee: tells how much processor time a session has taken: exactly where it has a cgroup, else as the sum over its
 * processes and what they have waited for.
 *
 * Threat: an agent that keeps every processor busy for as long as nobody looks.
 *
 * Limits: without a cgroup, the time of a process that nobody waited for (its parent ignores SIGCHLD) is lost once it ends.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Clock ticks of /proc a second: the kernel's USER_HZ, the same on every architecture of ours. */
const ticksPerSecond = 100;
/** More processes than a session may have are not looked at. */
const processesMax = 100_000;

/** The time in milliseconds, or undefined when nothing of the session is left. `folder`: its cgroup. */
export async function processorTime(holder: number, folder: string | undefined): Promise<number | undefined> {
  const counted = folder === undefined ? undefined : await readCgroup(folder);
  return counted ?? (await sumProcesses(holder));
}

/** `usage_usec` of cpu.stat, which every cgroup of version 2 has, whatever controllers it has (cgroup-v2.rst, CPU). */
async function readCgroup(folder: string): Promise<number | undefined> {
  const text = await readFile(path.join(folder, 'cpu.stat'), 'utf8').catch(() => undefined);
  const usage = /^usage_usec (\d+)$/mu.exec(text ?? '')?.[1];
  return usage === undefined ? undefined : Number(usage) / 1000;
}

/** Of the holder and everything below it: its own time and that of the children it has waited for (proc_pid_stat(5), 14 to 17). */
async function sumProcesses(holder: number): Promise<number | undefined> {
  let ticks: number | undefined;
  const waiting = [holder];
  for (let looked = 0; looked < processesMax; looked += 1) {
    const pid = waiting.pop();
    if (pid === undefined) break;
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
    if (stat === undefined) continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks = fields.slice(14 - 3, 18 - 3).reduce((sum, field) => sum + Number(field), ticks ?? 0);
    waiting.push(...(await childrenOf(pid)));
  }
  return ticks === undefined ? undefined : (ticks * 1000) / ticksPerSecond;
}

/** The processes that a process has started and that are not over. A child belongs to the thread that made it (proc_pid_children(5)). */
export async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => '')),
  );
  return lists.flatMap((list) =>
    list
      .split(' ')
      .filter((each) => each !== '')
      .map(Number),
  );
}
