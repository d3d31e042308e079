import { readFile } from 'node:fs/promises';
import os from 'node:os';

/** What was measured on. */
export interface Machine {
  readonly kernel: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
}

export function describeMachine(): Machine {
  const [first] = os.cpus();
  return {
    kernel: `${os.type()} ${os.release()}`,
    processor: first?.model ?? 'unknown',
    cores: os.cpus().length,
    memoryGiB: Math.round(os.totalmem() / 1024 ** 3),
    node: process.versions.node,
  };
}

/** The load average of the last minute. */
export function loadNow(): number {
  return Number((os.loadavg()[0] ?? 0).toFixed(2));
}

/**
 * What processes hold together, in MiB, whoever else runs: pages of their own and their share of those that only programs
 * with a common parent can share (proc_pid_smaps(5): Pss of anonymous memory and shared segments), and each file's pages
 * once, as many as one of them has in memory. Processes that are gone count nothing.
 */
export async function heldMiB(pids: readonly number[]): Promise<number> {
  let kib = 0;
  const files = new Map<string, number>();
  for (const maps of await Promise.all(pids.map(mappings))) {
    const own = new Map<string, number>();
    for (const { file, residentKiB, anonymousKiB, sharedKiB } of maps) {
      if (file === undefined) kib += sharedKiB;
      else {
        // What was written to a private mapping is a page of its own.
        kib += anonymousKiB;
        own.set(file, (own.get(file) ?? 0) + residentKiB - anonymousKiB);
      }
    }
    for (const [file, size] of own) files.set(file, Math.max(files.get(file) ?? 0, size));
  }
  return (kib + [...files.values()].reduce((sum, size) => sum + size, 0)) / 1024;
}

interface Mapping {
  /** Undefined for memory without a file on a disk. */
  readonly file: string | undefined;
  readonly residentKiB: number;
  readonly anonymousKiB: number;
  readonly sharedKiB: number;
}

async function mappings(pid: number): Promise<Mapping[]> {
  const text = await readFile(`/proc/${pid}/smaps`, 'utf8').catch(() => '');
  return text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/mu).map((block) => {
    const name = /^\S+ \S+ \S+ \S+ \d+ +(\/.*)$/mu.exec(block)?.[1];
    const kib = (field: string): number => Number(new RegExp(`^${field}: +(\\d+)`, 'mu').exec(block)?.[1] ?? 0);
    return {
      file: name === undefined || /^\/(?:memfd:|dev\/shm\/|SYSV)/u.test(name) ? undefined : name,
      residentKiB: kib('Rss'),
      anonymousKiB: kib('Anonymous'),
      sharedKiB: kib('Pss'),
    };
  });
}
