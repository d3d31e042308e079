import { expect, test } from 'vitest';
import { runHarness } from '../../fuzz/portcullis/run-harness.ts';

test('[RUN-1] nothing that portcullis parses makes it read or write where it must not', {
  timeout: 300_000,
}, async () => {
  const { inputs, failure } = await runHarness({ seed: 1, inputs: 3000, seconds: 3600 });
  expect(failure).toBeUndefined();
  expect(inputs).toBe(3000);
});
