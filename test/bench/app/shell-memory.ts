import { setTimeout as pause } from 'node:timers/promises';
import { descendantsOf } from '../../helpers/processes.ts';
import { pssMiB } from '../machine.ts';

/** For what a start leaves behind to be collected; what is measured is rest. */
const settleMs = 5000;

/** Proportional set size of a process and all below it, at rest, in MiB. */
export async function restingMiB(pid: number): Promise<number> {
  await pause(settleMs);
  const all = [pid, ...(await descendantsOf(pid)).map((each) => each.pid)];
  const sizes = await Promise.all(all.map(pssMiB));
  return sizes.reduce((sum, size) => sum + size, 0);
}
