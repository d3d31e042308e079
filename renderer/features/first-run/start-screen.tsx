import { type FormEvent, useEffect, useId, useState } from 'react';
import type { FoundAgent } from '#contract/bridge.ts';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { errorDataOf, unwrap } from '../../bridge.ts';
import { CopiedCommand } from '../../components/copied-command.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { go } from '../../stores/place-store.ts';

/** Runs where there is no agent, too, and shows the walls from inside. */
const shell: FoundAgent = {
  id: 'shell',
  title: 'A shell',
  command: 'bash',
  path: '',
  label: 'no agent: look around inside',
};
/** Until the session's page has measured its own. */
const size = { columns: 100, rows: 30 } as const;

/** Agents that are here, a folder, and the start. */
export function StartScreen({ onStarted }: { readonly onStarted: () => void }) {
  const { agents, error: unfound } = useFoundAgents();
  const [chosen, setChosen] = useState<string>();
  const [folder, setFolder] = useState('');
  const [task, setTask] = useState('');
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<string>();
  const [error, setError] = useState<ErrorData>();
  const folderId = useId();
  const taskId = useId();
  if (agents === undefined) return <Skeleton label="Looking for agents on this machine" rows={3} />;
  const offered = [...agents, shell];
  const agent = offered.find(({ id }) => id === chosen) ?? offered[0] ?? shell;
  const start = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    setSaid('It waits for your answer in the approval window.');
    try {
      const words = task.trim();
      const { confirmed, session } = unwrap(
        await window.gatehouse.propose({
          kind: 'start',
          command: [agent.command],
          workspace: folder.trim(),
          ...(words === '' ? {} : { task: words }),
          grants: [],
          size,
        }),
      );
      if (confirmed) {
        onStarted();
        go('now', session);
      } else setSaid('It was not started, because you did not confirm it.');
    } catch (failure) {
      setSaid(undefined);
      setError(errorDataOf(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="start-form" onSubmit={(event) => void start(event)}>
      {unfound !== undefined && <ErrorNote title="Agents could not be looked for." error={unfound} />}
      {agents.length === 0 && unfound === undefined && <NoAgents />}
      <fieldset>
        <legend>{agents.length === 0 ? 'No agent was found' : 'On this machine'}</legend>
        {offered.map((each) => (
          <label key={each.id} className="start-agent">
            <input type="radio" name="agent" checked={each === agent} onChange={() => setChosen(each.id)} />
            <span className="start-agent-title">{visible(each.title)}</span>
            {each.path === '' ? <code>{each.command}</code> : <ForeignText text={each.path} most={27} />}
            <span className="dim">{visible(each.label)}</span>
          </label>
        ))}
      </fieldset>
      <div className="start-row">
        <label htmlFor={folderId}>Folder</label>
        <input
          id={folderId}
          className="field mono"
          required
          placeholder="/home/you/project"
          value={folder}
          onChange={(event) => setFolder(event.target.value)}
        />
        <button
          type="button"
          className="button"
          onClick={() =>
            void window.gatehouse.chooseFolder().then((path) => {
              if (path !== undefined) setFolder(path);
            })
          }
        >
          <Icon name="folder" />
          Choose…
        </button>
      </div>
      <div className="start-row">
        <label htmlFor={taskId}>Task</label>
        <input
          id={taskId}
          className="field"
          maxLength={1000}
          placeholder="Optional, one sentence"
          value={task}
          onChange={(event) => setTask(event.target.value)}
        />
      </div>
      <p className="start-summary">
        {visible(agent.title)} can read and write this folder{agent === shell ? '' : ' and reach its own model'}.
        Everything else asks you.
      </p>
      <p className="dim">
        Then the window that asks comes up, the one of the second screen: it shows what the session would be, and starts
        it when you confirm.
      </p>
      <div className="start-row">
        <button type="submit" className="button button-primary" disabled={busy || folder.trim() === ''}>
          <Icon name="play" />
          Start it
        </button>
        <p className="dim" role="status">
          {said}
        </p>
      </div>
      {error !== undefined && <ErrorNote error={error} />}
    </form>
  );
}

/** What there is to see where no agent is. */
function NoAgents() {
  return (
    <div className="start-lead">
      <p>
        None of the agents that Gatehouse has a preset for is on your PATH. Any other program can run inside the walls:
        a shell shows them from inside. An agent that you install is offered under Now.
      </p>
      <p>In a terminal, the demo lets a scripted thief loose behind the walls and shows what it gets:</p>
      <CopiedCommand command="gatehouse demo" />
    </div>
  );
}

function useFoundAgents() {
  const [found, setFound] = useState<{ agents?: readonly FoundAgent[]; error?: ErrorData }>({});
  useEffect(() => {
    window.gatehouse
      .findAgents()
      .then(unwrap)
      .then(
        (agents) => setFound({ agents }),
        (failure: unknown) => setFound({ agents: [], error: errorDataOf(failure) }),
      );
  }, []);
  return found;
}
