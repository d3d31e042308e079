import type { Campaign } from './campaign.ts';
import { judgeTrace } from './trace/judge.ts';
import { recordTrace, whyNoTrace } from './trace/record-trace.ts';

/** System calls of the supervisor and everything below it: no effect before its entry is on the disk. */
export const trace: Campaign = {
  name: 'trace',
  usage: 'trace    system calls: every kind of entry is written and synced before its effect; prints the table',
  async run() {
    const why = whyNoTrace();
    if (why !== undefined) throw new Error(why);
    const { events, calls, context } = await recordTrace();
    const results = judgeTrace(events, calls, context);
    console.log(`${events.length} entries, ${calls.length} system calls`);
    console.log('| kind | rule | effect | entries | calls that waited |\n| --- | --- | --- | --- | --- |');
    for (const { kind, row, entries, effects } of results) {
      console.log(`| ${kind} | ${row.rule} | ${row.effect} | ${entries} | ${row.rule === 'before' ? effects : ''} |`);
    }
    for (const { kind, problems } of results) for (const problem of problems) console.error(`${kind}: ${problem}`);
    return results.every(({ problems }) => problems.length === 0);
  },
};
