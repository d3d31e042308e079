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

/** Proportional set size of a process in MiB: memory it shares with others counts for each by its share. 0 when it is gone. */
export async function pssMiB(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+)/mu.exec(text)?.[1] ?? 0) / 1024;
}
