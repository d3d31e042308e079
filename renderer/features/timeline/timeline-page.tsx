import { useEffect, useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { When } from '../../components/when.tsx';

/** What happened, newest first. */
export function TimelinePage({ event }: { readonly event: string | undefined }) {
  const [events, setEvents] = useState<readonly AuditEvent[]>();
  const [error, setError] = useState<ErrorData>();
  useEffect(() => {
    call('log.query', { query: '', limit: 200 }).then(
      (found) => setEvents(found.events),
      (failure) => setError(errorDataOf(failure)),
    );
  }, []);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (events === undefined) return <Skeleton label="Entries are being read" />;
  return (
    <ul className="rows" aria-label="Entries, newest first">
      {events.map(({ seq, at, summary }) => (
        <li key={seq} aria-current={String(seq) === event ? 'true' : undefined}>
          <When at={at} /> <ForeignText text={summary} />
        </li>
      ))}
    </ul>
  );
}
