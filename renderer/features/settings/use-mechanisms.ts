import { useCallback, useEffect, useRef, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { type DoctorEntry, doctorEntries } from '#contract/mechanisms.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { useLink } from '../../stores/link-store.ts';

/** What the supervisor found of the machine, and when. */
export interface Mechanisms {
  readonly entries: readonly DoctorEntry[] | undefined;
  readonly at: string | undefined;
  readonly error: ErrorData | undefined;
  readonly checking: boolean;
  readonly check: () => void;
}

/** Looks at the machine as soon as a supervisor answers, and whenever `check` is called. */
export function useMechanisms(): Mechanisms {
  const [found, setFound] = useState<Pick<Mechanisms, 'entries' | 'at' | 'error'>>({
    entries: undefined,
    at: undefined,
    error: undefined,
  });
  const [checking, setChecking] = useState(false);
  const busy = useRef(false);
  const connected = useLink(({ link }) => link.state === 'connected');
  const check = useCallback(() => {
    if (busy.current) return;
    busy.current = true;
    setChecking(true);
    call('doctor.check', {})
      .then(
        ({ mechanisms }) =>
          setFound({ entries: doctorEntries(mechanisms), at: new Date().toISOString(), error: undefined }),
        (failure: unknown) => setFound((before) => ({ ...before, error: errorDataOf(failure) })),
      )
      .finally(() => {
        busy.current = false;
        setChecking(false);
      });
  }, []);
  useEffect(() => {
    if (connected) check();
  }, [connected, check]);
  return { ...found, checking, check };
}
