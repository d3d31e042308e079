import { create } from 'zustand';
import type { Approval } from '#contract/approval.ts';
import type { ErrorData } from '#contract/errors.ts';
import type { Session } from '#contract/session.ts';
import { call, errorDataOf } from '../bridge.ts';

/** Running sessions and open questions, as the supervisor last listed them. */
export interface SessionsState {
  readonly sessions: readonly Session[];
  readonly approvals: readonly Approval[];
  readonly loaded: boolean;
  readonly error: ErrorData | undefined;
  /** Asks again; one question at a time, and once more when something happened meanwhile. */
  readonly refresh: () => Promise<void>;
}

let asking = false;
let again = false;

export const useSessions = create<SessionsState>()((set) => ({
  sessions: [],
  approvals: [],
  loaded: false,
  error: undefined,
  refresh: async () => {
    again = true;
    if (asking) return;
    asking = true;
    try {
      while (again) {
        again = false;
        const [{ sessions }, { approvals }] = await Promise.all([
          call('session.list', { all: false }),
          call('approval.list', { all: false }),
        ]);
        set({ sessions, approvals, loaded: true, error: undefined });
      }
    } catch (error) {
      set({ error: errorDataOf(error) });
    } finally {
      asking = false;
    }
  },
}));
