/**
 * Guarantee: tells how many processes a session has at this moment, and about how many processes and threads it has started so far:
 * inside its pid namespace numbers are given in order, so that the highest one seen says it.
 *
 * Threat: an agent that starts processes faster than anybody looks.
 *
 * Limits: what started and ended since the newest process that is still there is not seen before the next one. Numbers begin anew after
 * `pid_max` of them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessCount } from '../../../core/sandbox/sandbox.ts';
import { childrenOf } from './processor-time.ts';

/** More than this is only said to be as many. */
const countedMax = 4096;
/** The processes with the highest numbers outside, one of which has the highest inside. */
const newestLookedAt = 8;
/** A process that ends while it is looked at has a successor; so often that one is looked for. */
const successorsMax = 16;

/** The processes of a session, and where to look for those that come after the newest. */
interface Found {
  readonly pids: readonly number[];
  readonly again: () => number[];
}

/** Counts what is below the holder, or in the session's cgroup; undefined when nothing of it is left. */
export async function countProcesses(holder: number, folder: string | undefined): Promise<ProcessCount | undefined> {
  const { pids, again } = (folder === undefined ? undefined : await readCgroup(folder)) ?? (await below(holder));
  if (pids.length === 0) return undefined;
  const newest = pids.toSorted((one, other) => other - one).slice(0, newestLookedAt);
  let started = Math.max(0, ...newest.map((pid) => numberInside(pid) ?? 0));
  // Read without waiting in between: what lives for a millisecond is gone after any wait.
  let last = newest[0] ?? holder;
  for (let looked = 0; looked < successorsMax && numberInside(last) === undefined; looked += 1) {
    last = Math.max(...again(), holder);
    started = Math.max(started, numberInside(last) ?? 0);
  }
  return { alive: pids.length, started };
}

async function readCgroup(folder: string): Promise<Found | undefined> {
  const file = path.join(folder, 'cgroup.procs');
  const parse = (text: string) => text.split('\n').filter(Boolean).slice(0, countedMax).map(Number);
  const text = await readFile(file, 'latin1').catch(() => undefined);
  return text === undefined ? undefined : { pids: parse(text), again: () => parse(read(file)) };
}

async function below(holder: number): Promise<Found> {
  const pids: number[] = [];
  const waiting = [holder];
  let newest = holder;
  let itsParent = holder;
  for (let pid = waiting.pop(); pid !== undefined && pids.length < countedMax; pid = waiting.pop()) {
    pids.push(pid);
    const children = await childrenOf(pid);
    const youngest = Math.max(0, ...children);
    if (youngest > newest) [newest, itsParent] = [youngest, pid];
    waiting.push(...children);
  }
  return { pids, again: () => childrenNow(itsParent) };
}

function childrenNow(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) =>
      read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    // It has ended, and its children are somebody else's.
    return [];
  }
}

/**
 * The second number of `NSpid`: that in the session's namespace, whatever namespaces are made inside it (proc_pid_status(5)). The holder
 * has one number only. Undefined for a process that has ended.
 */
function numberInside(pid: number): number | undefined {
  const numbers = /^NSpid:\s+(.+)$/mu
    .exec(read(`/proc/${pid}/status`))?.[1]
    ?.trim()
    .split(/\s+/u);
  return numbers === undefined ? undefined : Number(numbers[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
