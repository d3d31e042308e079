import { create } from 'zustand';
import type { Approval } from '#contract/approval.ts';
import type { ErrorData } from '#contract/errors.ts';
import type { Session, Task } from '#contract/session.ts';
import { call, errorDataOf } from '../bridge.ts';

/** Sessions, their tasks and open questions, as the supervisor last listed them. */
export interface SessionsState {
  /** Those that run. */
  readonly sessions: readonly Session[];
  /** Those that are over, the last first; empty until `refreshEnded`. */
  readonly ended: readonly Session[];
  readonly endedLoaded: boolean;
  /** Tasks that have not ended. */
  readonly tasks: readonly Task[];
  readonly approvals: readonly Approval[];
  readonly loaded: boolean;
  readonly error: ErrorData | undefined;
  /** Asks again; one question at a time, and once more when something happened meanwhile. */
  readonly refresh: () => Promise<void>;
  /** Asks for those that are over. */
  readonly refreshEnded: () => Promise<void>;
}

let asking = false;
let again = false;

export const useSessions = create<SessionsState>()((set) => ({
  sessions: [],
  ended: [],
  endedLoaded: false,
  tasks: [],
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
        const [{ sessions }, { approvals }, { tasks }] = await Promise.all([
          call('session.list', { all: false }),
          call('approval.list', { all: false }),
          call('task.list', { all: false }),
        ]);
        set({ sessions, approvals, tasks, loaded: true, error: undefined });
      }
    } catch (error) {
      set({ error: errorDataOf(error) });
    } finally {
      asking = false;
    }
  },
  refreshEnded: async () => {
    try {
      const { sessions } = await call('session.list', { all: true });
      const ended = sessions
        .filter(({ state }) => state === 'ended')
        .toSorted((a, b) => (b.endedAt ?? b.startedAt).localeCompare(a.endedAt ?? a.startedAt));
      set({ ended, endedLoaded: true });
    } catch (error) {
      set({ error: errorDataOf(error) });
    }
  },
}));
