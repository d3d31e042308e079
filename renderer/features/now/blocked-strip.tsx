import { useState } from 'react';
import { create } from 'zustand';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { errorDataOf, unwrap } from '../../bridge.ts';
import { useNow, When } from '../../components/when.tsx';
import { useSessions } from '../../stores/sessions-store.ts';
import { actWords, type BlockedLine, blockedLines, openQuestion } from './blocked-lines.ts';
import { Explanation } from './explanation.tsx';
import { grantWords } from './grant-words.ts';
import { useLiveEvents } from './live-events.ts';
import { nameOf } from './session-words.ts';

/** Whether the lines are shown below their heading; for as long as the window is open. */
const useFolded = create<{ readonly isFolded: boolean }>()(() => ({ isFolded: false }));

/** What was blocked just now, a line each. While the pointer or the focus is on it nothing moves; what is new is counted. */
export function BlockedStrip() {
  const nowMs = useNow();
  const events = useLiveEvents(({ blockedEvents }) => blockedEvents);
  const running = useSessions(({ sessions }) => sessions);
  const { isFolded } = useFolded();
  const [frozen, setFrozen] = useState<readonly BlockedLine[]>();
  const fresh = blockedLines(events, nowMs, (session) => running.some(({ id }) => id === session));
  const lines = frozen ?? fresh;
  const newest = lines[0]?.event.seq ?? 0;
  const added = frozen === undefined ? 0 : fresh.filter(({ event }) => event.seq > newest).length;
  const hold = () => setFrozen((held) => held ?? fresh);
  return (
    <section
      className="now-blocked"
      aria-label="Blocked just now"
      onPointerEnter={hold}
      onPointerLeave={({ currentTarget }) => {
        if (!currentTarget.contains(document.activeElement)) setFrozen(undefined);
      }}
      onFocus={hold}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (
          !(relatedTarget instanceof Node && currentTarget.contains(relatedTarget)) &&
          !currentTarget.matches(':hover')
        )
          setFrozen(undefined);
      }}
    >
      <h2>
        <button
          type="button"
          className="blocked-head"
          aria-expanded={!isFolded && lines.length > 0}
          aria-disabled={lines.length === 0}
          onClick={() => useFolded.setState({ isFolded: !isFolded })}
        >
          {lines.length > 0 && <span aria-hidden="true">{isFolded ? '▸' : '▾'}</span>}
          Blocked just now
          <span className="dim">{lines.length === 0 ? 'nothing in the last 15 minutes' : triesText(lines)}</span>
        </button>
        <span role="status" className="blocked-new">
          {added > 0 ? `${added} new` : ''}
        </span>
      </h2>
      {lines.length > 0 && !isFolded && (
        <ul aria-label="Blocked just now, newest first">
          {lines.map((line) => (
            <Line key={`${line.event.session} ${line.event.summary}`} line={line} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** As much of a session's id as tells it from others in sight. */
function shortId(session: string | undefined): string {
  return visible(session?.split('-')[0] ?? '');
}

function triesText(lines: readonly BlockedLine[]): string {
  const tries = lines.reduce((sum, { times }) => sum + times, 0);
  const acts = `${lines.length} ${lines.length === 1 ? 'act' : 'acts'}`;
  return tries === lines.length ? acts : `${acts}, ${tries} tries`;
}

function Line({ line: { event, times, sessions, remedy } }: { readonly line: BlockedLine }) {
  const [why, setWhy] = useState(false);
  const [said, setSaid] = useState<string>();
  const runs = useSessions((state) => state.sessions.some(({ id }) => id === event.session));
  const question = useSessions(({ approvals }) => openQuestion(event, approvals));
  const name = useSessions((state) => {
    const session = [...state.sessions, ...state.ended].find(({ id }) => id === event.session);
    return session === undefined ? visible(event.agent ?? '') : nameOf(session);
  });
  const { task } = event;
  const allow = async (taskId: string, spec: string) => {
    setSaid('The approval window asks you.');
    try {
      const { confirmed } = unwrap(await window.gatehouse.propose({ kind: 'grant', taskId, spec }));
      setSaid(confirmed ? `Given: ${grantWords(spec)}. Its next try succeeds.` : 'Not given.');
    } catch (error) {
      setSaid(errorText(errorDataOf(error)));
    }
  };
  return (
    <li className="blocked-line">
      <span className="dim">
        <When at={event.at} />
      </span>
      <a className="now-link blocked-who" href={`#/now/${event.session}`} title={`${name}, ${event.session}`}>
        {name} <span className="mono dim">{shortId(event.session)}</span>
      </a>
      <span className="blocked-what" title={visible(event.summary)}>
        <bdi dir="ltr">{actWords(event)}</bdi>
        {times > 1 && (
          <span className="dim">
            {' '}
            ×{times}
            {sessions > 1 && ` in ${sessions} sessions`}
          </span>
        )}
      </span>
      <button type="button" className="now-link" aria-expanded={why} onClick={() => setWhy(!why)}>
        why
      </button>
      {question !== undefined && (
        <button
          type="button"
          className="now-link"
          title="Shows the question about it"
          onClick={() => void window.gatehouse.propose({ kind: 'show', approval: question.id })}
        >
          allow…
        </button>
      )}
      {question === undefined && remedy !== undefined && task !== undefined && runs && (
        <button
          type="button"
          className="now-link"
          title={`Asks the approval window: may it ${grantWords(remedy)}?`}
          onClick={() => void allow(task, remedy)}
        >
          allow…
        </button>
      )}
      {!runs && (
        <span className="dim blocked-over" title="Its session is over: nothing can be given to it any more">
          over
        </span>
      )}
      {runs && question === undefined && (remedy === undefined || task === undefined) && (
        <span className="dim blocked-over" title="No grant would let it through; why says what stands in the way">
          –
        </span>
      )}
      {said !== undefined && (
        <p className="now-explanation" role="status">
          {said}
        </p>
      )}
      {why && <Explanation seq={event.seq} />}
    </li>
  );
}

function errorText({ what, why, remedy }: ErrorData): string {
  return visible([what, why, remedy].filter((each) => each !== undefined).join(' '));
}
