import { useEffect, useId, useRef, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf, unwrap } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { useLink } from '../../stores/link-store.ts';
import { counted, type LifecycleAct, lifecycleActs } from './agent-words.ts';
import type { KnownAgent } from './known-agent.ts';

/** What can be done with an agent's life. Every act says what becomes of everything before it can be pressed. */
export function Lifecycle({ known, reload }: { readonly known: KnownAgent; readonly reload: () => void }) {
  const { agent, reviewed } = known;
  const [open, setOpen] = useState<LifecycleAct['kind']>();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [error, setError] = useState<ErrorData>();
  const acts = lifecycleActs(agent, {
    running: reviewed?.running ?? 0,
    rules: reviewed?.rules.length ?? 0,
    login: reviewed?.login.length ?? 0,
    homes: reviewed?.homes.count ?? 0,
  });
  const run = (act: LifecycleAct) => {
    setBusy(true);
    setError(undefined);
    setSaid(act.kind === 'resume' || act.kind === 'rotate' ? 'The approval window asks. Confirm it there.' : '');
    perform(act.kind, agent.name)
      .then(
        (words) => {
          setSaid(words);
          setOpen(undefined);
        },
        (failure: unknown) => {
          setSaid('');
          setError(errorDataOf(failure));
        },
      )
      .finally(() => {
        setBusy(false);
        reload();
      });
  };
  return (
    <aside className="lifecycle" aria-labelledby="lifecycle-heading">
      <h2 id="lifecycle-heading">Lifecycle</h2>
      {acts.length === 0 && (
        <p className="dim">
          Retired. Its key is gone and the record keeps what it did. A new agent may have this name, with a key of its
          own.
        </p>
      )}
      {acts.map((act) => (
        <Act
          key={act.kind}
          act={act}
          name={agent.name}
          isOpen={open === act.kind}
          busy={busy}
          toggle={() => {
            setError(undefined);
            setOpen(open === act.kind ? undefined : act.kind);
          }}
          run={() => run(act)}
        />
      ))}
      <p role="status" className="status-line">
        {said}
      </p>
      {error !== undefined && <ErrorNote error={error} />}
    </aside>
  );
}

interface ActProps {
  readonly act: LifecycleAct;
  readonly name: string;
  readonly isOpen: boolean;
  readonly busy: boolean;
  readonly toggle: () => void;
  readonly run: () => void;
}

function Act({ act, name, isOpen, busy, toggle, run }: ActProps) {
  const [typed, setTyped] = useState('');
  const connected = useLink(({ link }) => link.state === 'connected');
  const ids = { panel: useId(), field: useId() };
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    if (wasOpen.current && !isOpen) opener.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  const isNamed = act.kind !== 'retire' || typed === name;
  return (
    <section className="act">
      <div className="act-head">
        <div>
          <strong>{act.title}</strong>
          <p className="dim">{act.summary}</p>
        </div>
        <button
          ref={opener}
          type="button"
          className="button"
          aria-expanded={isOpen}
          aria-controls={ids.panel}
          disabled={busy}
          onClick={toggle}
        >
          {isOpen ? 'Not now' : `${act.title.split(' ')[0]}…`}
        </button>
      </div>
      <div id={ids.panel} hidden={!isOpen}>
        {isOpen && (
          <form
            className="act-panel"
            onSubmit={(event) => {
              event.preventDefault();
              if (isNamed) run();
            }}
          >
            <p className="act-lead">What happens:</p>
            <ul>
              {act.consequences.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
            {act.kind === 'retire' && (
              <>
                <label htmlFor={ids.field}>
                  Type <strong className="mono">{name}</strong> to go on
                </label>
                <input
                  id={ids.field}
                  className="field mono"
                  value={typed}
                  autoComplete="off"
                  spellCheck={false}
                  onChange={(event) => setTyped(event.target.value)}
                />
              </>
            )}
            <button
              type="submit"
              className={
                act.kind === 'retire' || act.kind === 'suspend' ? 'button button-bad' : 'button button-primary'
              }
              disabled={busy || !connected || !isNamed}
            >
              {act.confirm}
            </button>
          </form>
        )}
      </div>
    </section>
  );
}

async function perform(kind: LifecycleAct['kind'], name: string): Promise<string> {
  switch (kind) {
    case 'suspend': {
      const { sessions } = await call('agent.suspend', { name });
      return `${name} is suspended. ${sessions.length === 0 ? 'No session had to end.' : `${counted(sessions.length, 'session')} ended with it.`}`;
    }
    case 'retire': {
      const { sessions, rules, keyLeft } = await call('agent.retire', { name });
      const ended = sessions.length === 0 ? '' : ` ${counted(sessions.length, 'session')} ended.`;
      const removed = rules === 0 ? '' : ` ${counted(rules, 'always-rule')} removed.`;
      const left = keyLeft === undefined ? '' : ` Its key is still in the keystore, where it opens nothing: ${keyLeft}`;
      return `${name} is retired.${ended}${removed}${left}`;
    }
    case 'resume':
    case 'rotate': {
      const proposal = { kind: kind === 'resume' ? ('agent-resume' as const) : ('agent-rotate' as const), name };
      const { confirmed } = unwrap(await window.gatehouse.propose(proposal));
      if (!confirmed) return 'Nothing changed: it was not confirmed.';
      return kind === 'resume' ? `${name} may start again.` : `${name} has another key.`;
    }
  }
}
