import { type TestContext, test } from 'vitest';

/** What `skipUnless` returns: `test`, reduced to what our tests use. */
export type MaybeTest = (
  title: string,
  body: (context: TestContext) => Promise<void> | void,
  timeoutMs?: number,
) => void;

/**
 * `test`, or a test that is skipped for a stated reason. The reason is counted and printed at the end of the run, so
 * that nothing is left out in silence. Never use it for a protection the product promises: there a missing mechanism is a failure.
 *
 * @example skipUnless(process.getuid?.() === 0, 'needs root')('[RUN-3] …', async () => { … });
 */
export function skipUnless(condition: boolean, reason: string): MaybeTest {
  return (title, body, timeoutMs) => {
    if (condition) test(title, body, timeoutMs);
    else test(title, (context) => context.skip(reason), timeoutMs);
  };
}
