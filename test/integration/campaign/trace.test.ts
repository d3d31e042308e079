import { expect, test } from 'vitest';
import { eventKindSchema } from '#contract/audit.ts';
import { effectRows } from '../../campaign/trace/effects.ts';
import { judgeTrace } from '../../campaign/trace/judge.ts';
import { recordTrace, whyNoTrace } from '../../campaign/trace/record-trace.ts';
import { skipUnless } from '../../helpers/skip.ts';

test('[AUD-1] every kind of entry says what has to wait for it', () => {
  expect(Object.keys(effectRows).sort()).toEqual([...eventKindSchema.options].sort());
});

const why = whyNoTrace();

skipUnless(why === undefined, why ?? '')(
  '[AUD-1] in the system calls, every entry is written and synced before its effect begins',
  async () => {
    const { events, calls, context } = await recordTrace();
    const problems = judgeTrace(events, calls, context).flatMap(({ kind, problems: found }) =>
      found.map((problem) => `${kind}: ${problem}`),
    );
    expect(problems).toEqual([]);
  },
  // Tracing is slow, and more so beside other tests.
  600_000,
);
