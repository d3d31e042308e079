import { type KeyboardEvent, useState } from 'react';
import type { Approval } from '#contract/approval.ts';
import type { Session } from '#contract/session.ts';
import { limitWords } from '#contract/text/limit-words.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { Icon } from '../../components/icon.tsx';
import { useNow, When } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useSessions } from '../../stores/sessions-store.ts';
import { ActivityStrip } from './activity-strip.tsx';
import { useStartRecord } from './session-record.ts';
import { treeOf } from './session-tree.ts';
import { elapsedText, nameOf, stateWord } from './session-words.ts';

/** Sessions that are over and listed when they are wanted; those before them are in the timeline. */
const endedMax = 30;
/** And at first. */
const endedFirst = 6;

/** Sessions that run, nested ones below who started them, and those that ended lately. */
export function SessionList({ selected }: { readonly selected: string | undefined }) {
  const { sessions, ended, approvals } = useSessions();
  const waiting = (id: string) =>
    approvals.filter(({ session, state }) => session === id && (state === 'waiting' || state === 'pending'));
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.session-row')];
    const { activeElement } = document;
    const at = activeElement instanceof HTMLElement ? rows.indexOf(activeElement) : -1;
    if (step === undefined || at === -1) return;
    event.preventDefault();
    rows[at + step]?.focus();
  };
  return (
    <nav className="session-list" aria-label="Sessions" onKeyDown={onKey}>
      <div className="now-list-head">
        <h2>Running {sessions.length > 1 && <span className="dim now-list-count">{sessions.length}</span>}</h2>
        <a className="button button-primary" href="#/now/new" aria-current={selected === 'new' ? 'true' : undefined}>
          <Icon name="plus" /> New session
        </a>
      </div>
      {sessions.length === 0 ? (
        <p className="dim now-list-note">Nothing runs now.</p>
      ) : (
        <ul aria-label="Running sessions">
          {treeOf(sessions).map(({ session, depth }) => (
            <li
              key={session.id}
              className={`now-depth-${depth}`}
              data-selected={session.id === selected ? 'true' : undefined}
            >
              <SessionRow session={session} isSelected={session.id === selected} waiting={waiting(session.id)} />
            </li>
          ))}
        </ul>
      )}
      {ended.length > 0 && <EndedSessions ended={ended} selected={selected} />}
    </nav>
  );
}

interface RowParts {
  readonly session: Session;
  readonly isSelected: boolean;
  readonly waiting: readonly Approval[];
}

function SessionRow({ session, isSelected, waiting }: RowParts) {
  const nowMs = useNow();
  const connected = useLink(({ link }) => link.state === 'connected');
  const [first] = waiting;
  const word = stateWord(session, connected);
  // That it runs is said by the heading of the list; whatever else is so is said here.
  const isPlain = connected && session.state === 'running';
  return (
    <>
      <a className="session-row" href={`#/now/${session.id}`} aria-current={isSelected ? 'true' : undefined}>
        <span className="now-row-line">
          <span className={`now-row-dot ${connected ? `now-${session.state}` : ''}`} aria-hidden="true" />
          <strong className="now-row-name" title={`${nameOf(session)}, ${session.id}`}>
            {nameOf(session)}
          </strong>
          <span className={isPlain ? 'visually-hidden' : `now-state ${connected ? `now-${session.state}` : ''}`}>
            {word}
          </span>
          <RowEnd session={session} nowMs={nowMs} isKnown={connected} />
        </span>
        <span className="now-row-line">
          <RowTask session={session} />
          <ActivityStrip session={session.id} />
        </span>
      </a>
      {first !== undefined && (
        <button
          type="button"
          className="badge badge-attention now-row-waiting"
          aria-label={`${waiting.length} waiting for your answer: show the question`}
          onClick={() => void window.gatehouse.propose({ kind: 'show', approval: first.id })}
        >
          <Icon name="alert" /> {waiting.length} waiting
        </button>
      )}
    </>
  );
}

/** What it is to do: in the person's words, or, of a nested one, as the agent says that started it. */
function RowTask({ session: { task, claimedTask } }: { readonly session: Session }) {
  const words = claimedTask === undefined ? visible(task) : `The agent says “${visible(claimedTask)}”`;
  return (
    <span className={claimedTask === undefined ? 'now-row-task' : 'now-row-task dim'} title={words}>
      {words}
    </span>
  );
}

/** When little is left of its task, that is said instead of how long it runs. */
const soonMs = 10 * 60_000;

/** How long it runs; with its end and its limits for whoever points at it. */
function RowEnd(props: { readonly session: Session; readonly nowMs: number; readonly isKnown: boolean }) {
  const { session, nowMs, isKnown } = props;
  const task = useSessions(({ tasks }) => tasks.find(({ id }) => id === session.taskId));
  const limits = useStartRecord(session.id, session.state)?.limits;
  if (!isKnown) return null;
  const { memoryBytes, wallTimeMs, cpuTimeMs } = limits ?? {};
  const ends = task === undefined ? [] : [`Its task ends ${relativeText(task.expiresAt, nowMs)}`];
  const since = `Since ${new Date(session.startedAt).toLocaleString()}`;
  const words = [since, ...ends, ...limitWords({ memoryBytes, wallTimeMs, cpuTimeMs })].join(' · ');
  const isSoon = task !== undefined && Date.parse(task.expiresAt) - nowMs < soonMs;
  return (
    <span className={isSoon ? 'now-row-end now-row-soon' : 'now-row-end'} title={words}>
      {isSoon ? `ends ${relativeText(task.expiresAt, nowMs)}` : elapsedText(nowMs - Date.parse(session.startedAt))}
    </span>
  );
}

/** Sessions that are over: the last few, more when they are wanted, and where those before them are. */
function EndedSessions({
  ended,
  selected,
}: {
  readonly ended: readonly Session[];
  readonly selected: string | undefined;
}) {
  const [all, setAll] = useState(false);
  const isHidden = ended.slice(endedFirst).some(({ id }) => id === selected);
  const shown = ended.slice(0, all || isHidden ? endedMax : endedFirst);
  return (
    <>
      <h2 className="now-list-head">Ended</h2>
      <ul aria-label="Ended sessions">
        {shown.map((session) => (
          <li key={session.id} data-selected={session.id === selected ? 'true' : undefined}>
            <a
              className="session-row session-row-ended"
              href={`#/now/${session.id}`}
              aria-current={session.id === selected ? 'true' : undefined}
            >
              <span className="now-row-line">
                <strong className="now-row-name" title={`${nameOf(session)}, ${session.id}`}>
                  {nameOf(session)}
                </strong>
                <span className="dim now-row-end">
                  <When at={session.endedAt ?? session.startedAt} />
                </span>
              </span>
              <span className="now-row-task dim" title={visible(session.task)}>
                {visible(session.task)}
              </span>
            </a>
          </li>
        ))}
      </ul>
      <p className="now-list-more">
        {ended.length > shown.length && shown.length < endedMax && (
          <button type="button" className="now-link" onClick={() => setAll(true)}>
            {Math.min(endedMax, ended.length) - shown.length} more
          </button>
        )}
        <a className="now-link" href={`#/timeline/${encodeURIComponent('kind:session.ended')}`}>
          Older in the timeline
        </a>
      </p>
    </>
  );
}
