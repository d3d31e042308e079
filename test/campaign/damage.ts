import { parseArgs } from 'node:util';
import type { Campaign } from './campaign.ts';
import { runDamageCases } from './damage/run-cases.ts';

interface Counts {
  cases: number;
  found: number;
  agreed: number;
  faults: number;
}

/** Damages a log in every way there is, and holds what both verifiers say against each other and against what was done. */
export const damage: Campaign = {
  name: 'damage',
  usage: 'damage [--entries 320] [--short] [--only TEXT] [--verbose]',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        entries: { type: 'string', default: '320' },
        short: { type: 'boolean', default: false },
        only: { type: 'string' },
        verbose: { type: 'boolean', default: false },
      },
    });
    const groups = new Map<string, Counts>();
    const { only } = values;
    const options = { entries: Number(values.entries), long: !values.short, ...(only === undefined ? {} : { only }) };
    await runDamageCases(options, ({ damage: each, expected, first, second, agreed, why }) => {
      const counts = groups.get(each.group) ?? { cases: 0, found: 0, agreed: 0, faults: 0 };
      groups.set(each.group, counts);
      counts.cases += 1;
      if (!first.ok) counts.found += 1;
      if (agreed) counts.agreed += 1;
      if (why !== undefined) counts.faults += 1;
      if (why === undefined && !values.verbose) return;
      console.log(`${each.group}: ${each.name}: ${why ?? 'as expected'}`);
      console.log(
        `  expected ${JSON.stringify(expected)}\n  first    ${JSON.stringify(first)}\n  second   ${JSON.stringify(second)}`,
      );
    });
    console.log('| group | cases | found | both agree | not as expected |\n| --- | --- | --- | --- | --- |');
    for (const [group, { cases, found, agreed, faults }] of groups) {
      console.log(`| ${group} | ${cases} | ${found} | ${agreed} | ${faults} |`);
    }
    return [...groups.values()].every(({ faults }) => faults === 0);
  },
};
