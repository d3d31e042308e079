import type { Mechanism } from '#contract/doctor.ts';

/** What the walls of this platform stand on, looked at from this process. */
export async function probeWalls(): Promise<readonly Mechanism[]> {
  return [];
}
