import { useEffect, useRef, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import type { Session } from '#contract/session.ts';
import { call, errorDataOf, unwrap } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { useSessions } from '../../stores/sessions-store.ts';

/** How long "Kill now" stays: a second click long after the first was not meant by it. */
const armedMs = 5000;
/** A second click sooner than this belongs to a double click, and kills nothing. */
const doubleClickMs = 500;

type Act = 'session.pause' | 'session.stop' | 'session.kill';

interface ActionsParts {
  readonly session: Session;
  readonly onError: (error: ErrorData | undefined) => void;
}

/**
 * Pause or go on, stop, kill. What takes away is done at once, and killing is asked for twice; going on gives back what a pause took, so
 * that it is confirmed in the approval window.
 */
export function SessionActions({ session, onError }: ActionsParts) {
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const [armed, setArmed] = useState(false);
  const armedAtMs = useRef(0);
  useEffect(() => {
    if (!armed) return;
    const timer = window.setTimeout(() => setArmed(false), armedMs);
    return () => window.clearTimeout(timer);
  }, [armed]);
  const act = async (method: Act) => {
    setBusy(true);
    onError(undefined);
    try {
      await call(method, { id: session.id });
    } catch (error) {
      onError(errorDataOf(error));
    }
    setBusy(false);
    void useSessions.getState().refresh();
  };
  const resume = async () => {
    setAsking(true);
    onError(undefined);
    try {
      unwrap(await window.gatehouse.propose({ kind: 'session-resume', session: session.id }));
    } catch (error) {
      onError(errorDataOf(error));
    }
    setAsking(false);
    void useSessions.getState().refresh();
  };
  const paused = session.state === 'paused';
  return (
    <div className="session-actions">
      <button
        type="button"
        className="button"
        disabled={busy || asking || session.state === 'stopping' || session.state === 'starting'}
        title={paused ? 'The approval window asks before it goes on' : 'Stops every process of it where it is'}
        onClick={() => void (paused ? resume() : act('session.pause'))}
      >
        <Icon name={paused ? 'play' : 'pause'} />
        {paused ? (asking ? 'Asking…' : 'Resume…') : 'Pause'}
      </button>
      <button
        type="button"
        className="button"
        disabled={busy || session.state === 'stopping'}
        title="Asks every process of it to end; what does not is killed soon after"
        onClick={() => void act('session.stop')}
      >
        <Icon name="stop" />
        Stop
      </button>
      <button
        type="button"
        className={armed ? 'button now-button-kill now-armed' : 'button now-button-kill button-bad'}
        title="Ends every process of it at once, whatever it is doing"
        onClick={() => {
          if (!armed) armedAtMs.current = performance.now();
          else if (performance.now() - armedAtMs.current < doubleClickMs) return;
          else void act('session.kill');
          setArmed(!armed);
        }}
      >
        {armed ? 'Kill now' : 'Kill'}
      </button>
    </div>
  );
}
