import { useState } from 'react';
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

/** What was blocked just now, a line each. While the pointer or the focus is on it nothing moves; what is new is counted. */
export function BlockedStrip() {
  const nowMs = useNow();
  const events = useLiveEvents(({ blockedEvents }) => blockedEvents);
  const [frozen, setFrozen] = useState<readonly BlockedLine[]>();
  const fresh = blockedLines(events, nowMs);
  const lines = frozen ?? fresh;
  const newest = lines[0]?.event.seq ?? 0;
  const added = frozen === undefined ? 0 : fresh.filter(({ event }) => event.seq > newest).length;
  return (
    <section
      className="now-blocked"
      aria-label="Blocked just now"
      onPointerEnter={() => setFrozen(fresh)}
      onPointerLeave={() => setFrozen(undefined)}
    >
      <div className="blocked-head">
        <h2>Blocked just now</h2>
        <span role="status" className="dim">
          {lines.length === 0 ? 'nothing in the last 15 minutes' : added > 0 ? `${added} new` : ''}
        </span>
      </div>
      {lines.length > 0 && (
        <ul aria-label="Blocked just now, newest first">
          {lines.map((line) => (
            <Line key={`${line.event.session} ${line.event.summary}`} line={line} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({ line: { event, times, remedy } }: { readonly line: BlockedLine }) {
  const [why, setWhy] = useState(false);
  const [said, setSaid] = useState<string>();
  const runs = useSessions(({ sessions }) => sessions.some(({ id }) => id === event.session));
  const question = useSessions(({ approvals }) => openQuestion(event, approvals));
  const name = useSessions(({ sessions, ended }) => {
    const session = [...sessions, ...ended].find(({ id }) => id === event.session);
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
      <a className="mono" href={`#/now/${event.session}`}>
        {name}
      </a>
      <span className="blocked-what" title={visible(event.summary)}>
        {actWords(event)}
        {times > 1 && <span className="dim"> ×{times}</span>}
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
