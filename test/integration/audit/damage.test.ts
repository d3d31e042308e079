import { expect, test } from 'vitest';
import { runDamageCases } from '../../campaign/damage/run-cases.ts';

/** The short form of `npm run campaign -- damage`; the long one takes every place instead of a sample. Its deadline only ends what hangs. */
test('[AUD-2] [AUD-6] however a log is damaged, both verifiers find it, and name the same entry and kind', async () => {
  const faults: string[] = [];
  const groups = new Map<string, number>();
  await runDamageCases({ entries: 280, long: false }, ({ damage, expected, first, second, why }) => {
    groups.set(damage.group, (groups.get(damage.group) ?? 0) + 1);
    if (why === undefined) return;
    const said = [expected, first, second].map((each) => JSON.stringify(each)).join(' ');
    faults.push(`${damage.group}: ${damage.name}: ${why}: ${said}`);
  });
  expect(faults).toEqual([]);
  expect(groups.size).toBe(15);
}, 600_000);
