import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CaseMaker } from './damage-case.ts';
import { fieldCases } from './field-cases.ts';
import { fileCases } from './file-cases.ts';
import { Judge, type Outcome } from './judge.ts';
import { makeSampleLogs } from './sample-logs.ts';
import { tableCases } from './table-cases.ts';

const makers: readonly CaseMaker[] = [fieldCases, tableCases, fileCases];

/** Makes the sample logs in a folder of their own, damages them in every way, and tells of each case. */
export async function runDamageCases(
  options: { readonly entries: number; readonly long: boolean; readonly only?: string },
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-damage-'));
  const judge = new Judge();
  try {
    const samples = await makeSampleLogs(folder, options.entries);
    const trust = { keys: samples.main.keys, elsewhere: samples.main.elsewhere };
    const file = path.join(folder, 'case.db');
    for (const make of makers) {
      for (const damage of make(samples, options.long)) {
        if (options.only !== undefined && !`${damage.group}: ${damage.name}`.includes(options.only)) continue;
        tell(await judge.judge(damage, file, trust));
      }
    }
  } finally {
    await judge.close();
    await rm(folder, { recursive: true, force: true });
  }
}
