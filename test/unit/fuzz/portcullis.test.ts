import { expect, test } from 'vitest';
import { runHarness } from '../../fuzz/portcullis/run-harness.ts';

test('[RUN-1] nothing that portcullis parses makes it read or write where it must not', async () => {
  const { inputs, failure } = await runHarness({ seed: 1, inputs: 4000, seconds: 3600 });
  expect(failure).toBeUndefined();
  expect(inputs).toBe(4000);
});
