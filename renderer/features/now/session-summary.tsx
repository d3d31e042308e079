import { useEffect, useState } from 'react';
import type { AuditEvent, Facets } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import type { Session } from '#contract/session.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { When } from '../../components/when.tsx';
import { actWords } from './blocked-lines.ts';
import { grantWords } from './grant-words.ts';
import { unusedGrants } from './session-record.ts';
import { elapsedText, endWords } from './session-words.ts';

/** Different acts that were blocked and are named; all of them are a click away. */
const namedMax = 3;
/** The newest denials, from which they are. */
const lookedAtMax = 200;

interface Summary {
  readonly facets: Facets;
  /** Different acts that were blocked, the newest first. */
  readonly blocked: readonly AuditEvent[];
  readonly grants: ReturnType<typeof unusedGrants>;
}

/** How a finished session ended, and what it came to: what it changed, reached, was refused, and was given for nothing. */
export function SessionSummary({ session }: { readonly session: Session }) {
  const [summary, setSummary] = useState<Summary>();
  const [error, setError] = useState<ErrorData>();
  useEffect(() => {
    let left = false;
    summaryOf(session.id).then(
      (found) => !left && setSummary(found),
      (failure) => !left && setError(errorDataOf(failure)),
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
        {took !== undefined && <span className="dim"> It ran {elapsedText(took)}</span>}
        {session.endedAt !== undefined && (
          <span className="dim">
            , until <When at={session.endedAt} />.
          </span>
        )}
      </p>
      {error !== undefined && <ErrorNote title="What it did could not be read." error={error} />}
      {summary !== undefined && <Figures session={session.id} summary={summary} />}
      {summary !== undefined && <GivenForNothing grants={summary.grants} />}
    </section>
  );
}

function Figures({ session, summary: { facets, blocked } }: { readonly session: string; readonly summary: Summary }) {
  const of = (field: Facets['fields'][number]['field'], value: string) =>
    facets.fields.find((each) => each.field === field)?.values.find((each) => each.value === value)?.entries ?? 0;
  const denied = of('decision', 'deny');
  const hosts = facets.fields.find(({ field }) => field === 'host')?.values.length ?? 0;
  const least = facets.exact ? '' : 'at least ';
  return (
    <>
      <ul className="now-summary-figures">
        <Figure icon="folder" session={session} query="kind:workspace.changed">
          {least}
          {counted(of('kind', 'workspace.changed'), 'change')} to files
        </Figure>
        <Figure icon="globe" session={session} query="action:net.connect">
          {counted(hosts, 'host')} asked for
        </Figure>
        <Figure icon="check" session={session} query="decision:allow">
          {least}
          {of('decision', 'allow').toLocaleString('en')} allowed
        </Figure>
        <Figure icon="close" session={session} query="decision:deny">
          {least}
          {denied.toLocaleString('en')} blocked
        </Figure>
      </ul>
      {blocked.length > 0 && (
        <p className="now-wrap">
          <span className="dim">Blocked: </span>
          {blocked.slice(0, namedMax).map((event, index) => (
            <span key={event.seq}>
              {index > 0 && '; '}
              <a className="now-link" href={`#/timeline/${event.seq}`} title={visible(event.summary)}>
                {actWords(event).slice(0, 120)}
              </a>
            </span>
          ))}
          {blocked.length > namedMax && <span className="dim">; and {blocked.length - namedMax} other acts</span>}
          <span className="dim">.</span>
        </p>
      )}
    </>
  );
}

function Figure(props: {
  readonly icon: IconName;
  readonly session: string;
  readonly query: string;
  readonly children: React.ReactNode;
}) {
  const { icon, session, query, children } = props;
  return (
    <li>
      <a
        className="now-figure"
        href={`#/timeline/${encodeURIComponent(`session:${session} ${query}`)}`}
        title="Show them in the timeline"
      >
        <Icon name={icon} /> {children}
      </a>
    </li>
  );
}

/** What it was given and did not use, and what would have been enough of what it used. */
function GivenForNothing({ grants }: Pick<Summary, 'grants'>) {
  if (grants === undefined) return null;
  const unused = grants.unused.map(({ spec }) => spec);
  return (
    <>
      {unused.length > 0 && (
        <p className="now-wrap">
          <span className="dim">Given and never used: </span>
          {unused.map(grantWords).join('; ')}
          <span className="dim">. Next time it can go without.</span>
        </p>
      )}
      {grants.narrower.map(({ spec, enough }) => (
        <p key={spec} className="now-wrap">
          <span className="dim">Instead of </span>
          {grantWords(spec)}
          <span className="dim">, this would have been enough: </span>
          {enough.map(grantWords).join('; ')}
          <span className="dim">.</span>
        </p>
      ))}
    </>
  );
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

async function summaryOf(session: string): Promise<Summary> {
  const [facets, last, denied] = await Promise.all([
    call('audit.facets', { query: '', session, limit: 1000 }),
    call('log.query', { query: 'kind:session.ended', session, limit: 1 }),
    call('log.query', { query: 'decision:deny', session, limit: lookedAtMax }),
  ]);
  const different = new Map(denied.events.toReversed().map((event) => [event.summary, event]));
  return {
    facets,
    blocked: [...different.values()].toSorted((a, b) => b.seq - a.seq),
    grants: unusedGrants(last.events[0]),
  };
}
