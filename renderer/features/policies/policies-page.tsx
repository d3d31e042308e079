import { useEffect, useState } from 'react';
import type { Result } from '#contract/api.ts';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Skeleton } from '../../components/skeleton.tsx';

/** What is granted now, and what always is. */
export function PoliciesPage() {
  const [granted, setGranted] = useState<Result<'grant.list'>>();
  const [error, setError] = useState<ErrorData>();
  useEffect(() => {
    call('grant.list', { all: false }).then(setGranted, (failure) => setError(errorDataOf(failure)));
  }, []);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (granted === undefined) return <Skeleton label="Grants are being listed" />;
  return (
    <ul className="rows" aria-label="Always-rules">
      {granted.rules.map(({ id, spec, agent }) => (
        <li key={id}>
          <ForeignText text={spec} /> {agent}
        </li>
      ))}
    </ul>
  );
}
