import { readFile } from 'node:fs/promises';

/** What identifies a process for as long as the machine runs: its id alone is given to another one later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot when it started, as text since it may exceed 2^53 (proc_pid_stat(5), field 22). */
  readonly startTicks: string;
}

export interface ProcessFacts extends ProcessIdentity {
  readonly parentPid: number;
  /** One letter of proc_pid_stat(5): `R`, `S`, `D`, `Z`, `T`, … */
  readonly state: string;
  /** Device number of the controlling terminal; 0 for none. */
  readonly terminal: number;
}

/** Reads what the kernel says about a process now; undefined when there is none with that id. */
export async function readProcessFacts(pid: number): Promise<ProcessFacts | undefined> {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return text === undefined ? undefined : parseStat(pid, text);
}

/** The command name stands in parentheses and may hold anything, closing ones included: fields start after the last. */
function parseStat(pid: number, text: string): ProcessFacts | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid] = fields;
  const terminal = fields[7 - 3];
  const startTicks = fields[22 - 3];
  if (state === undefined || parentPid === undefined || terminal === undefined || startTicks === undefined)
    return undefined;
  return { pid, state, parentPid: Number(parentPid), startTicks, terminal: Number(terminal) };
}

/** Whether exactly this process still runs. A zombie has ended: it only waits to be collected. */
export async function isProcessAlive({ pid, startTicks }: ProcessIdentity): Promise<boolean> {
  const facts = await readProcessFacts(pid);
  return facts !== undefined && facts.startTicks === startTicks && facts.state !== 'Z' && facts.state !== 'X';
}
