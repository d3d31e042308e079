import { type SyntheticEvent, useEffect, useId, useState } from 'react';
import type { FoundAgent } from '#contract/bridge.ts';
import type { ErrorData } from '#contract/errors.ts';
import { errorDataOf, unwrap } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { Icon } from '../../components/icon.tsx';
import { go } from '../../stores/place-store.ts';
import { useSessions } from '../../stores/sessions-store.ts';
import { Chips } from './chips.tsx';
import { commandWords } from './command-words.ts';
import { GrantForm } from './grant-form.tsx';
import { grantWords } from './grant-words.ts';
import { NewSessionMore } from './new-session-more.tsx';
import { extrasSentences, noExtras, readExtras } from './start-extras.ts';
import { startSummary } from './start-summary.ts';
import { wantTerminal } from './terminal-focus.ts';
import './new-session.css';

const hourMs = 3_600_000;
const lengths = [
  { label: '30 minutes', ms: hourMs / 2 },
  { label: '2 hours', ms: 2 * hourMs },
  { label: '8 hours', ms: 8 * hourMs },
  { label: '1 day', ms: 24 * hourMs },
] as const;
/** Of the terminal until the window says its own. */
const firstSize = { columns: 100, rows: 30 };
/** Grants of one start. */
const grantsMax = 64;
const otherCommand = '';

/** A found agent, or any command. */
function useFoundAgents(): readonly FoundAgent[] | undefined {
  const [found, setFound] = useState<readonly FoundAgent[]>();
  useEffect(() => {
    let left = false;
    window.gatehouse.findAgents().then((outcome) => {
      if (!left) setFound(outcome.ok ? outcome.value : []);
    });
    return () => {
      left = true;
    };
  }, []);
  return found;
}

/** Starts an agent: what, where, for what, for how long, with what; and in plain words what it will be able to do. */
export function NewSession() {
  const found = useFoundAgents();
  const lastFolder = useSessions(({ sessions, ended }) => (sessions[0] ?? ended[0])?.workspace ?? '');
  const [chosen, setChosen] = useState<string>();
  const [command, setCommand] = useState('');
  const [typedFolder, setFolder] = useState<string>();
  const [task, setTask] = useState('');
  const [forMs, setForMs] = useState<number>(lengths[1].ms);
  const [grants, setGrants] = useState<readonly string[]>([]);
  const [extras, setExtras] = useState(noExtras);
  const [state, setState] = useState<'filling' | 'starting' | 'refused'>('filling');
  const [error, setError] = useState<ErrorData>();
  const id = useId();
  const folder = typedFolder ?? lastFolder;
  const agent = found?.find((each) => each.id === (chosen ?? found[0]?.id));
  const read = readExtras(agent === undefined ? { ...extras, words: '' } : extras);
  const words = agent === undefined ? commandWords(command) : { words: [agent.command] };
  const isReady =
    'words' in words && words.words.length > 0 && 'words' in read && folder.trim() !== '' && state !== 'starting';

  const start = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (!('words' in words) || !('words' in read) || !isReady) return;
    setState('starting');
    setError(undefined);
    try {
      const { confirmed, session } = unwrap(
        await window.gatehouse.propose({
          kind: 'start',
          command: [...words.words, ...read.words],
          workspace: folder.trim(),
          ...(task.trim() === '' ? {} : { task: task.trim() }),
          grants: [...grants],
          forMs,
          variables: [...extras.variables],
          expose: [...extras.expose],
          limits: read.limits,
          size: firstSize,
        }),
      );
      setState(confirmed ? 'filling' : 'refused');
      if (session === undefined) return;
      wantTerminal(session);
      await useSessions.getState().refresh();
      go('now', session);
    } catch (failure) {
      setError(errorDataOf(failure));
      setState('filling');
    }
  };
  const chooseFolder = async () => {
    const picked = await window.gatehouse.chooseFolder();
    if (picked !== undefined) setFolder(picked);
  };
  return (
    <form className="new-session" aria-label="New session" onSubmit={(event) => void start(event)}>
      <h1>New session</h1>
      {error !== undefined && <ErrorNote title="It was not started." error={error} />}
      <label htmlFor={`${id}-agent`}>Agent</label>
      <select
        id={`${id}-agent`}
        className="field"
        value={agent?.id ?? otherCommand}
        onChange={({ target }) => setChosen(target.value)}
      >
        {(found ?? []).map(({ id: value, title, label }) => (
          <option key={value} value={value}>
            {label === '' ? title : `${title} (${label})`}
          </option>
        ))}
        <option value={otherCommand}>Another command…</option>
      </select>
      {agent === undefined && (
        <>
          <label htmlFor={`${id}-command`}>Command</label>
          <div>
            <input
              id={`${id}-command`}
              className="field mono now-wide"
              value={command}
              onChange={({ target }) => setCommand(target.value)}
              placeholder="bash"
              spellCheck={false}
              maxLength={4096}
              aria-describedby={`${id}-problem`}
            />
            <p id={`${id}-problem`} className="dim">
              {'problem' in words ? words.problem : 'As in a terminal, without variables, pipes and patterns.'}
            </p>
          </div>
        </>
      )}
      <label htmlFor={`${id}-folder`}>Folder</label>
      <div className="now-with-button">
        <input
          id={`${id}-folder`}
          className="field mono"
          value={folder}
          onChange={({ target }) => setFolder(target.value)}
          spellCheck={false}
          maxLength={4096}
        />
        <button type="button" className="button" onClick={() => void chooseFolder()}>
          <Icon name="folder" /> Choose…
        </button>
      </div>
      <label htmlFor={`${id}-task`}>Task</label>
      <input
        id={`${id}-task`}
        className="field"
        value={task}
        onChange={({ target }) => setTask(target.value)}
        placeholder="Fix the checkout bug"
        maxLength={1000}
      />
      <label htmlFor={`${id}-for`}>Time</label>
      <select
        id={`${id}-for`}
        className="field now-narrow"
        value={forMs}
        onChange={({ target }) => setForMs(Number(target.value))}
      >
        {lengths.map(({ label, ms }) => (
          <option key={ms} value={ms}>
            {label}
          </option>
        ))}
      </select>
      <span className="now-label">It may also</span>
      <div>
        <Chips
          label="Grants of this start"
          items={grants.map((spec) => ({
            key: spec,
            text: grantWords(spec),
            isWarning: false,
            remove: () => setGrants(grants.filter((each) => each !== spec)),
          }))}
        />
        {grants.length < grantsMax && (
          <GrantForm action="Add" onSpec={(spec) => setGrants([...new Set([...grants, spec])])} />
        )}
      </div>
      <NewSessionMore extras={extras} read={read} takesWords={agent !== undefined} onChange={setExtras} />
      <section className="now-plain-words" aria-label="What it will be able to do" aria-live="polite">
        {startSummary({
          agent: agent?.title,
          hasFolder: folder.trim() !== '',
          grants,
          forMs,
          besides: extrasSentences(extras, 'limits' in read ? read.limits : {}),
        }).map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </section>
      <div className="now-start-line">
        <button type="submit" className="button button-primary" disabled={!isReady}>
          <Icon name="play" /> Start
        </button>
        <span className="dim" role="status">
          {startWords[state]}
        </span>
      </div>
    </form>
  );
}

const startWords = {
  filling: 'The approval window shows it once more, and asks you to confirm it.',
  starting: 'Starting. The approval window asks you to confirm it, unless you started the same before.',
  refused: 'It was not started, because you did not confirm it.',
} as const;
