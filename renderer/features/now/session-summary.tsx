import { useEffect, useState } from 'react';
import type { Session } from '#contract/session.ts';
import { call } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { grantWords } from './grant-words.ts';
import { unusedGrants } from './session-record.ts';
import { elapsedText, endWords } from './session-words.ts';

interface Summary {
  readonly allowed: number;
  readonly blocked: number;
  readonly changes: number;
  readonly unused: readonly string[];
}

/** How a finished session ended, and what it came to. */
export function SessionSummary({ session }: { readonly session: Session }) {
  const [summary, setSummary] = useState<Summary>();
  useEffect(() => {
    let left = false;
    summaryOf(session.id).then(
      (found) => !left && setSummary(found),
      // The sentence above it stands by itself; Activity says why the record cannot be read.
      () => !left && setSummary(undefined),
    );
    return () => {
      left = true;
    };
  }, [session.id]);
  const took = session.endedAt === undefined ? undefined : Date.parse(session.endedAt) - Date.parse(session.startedAt);
  return (
    <section className="now-summary" aria-label="Summary">
      <p>
        <strong>{endWords(session)}</strong>
        {took !== undefined && <span className="dim"> It ran {elapsedText(took)}.</span>}
      </p>
      {summary !== undefined && (
        <ul className="now-summary-figures">
          <li>
            <Icon name="folder" /> {counted(summary.changes, 'change', 'changes')} to files
          </li>
          <li>
            <Icon name="check" /> {summary.allowed} allowed
          </li>
          <li>
            <Icon name="alert" /> {summary.blocked} blocked
          </li>
        </ul>
      )}
      {summary !== undefined && summary.unused.length > 0 && (
        <p className="dim">Given and never used: {summary.unused.map(grantWords).join('; ')}.</p>
      )}
    </section>
  );
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

async function summaryOf(session: string): Promise<Summary> {
  const [facets, last] = await Promise.all([
    call('audit.facets', { query: '', session, limit: 100 }),
    call('log.query', { query: 'kind:session.ended', session, limit: 1 }),
  ]);
  const count = (field: 'kind' | 'decision', value: string) =>
    facets.fields.find((each) => each.field === field)?.values.find((each) => each.value === value)?.entries ?? 0;
  return {
    allowed: count('decision', 'allow'),
    blocked: count('decision', 'deny'),
    changes: count('kind', 'workspace.changed'),
    unused: unusedGrants(last.events[0])?.unused.map(({ spec }) => spec) ?? [],
  };
}
