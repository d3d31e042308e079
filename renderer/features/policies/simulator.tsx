import { useEffect, useId, useState } from 'react';
import { type Action, actionSchema } from '#contract/actions.ts';
import type { Result } from '#contract/api.ts';
import type { ErrorData } from '#contract/errors.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import type { ListedRule } from '#contract/policy.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useAnswer } from '../../stores/use-answer.ts';
import { actionNames, resourceHints, shortId } from './rule-words.ts';
import './simulator.css';

/** A person types this long without being interrupted. */
const restMs = 120;
type Answer = Result<'why.hypothetical'>;

/** What an answer refers to. */
interface ShownRules {
  readonly rules: readonly ListedRule[];
  readonly home: string;
  readonly show: (rule: string) => void;
}

/** "Could this agent do this to that now?", answered while it is typed. Asking changes and records nothing. */
export function Simulator({
  workspace,
  isDraft,
  ...shown
}: ShownRules & {
  readonly workspace: string | undefined;
  /** Something is being written beside it that does not count yet. */
  readonly isDraft: boolean;
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
          <Answered answered={answered} {...shown} />
        )}
        {isDraft && <p className="dim">Answered by the rules in force: what you write counts once it is saved.</p>}
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

function Answered({ answered, rules, home, show }: ShownRules & { readonly answered: State }) {
  if (answered === undefined) return null;
  const near = (text: string) => visible(text).replaceAll(`${visible(home)}/`, '~/');
  if ('error' in answered) {
    const { what, why, remedy } = answered.error;
    return (
      <p className="dim">
        {near(what)} {why !== undefined && near(why)} {remedy !== undefined && near(remedy)}
      </p>
    );
  }
  const { decision, explanation } = answered.answer;
  const asks = decision.outcome === 'deny' && askable.includes(decision.reason);
  const determining = decision.policies.map((id) => ({ id, rule: rules.find((each) => each.id === id) }));
  const eachTime = determining.some(({ rule }) => rule?.scope === 'once');
  return (
    <>
      <p>
        <span
          className={`verdict ${decision.outcome === 'allow' ? 'verdict-yes' : asks ? 'verdict-asks' : 'verdict-no'}`}
        >
          <Icon name={decision.outcome === 'allow' ? 'check' : asks ? 'alert' : 'close'} />
          {decision.outcome === 'allow'
            ? 'Yes'
            : asks
              ? eachTime
                ? 'You would be asked each time'
                : 'You would be asked'
              : 'No'}
        </span>
      </p>
      {/* Of a question nobody asked, the rules say more than the words for the agent. */}
      {!asks && <p>{near(decision.explanation)}</p>}
      {determining.length > 0 && (
        <ul className="determining" aria-label="Decided by">
          {determining.map(({ id, rule }) => (
            <li key={id}>
              {rule?.reason !== undefined && <span>{near(rule.reason)}</span>}
              <button type="button" className="text-button mono" title={`Show ${id}`} onClick={() => show(id)}>
                {visible(shortId(id))}
              </button>
            </li>
          ))}
        </ul>
      )}
      {asks && decision.remedy !== undefined && (
        <p className="dim">
          Not asked with the grant <code>{near(decision.remedy)}</code>
        </p>
      )}
      <details className="simulator-whole">
        <summary>The whole decision</summary>
        <ul className="why-sentences">
          {explanation.map((sentence) => (
            <li key={sentence}>{near(sentence)}</li>
          ))}
        </ul>
      </details>
    </>
  );
}
