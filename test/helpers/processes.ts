import { readdir, readFile } from 'node:fs/promises';

/** A process of this machine, as /proc shows it. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parentPid: number;
  /** One letter of proc(5): `R`, `S`, `D`, `T`, `Z` … */
  readonly state: string;
  readonly argv: readonly string[];
}

/** Every process that can be seen. Those that end meanwhile are left out. */
export async function listProcesses(): Promise<ProcessFacts[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name)).map(Number);
  const all = await Promise.all(pids.map(findProcess));
  return all.filter((facts) => facts !== undefined);
}

/** One process, or undefined when it is gone. A zombie still counts as there; look at `state`. */
export async function findProcess(pid: number): Promise<ProcessFacts | undefined> {
  const stat = await readProc(pid, 'stat');
  const commandLine = await readProc(pid, 'cmdline');
  if (stat === undefined || commandLine === undefined) return undefined;
  // The name in parentheses may hold anything, parentheses included: the fields begin after the last one.
  const [state = '', parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const argv = commandLine.split('\0').slice(0, -1);
  return { pid, parentPid: Number(parent), state, argv };
}

/** True while the process runs; a zombie does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const facts = await findProcess(pid);
  return facts !== undefined && facts.state !== 'Z' && facts.state !== 'X';
}

/** Running descendants of a process, however deep, without itself. */
export async function descendantsOf(pid: number): Promise<ProcessFacts[]> {
  const all = (await listProcesses()).filter((facts) => facts.state !== 'Z');
  const found: ProcessFacts[] = [];
  const parents = [pid];
  for (let parent = parents.shift(); parent !== undefined; parent = parents.shift()) {
    for (const facts of all) {
      if (facts.parentPid === parent) {
        found.push(facts);
        parents.push(facts.pid);
      }
    }
  }
  return found;
}

/** Running processes whose environment holds `name=value`. Those we may not look into are left out. */
export async function processesWithEnvironment(name: string, value: string): Promise<ProcessFacts[]> {
  const found: ProcessFacts[] = [];
  for (const facts of await listProcesses()) {
    const environment = facts.state === 'Z' ? undefined : await readProc(facts.pid, 'environ');
    if (environment?.split('\0').includes(`${name}=${value}`) === true) found.push(facts);
  }
  return found;
}

/** Running processes one of whose arguments contains `text`: give a probe a unique argument and find it from outside. */
export async function processesWithArgument(text: string): Promise<ProcessFacts[]> {
  const all = await listProcesses();
  return all.filter((facts) => facts.state !== 'Z' && facts.argv.some((argument) => argument.includes(text)));
}

async function readProc(pid: number, file: 'stat' | 'cmdline' | 'environ'): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // Gone, or another user's: both mean that there is nothing to say about it.
    return undefined;
  }
}
