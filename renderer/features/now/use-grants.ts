import { useCallback, useEffect, useRef, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import type { Grant } from '#contract/grant.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { onEvents } from '../../stores/events-store.ts';

/** The grants of a task, as they are given, used and taken back. */
export interface TaskGrants {
  /** Oldest first. */
  readonly grants: readonly Grant[] | undefined;
  readonly error: ErrorData | undefined;
  readonly load: () => Promise<void>;
}

/** Grants that hold now. */
export function inForce(grants: readonly Grant[], nowMs: number): readonly Grant[] {
  return grants.filter(({ revokedAt, expiresAt }) => revokedAt === undefined && Date.parse(expiresAt) > nowMs);
}

/** Asks for the grants of a task, and again when something happened that changes them. */
export function useGrants(taskId: string): TaskGrants {
  const [grants, setGrants] = useState<readonly Grant[]>();
  const [error, setError] = useState<ErrorData>();
  // One question at a time, and once more when something happened meanwhile: uses come in floods.
  const asking = useRef({ now: false, again: false });
  const load = useCallback(async () => {
    asking.current.again = true;
    if (asking.current.now) return;
    asking.current.now = true;
    while (asking.current.again) {
      asking.current.again = false;
      try {
        const listed = await call('grant.list', { all: true });
        const own = listed.grants.filter((grant) => grant.taskId === taskId);
        setGrants(own.toSorted((a, b) => a.issuedAt.localeCompare(b.issuedAt) || a.id.localeCompare(b.id)));
        setError(undefined);
      } catch (failure) {
        setError(errorDataOf(failure));
      }
    }
    asking.current.now = false;
  }, [taskId]);
  useEffect(() => {
    void load();
    // A use is counted without an event of its own; it follows a decision.
    return onEvents((events) => {
      if (events.some(({ kind, task }) => task === taskId && /^(?:grant\.|decision|connection\.|task\.)/u.test(kind)))
        void load();
    });
  }, [load, taskId]);
  return { grants, error, load };
}
