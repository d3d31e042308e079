/**
 * Guarantee: tells how many processes a session has at this moment, and about how many processes and threads it has started so far:
 * inside its pid namespace numbers are given in order, so that the highest one seen says it.
 *
 * Threat: an agent that starts processes faster than anybody looks.
 *
 * Limits: what started and ended since the newest process that is still there is not seen before the next one. Numbers begin anew after
 * `pid_max` of them.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessCount } from '../../../core/sandbox/sandbox.ts';
import { childrenOf } from './processor-time.ts';

/** More than this is only said to be as many. */
const countedMax = 4096;
/** The processes with the highest numbers outside, one of which has the highest inside. */
const newestLookedAt = 8;

/** Counts what is below the holder, or in the session's cgroup; undefined when nothing of it is left. */
export async function countProcesses(holder: number, folder: string | undefined): Promise<ProcessCount | undefined> {
  const pids = (folder === undefined ? undefined : await readCgroup(folder)) ?? (await below(holder));
  if (pids.length === 0) return undefined;
  const newest = pids.toSorted((one, other) => other - one).slice(0, newestLookedAt);
  const inside = await Promise.all(newest.map(numberInside));
  return { alive: pids.length, started: Math.max(0, ...inside) };
}

async function readCgroup(folder: string): Promise<number[] | undefined> {
  const text = await readFile(path.join(folder, 'cgroup.procs'), 'latin1').catch(() => undefined);
  return text?.split('\n').filter(Boolean).slice(0, countedMax).map(Number);
}

async function below(holder: number): Promise<number[]> {
  const found: number[] = [];
  const waiting = [holder];
  for (let pid = waiting.pop(); pid !== undefined && found.length < countedMax; pid = waiting.pop()) {
    found.push(pid);
    waiting.push(...(await childrenOf(pid)));
  }
  return found;
}

/**
 * The second number of `NSpid`: that in the session's namespace, whatever namespaces are made inside it (proc_pid_status(5)). The holder
 * has one number only.
 */
async function numberInside(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const numbers = /^NSpid:\s+(.+)$/mu.exec(status)?.[1]?.trim().split(/\s+/u) ?? [];
  return Number(numbers[1] ?? 0);
}
