import path from 'node:path';
import { placeProbe } from '../harness/probe.ts';
import type { Walls } from '../harness/walls.ts';

/** Places `./probe-kernel` in the workspace; once is enough, again does no harm. */
export async function placeKernelProbe(walls: Walls): Promise<void> {
  await placeProbe(path.join(import.meta.dirname, 'probe-kernel.c'), path.join(walls.workspace, 'probe-kernel'));
}
