import { setTimeout as pause } from 'node:timers/promises';
import { descendantsOf } from '../../helpers/processes.ts';
import { heldMiB } from '../machine.ts';

/** For what a start leaves behind to be collected; what is measured is rest. */
const settleMs = 5000;

/** What a process and all below it hold at rest, in MiB. */
export async function restingMiB(pid: number): Promise<number> {
  await pause(settleMs);
  const all = [pid, ...(await descendantsOf(pid)).map((each) => each.pid)];
  return heldMiB(all);
}
