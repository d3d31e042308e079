import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { When } from '../../components/when.tsx';
import { useSessions } from '../../stores/sessions-store.ts';

/** What runs now. */
export function NowPage({ session }: { readonly session: string | undefined }) {
  const { sessions, loaded, error } = useSessions();
  if (error !== undefined) return <ErrorNote error={error} />;
  if (!loaded) return <Skeleton label="Sessions are being listed" />;
  if (sessions.length === 0) {
    return (
      <EmptyState title="Nothing runs">
        <p>
          Start an agent in a terminal: <code>gatehouse run -- claude</code>
        </p>
      </EmptyState>
    );
  }
  return (
    <ul className="rows" aria-label="Running sessions">
      {sessions.map((each) => (
        <li key={each.id} aria-current={each.id === session ? 'true' : undefined}>
          <a href={`#/now/${each.id}`}>
            <strong>{each.agent}</strong> <ForeignText text={each.task} most={80} /> <When at={each.startedAt} />
          </a>
        </li>
      ))}
    </ul>
  );
}
