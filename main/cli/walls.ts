import { existsSync } from 'node:fs';
import type { Mechanism } from '#contract/doctor.ts';
import { portcullisPath } from './program-files.ts';

/** What the walls of this platform stand on, looked at from this process; `stateFolder` is where sessions' homes will lie. */
export async function probeWalls(stateFolder: string | undefined): Promise<readonly Mechanism[]> {
  if (process.platform !== 'linux') {
    return [
      {
        id: 'platform',
        title: 'Platform',
        state: 'missing',
        detail: `Gatehouse cannot build its walls on ${process.platform} yet.`,
        remedy: 'Use a Linux machine or virtual machine.',
      },
    ];
  }
  const { createLinuxSandbox } = await import('../adapters/sandbox/linux/linux-sandbox.ts');
  const known = stateFolder !== undefined && existsSync(stateFolder);
  return createLinuxSandbox({ portcullisPath, ...(known && { stateFolder }) }).probe();
}
