import type { Approval } from '#contract/approval.ts';
import type { Session } from '#contract/session.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { Icon } from '../../components/icon.tsx';
import { useNow, When } from '../../components/when.tsx';
import { useSessions } from '../../stores/sessions-store.ts';
import { ActivityStrip } from './activity-strip.tsx';
import { useStartRecord } from './session-record.ts';
import { treeOf } from './session-tree.ts';
import { elapsedText, limitWords, stateWord } from './session-words.ts';

/** Sessions that run, nested ones below who started them, and those that ended lately. */
export function SessionList({ selected }: { readonly selected: string | undefined }) {
  const { sessions, ended, approvals } = useSessions();
  const waiting = (id: string) =>
    approvals.filter(({ session, state }) => session === id && (state === 'waiting' || state === 'pending'));
  return (
    <div className="session-list">
      <div className="list-head">
        <h2>Running</h2>
        <a className="button button-primary" href="#/now/new" aria-current={selected === 'new' ? 'true' : undefined}>
          <Icon name="plus" /> New session
        </a>
      </div>
      {sessions.length === 0 ? (
        <p className="dim list-note">Nothing runs now.</p>
      ) : (
        <ul aria-label="Running sessions">
          {treeOf(sessions).map(({ session, depth }) => (
            <li key={session.id} className={`depth-${depth}`}>
              <SessionRow session={session} isSelected={session.id === selected} waiting={waiting(session.id)} />
            </li>
          ))}
        </ul>
      )}
      {ended.length > 0 && (
        <>
          <h2 className="list-head">Ended</h2>
          <ul aria-label="Ended sessions">
            {ended.map((session) => (
              <li key={session.id}>
                <a
                  className="session-row session-row-ended"
                  href={`#/now/${session.id}`}
                  aria-current={session.id === selected ? 'true' : undefined}
                >
                  <span className="row-line">
                    <strong>{session.agent}</strong>
                    <span className="dim row-end">
                      <When at={session.endedAt ?? session.startedAt} />
                    </span>
                  </span>
                  <span className="row-task dim" title={visible(session.task)}>
                    {visible(session.task)}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

interface RowParts {
  readonly session: Session;
  readonly isSelected: boolean;
  readonly waiting: readonly Approval[];
}

function SessionRow({ session, isSelected, waiting }: RowParts) {
  const nowMs = useNow();
  const [first] = waiting;
  return (
    <>
      <a className="session-row" href={`#/now/${session.id}`} aria-current={isSelected ? 'true' : undefined}>
        <span className="row-line">
          <strong>{session.agent}</strong>
          <span className={`state state-${session.state}`}>{stateWord(session)}</span>
          <span className="row-end" title={`Since ${new Date(session.startedAt).toLocaleString()}`}>
            {elapsedText(nowMs - Date.parse(session.startedAt))}
          </span>
        </span>
        <span className="row-task" title={visible(session.task)}>
          {visible(session.task)}
        </span>
        <span className="row-line">
          <ActivityStrip session={session.id} />
          <RowLimits session={session} nowMs={nowMs} />
        </span>
      </a>
      {first !== undefined && (
        <button
          type="button"
          className="badge badge-attention row-waiting"
          aria-label={`${waiting.length} waiting for your answer: show the question`}
          onClick={() => void window.gatehouse.propose({ kind: 'show', approval: first.id })}
        >
          <Icon name="alert" /> {waiting.length} waiting
        </button>
      )}
    </>
  );
}

/** When its task ends, and the limits that were set for it. */
function RowLimits({ session, nowMs }: { readonly session: Session; readonly nowMs: number }) {
  const task = useSessions(({ tasks }) => tasks.find(({ id }) => id === session.taskId));
  const limits = useStartRecord(session.id, session.state)?.limits;
  const { memoryBytes, wallTimeMs, cpuTimeMs } = limits ?? {};
  const set = limitWords({ memoryBytes, wallTimeMs, cpuTimeMs });
  const ends = task === undefined ? [] : [`ends ${relativeText(task.expiresAt, nowMs)}`];
  const words = [...ends, ...set].join(' · ');
  return (
    <span className="dim row-end row-limits" title={words}>
      {words}
    </span>
  );
}
