import { create } from 'zustand';
import type { VerifyResult } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf } from '../../bridge.ts';

/** What the last check of the whole log said, and when that was. */
interface LogState {
  readonly result: VerifyResult | undefined;
  readonly checkedAt: string | undefined;
  readonly busy: boolean;
  readonly error: ErrorData | undefined;
}

/** The last check of the log, for whatever shows it. */
export const useLogState = create<LogState>()(() => ({
  result: undefined,
  checkedAt: undefined,
  busy: false,
  error: undefined,
}));

/** Checks every entry, and the checkpoints; one check at a time. */
export async function verifyLog(): Promise<void> {
  if (useLogState.getState().busy) return;
  useLogState.setState({ busy: true });
  try {
    const result = await call('log.verify', {});
    useLogState.setState({ result, checkedAt: new Date().toISOString(), error: undefined });
  } catch (failure) {
    useLogState.setState({ error: errorDataOf(failure) });
  } finally {
    useLogState.setState({ busy: false });
  }
}
