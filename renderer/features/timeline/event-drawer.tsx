import { useEffect, useRef, useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { When } from '../../components/when.tsx';
import { CopyButton } from './copy-button.tsx';
import { EventFacts } from './event-facts.tsx';
import { markOf, outcomeOf, summaryWords } from './event-words.ts';
import { ProofPanel } from './proof-panel.tsx';
import './event-drawer.css';

/** An entry with those before and after it, and why it was decided so. */
interface Loaded {
  readonly event: AuditEvent | undefined;
  readonly older: AuditEvent | undefined;
  readonly newer: AuditEvent | undefined;
  readonly explanation: readonly string[];
}

/** Everything the record has of one entry. */
export function EventDrawer(props: {
  readonly seq: number;
  readonly takesFocus: boolean;
  readonly onOpen: (seq: number) => void;
  readonly onClose: () => void;
}) {
  const { seq, takesFocus, onOpen, onClose } = props;
  const [loaded, setLoaded] = useState<Loaded>();
  const [error, setError] = useState<ErrorData>();
  const drawer = useRef<HTMLElement>(null);
  useEffect(() => {
    let wanted = true;
    setError(undefined);
    load(seq).then(
      (found) => wanted && setLoaded(found),
      (failure) => wanted && setError(errorDataOf(failure)),
    );
    return () => {
      wanted = false;
    };
  }, [seq]);
  useEffect(() => {
    if (takesFocus) drawer.current?.focus();
  }, [takesFocus]);
  // What was shown stays until the next entry is there: a drawer that blinks with every arrow cannot be read.
  const event = loaded?.event;
  return (
    <section
      ref={drawer}
      className="timeline-drawer"
      aria-label={`Entry ${seq}`}
      aria-busy={event?.seq !== seq && error === undefined}
      tabIndex={-1}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onClose();
      }}
    >
      <header>
        <h2>Entry {seq.toLocaleString('en')}</h2>
        <Step icon="older" to={seq - 1} known={loaded?.older !== undefined || seq > 1} onOpen={onOpen} />
        <Step icon="newer" to={seq + 1} known={loaded?.newer !== undefined} onOpen={onOpen} />
        <button
          type="button"
          className="timeline-plain"
          aria-label="Close (Escape)"
          title="Close (Esc)"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      {error !== undefined && <ErrorNote error={error} />}
      {error === undefined && loaded === undefined && <Skeleton label="The entry is being read" />}
      {error === undefined && loaded !== undefined && loaded.event === undefined && (
        <EmptyState title={`There is no entry ${seq.toLocaleString('en')}`}>
          <p>Entries are numbered from 1 without gaps; this number was not given yet.</p>
        </EmptyState>
      )}
      {event !== undefined && loaded !== undefined && (
        <div className="timeline-drawer-body">
          <Headline event={event} />
          {loaded.explanation.length > 0 && (
            <section aria-labelledby="drawer-why">
              <h3 id="drawer-why">Why</h3>
              {loaded.explanation.map((line) => (
                <p key={line} className="timeline-why">
                  {visible(line)}
                </p>
              ))}
            </section>
          )}
          <EventFacts event={event} />
          <Neighbours loaded={loaded} onOpen={onOpen} />
          <ProofPanel key={event.seq} event={event} />
          <div className="timeline-drawer-acts">
            <CopyButton text={`gatehouse://timeline/${event.seq}`} label="Copy link" />
            <CopyButton text={JSON.stringify(event, undefined, 2)} label="Copy as JSON" />
          </div>
        </div>
      )}
    </section>
  );
}

async function load(seq: number): Promise<Loaded> {
  const { events } = await call('log.query', { query: `seq:${Math.max(1, seq - 1)}..${seq + 1}`, limit: 3 });
  const of = (number: number) => events.find((each) => each.seq === number);
  const event = of(seq);
  const explanation = event?.decision === undefined ? [] : await explained(seq);
  return { event, older: of(seq - 1), newer: of(seq + 1), explanation: [...new Set(explanation)] };
}

/** What the rules say of it; a record that cannot be explained is still shown. */
async function explained(seq: number): Promise<readonly string[]> {
  try {
    return (await call('why.event', { seq })).explanation.filter((line) => line !== '');
  } catch (failure) {
    const { what, remedy } = errorDataOf(failure);
    return [`It cannot be explained now. ${what} ${remedy ?? ''}`];
  }
}

function Headline({ event }: { readonly event: AuditEvent }) {
  const outcome = outcomeOf(event);
  return (
    <div className="timeline-headline">
      {outcome.word !== '' && (
        <span className={`badge timeline-badge-${outcome.tone}`}>
          <Icon name={markOf(event).icon} />
          {outcome.word}
        </span>
      )}
      <p>
        <bdi dir="ltr">{summaryWords(event)}</bdi>
      </p>
      <p className="dim">
        <When at={event.at} /> · <time dateTime={event.at}>{new Date(event.at).toLocaleString()}</time>
      </p>
    </div>
  );
}

function Step(props: {
  readonly icon: 'older' | 'newer';
  readonly to: number;
  readonly known: boolean;
  readonly onOpen: (seq: number) => void;
}) {
  const { icon, to, known, onOpen } = props;
  return (
    <button
      type="button"
      className="timeline-plain"
      aria-disabled={!known}
      aria-label={icon === 'older' ? 'Previous entry' : 'Next entry'}
      title={icon === 'older' ? 'Previous entry' : 'Next entry'}
      onClick={() => {
        if (known) onOpen(to);
      }}
    >
      {icon === 'older' ? '←' : '→'}
    </button>
  );
}

function Neighbours({ loaded, onOpen }: { readonly loaded: Loaded; readonly onOpen: (seq: number) => void }) {
  const rows = [
    { label: 'Just after', event: loaded.newer },
    { label: 'Just before', event: loaded.older },
  ];
  return (
    <section aria-labelledby="drawer-neighbours">
      <h3 id="drawer-neighbours">Beside it</h3>
      <ul>
        {rows.map(({ label, event }) => (
          <li key={label}>
            <span className="dim">{label}: </span>
            {event === undefined ? (
              <span className="dim">nothing</span>
            ) : (
              <button type="button" className="timeline-link" onClick={() => onOpen(event.seq)}>
                <ForeignText text={event.summary} most={90} />
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
