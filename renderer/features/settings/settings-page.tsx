import { useEffect, useState } from 'react';
import type { Mechanism } from '#contract/doctor.ts';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';

/** Every mechanism with its state in plain words. */
export function SettingsPage() {
  const [mechanisms, setMechanisms] = useState<readonly Mechanism[]>();
  const [error, setError] = useState<ErrorData>();
  useEffect(() => {
    call('doctor.check', {}).then(
      (found) => setMechanisms(found.mechanisms),
      (failure) => setError(errorDataOf(failure)),
    );
  }, []);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (mechanisms === undefined) return <Skeleton label="Mechanisms are being looked at" />;
  return (
    <ul className="rows" aria-label="Mechanisms">
      {mechanisms.map(({ id, title, state, detail }) => (
        <li key={id}>
          <strong>{title}</strong> {state} {detail}
        </li>
      ))}
    </ul>
  );
}
