import { useEffect, useId, useState } from 'react';
import { type Action, actionSchema } from '#contract/actions.ts';
import type { Result } from '#contract/api.ts';
import type { ErrorData } from '#contract/errors.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useAnswer } from '../../stores/use-answer.ts';
import { actionNames, resourceHints, shortId } from './rule-words.ts';

/** A person types this long without being interrupted. */
const restMs = 120;
type Answer = Result<'why.hypothetical'>;

/** "Could this agent do this to that now?", answered while it is typed. Asking changes and records nothing. */
export function Simulator({
  workspace,
  show,
}: {
  readonly workspace: string | undefined;
  readonly show: (rule: string) => void;
}) {
  const agents = useAnswer('agents of the simulator', () => call('agent.list', {}), /^agent\./u).value?.agents;
  const names = [...(agents ?? []).filter(({ state }) => state !== 'retired').map(({ name }) => name), genericPresetId];
  const [picked, setPicked] = useState<string>();
  const [action, setAction] = useState<Action>('file.read');
  const [resource, setResource] = useState('');
  const agent = picked ?? names[0] ?? genericPresetId;
  const answered = useHypothetical(agent, action, resource.trim(), workspace);
  const ids = { heading: useId(), agent: useId(), action: useId(), resource: useId() };
  return (
    <aside className="simulator" aria-labelledby={ids.heading}>
      <h2 id={ids.heading}>Could it, now?</h2>
      <label htmlFor={ids.agent}>Could</label>
      <select id={ids.agent} className="field" value={agent} onChange={(event) => setPicked(event.target.value)}>
        {names.map((name) => (
          <option key={name} value={name}>
            {name === genericPresetId ? 'any other program' : name}
          </option>
        ))}
      </select>
      <label htmlFor={ids.action}>do</label>
      <select
        id={ids.action}
        className="field"
        value={action}
        onChange={(event) => setAction(actionSchema.parse(event.target.value))}
      >
        {actionSchema.options.map((each) => (
          <option key={each} value={each}>
            {actionNames[each]}
          </option>
        ))}
      </select>
      <label htmlFor={ids.resource}>to</label>
      <input
        id={ids.resource}
        className="field mono"
        value={resource}
        spellCheck={false}
        autoComplete="off"
        placeholder={resourceHints[action]}
        onChange={(event) => setResource(event.target.value)}
      />
      <div className="simulator-answer" aria-live="polite">
        {workspace === undefined ? (
          <p className="dim">Choose a folder first: what may be done depends on where a session runs.</p>
        ) : resource.trim() === '' ? (
          <p className="dim">The answer comes as you type. Asking records nothing.</p>
        ) : (
          <Answered answered={answered} show={show} />
        )}
      </div>
    </aside>
  );
}

type State = { readonly answer: Answer } | { readonly error: ErrorData } | undefined;

function useHypothetical(agent: string, action: Action, resource: string, workspace: string | undefined): State {
  const [state, setState] = useState<State>();
  const connected = useLink(({ link }) => link.state === 'connected');
  useEffect(() => {
    if (resource === '' || workspace === undefined || !connected) return;
    let isCurrent = true;
    const timer = window.setTimeout(() => {
      call('why.hypothetical', { agent, action, resource, cwd: workspace, workspace }).then(
        (answer) => isCurrent && setState({ answer }),
        (error: unknown) => isCurrent && setState({ error: errorDataOf(error) }),
      );
    }, restMs);
    return () => {
      isCurrent = false;
      window.clearTimeout(timer);
    };
  }, [agent, action, resource, workspace, connected]);
  return state;
}

const askable: readonly string[] = ['approval_needed', 'pending', 'denied_by_person'];

function Answered({ answered, show }: { readonly answered: State; readonly show: (rule: string) => void }) {
  if (answered === undefined) return null;
  if ('error' in answered) {
    const { what, why } = answered.error;
    return (
      <p className="dim">
        {visible(what)} {why !== undefined && visible(why)}
      </p>
    );
  }
  const { decision, explanation } = answered.answer;
  const asks = decision.outcome === 'deny' && askable.includes(decision.reason);
  // The verdict in a word and who asked are on the screen already.
  const rest = explanation.slice(2);
  return (
    <>
      <p>
        <span
          className={`verdict ${decision.outcome === 'allow' ? 'verdict-yes' : asks ? 'verdict-asks' : 'verdict-no'}`}
        >
          <Icon name={decision.outcome === 'allow' ? 'check' : asks ? 'alert' : 'close'} />
          {decision.outcome === 'allow' ? 'Yes' : asks ? 'You would be asked' : 'No'}
        </span>
      </p>
      <p>{visible(decision.explanation)}</p>
      {decision.policies.length > 0 && (
        <p className="determining">
          <span className="dim">Decided by</span>
          {decision.policies.map((id) => (
            <button key={id} type="button" className="copy mono" title={id} onClick={() => show(id)}>
              {visible(shortId(id))}
            </button>
          ))}
        </p>
      )}
      <ul className="why-sentences">
        {rest.map((sentence) => (
          <li key={sentence}>{visible(sentence)}</li>
        ))}
      </ul>
    </>
  );
}
