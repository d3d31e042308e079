import { Suspense, useEffect, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import type { Grant } from '#contract/grant.ts';
import type { Session } from '#contract/session.ts';
import { limitWords } from '#contract/text/limit-words.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { Tabs, tabId } from '../../components/tabs.tsx';
import { useNow } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useSessions } from '../../stores/sessions-store.ts';
import { TerminalView } from '../lazy-pages.ts';
import { SessionActions } from './session-actions.tsx';
import { SessionActivity } from './session-activity.tsx';
import { SessionFiles } from './session-files.tsx';
import { SessionGrants } from './session-grants.tsx';
import { SessionIdentity } from './session-identity.tsx';
import { useStartRecord } from './session-record.ts';
import { SessionSummary } from './session-summary.tsx';
import { elapsedText, nameOf, placeText, stateWord } from './session-words.ts';
import { TerminalGone } from './terminal-gone.tsx';
import { inForce, useGrants } from './use-grants.ts';
import './session-page.css';

const tabs = ['Terminal', 'Activity', 'Files', 'Grants', 'Identity'] as const;
type Tab = (typeof tabs)[number];
const panel = 'session-panel';

/** One session: what it does now, or did. Keyed by its id, so that nothing of another one stays. */
export function SessionPage({ session }: { readonly session: Session }) {
  const ended = session.state === 'ended';
  const [tab, setTab] = useState<Tab>(ended ? 'Activity' : 'Terminal');
  const [hadTerminal, setHadTerminal] = useState(false);
  const [error, setError] = useState<ErrorData>();
  const running = session.state === 'running' || session.state === 'paused';
  useEffect(() => {
    if (running) setHadTerminal(true);
  }, [running]);
  const grants = useGrants(session.taskId).grants ?? [];
  const held = ended ? 0 : inForce(grants, Date.now()).length;
  return (
    <article className="session" aria-label={`Session ${session.id}`}>
      <SessionHeader session={session} grants={grants} onError={setError} showGrants={() => setTab('Grants')} />
      {error !== undefined && <ErrorNote error={error} />}
      {ended && <SessionSummary session={session} />}
      <Tabs
        className="now-tabs"
        label="Parts of this session"
        tabs={tabs.map((name) => ({ name, title: name, count: name === 'Grants' ? held : 0 }))}
        chosen={tab}
        choose={setTab}
        panel={panel}
      />
      <div className="now-panel" id={panel} role="tabpanel" aria-labelledby={tabId(panel, tab)}>
        {/* The terminal stays while another part is looked at, and what it showed stays when the session is over. */}
        {hadTerminal && (
          <div className="now-kept" hidden={tab !== 'Terminal'}>
            <Suspense>
              <TerminalView session={session.id} tty={session.tty} goesOn={running} />
            </Suspense>
          </div>
        )}
        {tab === 'Terminal' && !hadTerminal && <NoTerminal ended={ended} />}
        {tab === 'Activity' && <SessionActivity session={session.id} />}
        {tab === 'Files' && <SessionFiles session={session.id} />}
        {tab === 'Grants' && <SessionGrants session={session} />}
        {tab === 'Identity' && <SessionIdentity session={session} />}
      </div>
    </article>
  );
}

function NoTerminal({ ended }: { readonly ended: boolean }) {
  return ended ? <TerminalGone /> : <EmptyState title="It is starting" />;
}

interface HeaderParts {
  readonly session: Session;
  readonly grants: readonly Grant[];
  readonly showGrants: () => void;
  readonly onError: (error: ErrorData | undefined) => void;
}

function SessionHeader({ session, grants, showGrants, onError }: HeaderParts) {
  const nowMs = useNow();
  const task = useSessions(({ tasks }) => tasks.find(({ id }) => id === session.taskId));
  const ended = session.state === 'ended';
  const waiting = useSessions(({ approvals }) =>
    approvals.find((each) => each.session === session.id && (each.state === 'waiting' || each.state === 'pending')),
  );
  const connected = useLink(({ link }) => link.state === 'connected');
  const { memoryBytes, wallTimeMs, cpuTimeMs } = useStartRecord(session.id, session.state)?.limits ?? {};
  // Those that were set for it; the others are the same for every session, and under Identity.
  const limits = limitWords({ memoryBytes, wallTimeMs, cpuTimeMs }).join(', ');
  return (
    <header className="session-header">
      <div className="session-title">
        <h1>
          {nameOf(session)} <span className="mono dim">{session.id}</span>
          <span className={connected ? `badge now-${session.state}` : 'badge'}>{stateWord(session, connected)}</span>
          {waiting !== undefined && (
            <button
              type="button"
              className="badge badge-attention now-title-waiting"
              onClick={() => void window.gatehouse.propose({ kind: 'show', approval: waiting.id })}
            >
              <Icon name="alert" /> Waits for your answer
            </button>
          )}
        </h1>
        <p className="session-task" title={visible(session.task)}>
          {visible(session.task)}
        </p>
        <p className="dim session-facts">
          <ForeignText text={placeText(session.workspace)} most={60} />
          {!ended && connected && (
            <>
              {' · '}
              <span title={`Since ${new Date(session.startedAt).toLocaleString()}`}>
                {elapsedText(nowMs - Date.parse(session.startedAt))}
              </span>
              {task !== undefined && (
                <span title={new Date(task.expiresAt).toLocaleString()}>
                  {' '}
                  · task ends {relativeText(task.expiresAt, nowMs)}
                </span>
              )}
              {limits !== '' && ` · at most ${limits}`}
              <HeldGrants grants={inForce(grants, nowMs)} nowMs={nowMs} onShow={showGrants} />
            </>
          )}
        </p>
        {session.claimedTask !== undefined && (
          <p className="now-claim">
            <span>The agent says</span> “{visible(session.claimedTask).slice(0, 300)}”
          </p>
        )}
      </div>
      {!ended && connected && <SessionActions session={session} onError={onError} />}
    </header>
  );
}

/** How much it was given besides the rules, and which of it ends first. */
function HeldGrants(props: { readonly grants: readonly Grant[]; readonly nowMs: number; readonly onShow: () => void }) {
  const { grants, nowMs, onShow } = props;
  const [first] = grants.toSorted((a, b) => a.expiresAt.localeCompare(b.expiresAt));
  if (first === undefined) return null;
  return (
    <>
      {' · '}
      <button type="button" className="now-link" title="Show them, and take them back" onClick={onShow}>
        {grants.length === 1 ? '1 grant' : `${grants.length} grants`}
      </button>{' '}
      {grants.length === 1 ? 'ends' : 'the first ends'} {relativeText(first.expiresAt, nowMs)}
    </>
  );
}
