import { type KeyboardEvent, useId, useState } from 'react';
import { exposedPortsMax, exposeRequest } from '#contract/exposed-port.ts';
import { type PassedVariable, passedVariable, passedVariablesMax } from '#contract/text/passed-variable.ts';
import { Chips } from './chips.tsx';
import {
  exposeWords,
  extrasCount,
  limitFields,
  type ReadExtras,
  type StartExtras,
  secretNames,
  variableChip,
} from './start-extras.ts';

interface MoreParts {
  readonly extras: StartExtras;
  readonly read: ReadExtras;
  /** Words can follow an agent; another command has its own. */
  readonly takesWords: boolean;
  readonly onChange: (extras: StartExtras) => void;
}

/** What few starts need, folded: words after the agent, variables, ports, limits. */
export function NewSessionMore({ extras, read, takesWords, onChange }: MoreParts) {
  const id = useId();
  const count = extrasCount(extras);
  const problem = 'problem' in read ? read : undefined;
  return (
    <details className="start-more">
      <summary>
        More <span className="dim">{count === '' ? 'arguments, variables, ports, limits' : count}</span>
      </summary>
      <div className="start-more-fields">
        {takesWords && (
          <>
            <label htmlFor={`${id}-words`}>Arguments</label>
            <input
              id={`${id}-words`}
              className="field mono"
              value={extras.words}
              onChange={({ target }) => onChange({ ...extras, words: target.value })}
              placeholder="--continue"
              spellCheck={false}
              maxLength={4096}
              aria-invalid={problem?.field === 'words'}
              aria-describedby={`${id}-problem`}
            />
          </>
        )}
        <span className="now-label">Variables</span>
        <Variables variables={extras.variables} onChange={(variables) => onChange({ ...extras, variables })} />
        <span className="now-label">Ports</span>
        <Ports expose={extras.expose} onChange={(expose) => onChange({ ...extras, expose })} />
        <span className="now-label">Limits</span>
        <div className="now-limits">
          {limitFields.map(({ id: name, label, example }) => (
            <label key={name}>
              {label}
              <input
                className="field"
                value={extras.limits[name] ?? ''}
                onChange={({ target }) => onChange({ ...extras, limits: { ...extras.limits, [name]: target.value } })}
                placeholder={example}
                spellCheck={false}
                maxLength={32}
                aria-invalid={problem?.field === name}
                aria-describedby={`${id}-problem`}
              />
            </label>
          ))}
        </div>
        <p id={`${id}-problem`} className="start-more-problem" role="status">
          {problem?.problem}
        </p>
      </div>
    </details>
  );
}

interface VariablesParts {
  readonly variables: readonly PassedVariable[];
  readonly onChange: (variables: readonly PassedVariable[]) => void;
}

function Variables({ variables, onChange }: VariablesParts) {
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const typed = passedVariable(value === '' ? name.trim() : `${name.trim()}=${value}`);
  const secrets = secretNames(variables);
  const add = () => {
    if (typed === undefined) return;
    onChange([...variables.filter((each) => each.name !== typed.name), typed]);
    setName('');
    setValue('');
  };
  return (
    <div>
      <Chips
        label="Variables of this start"
        items={variables.map((variable) => ({
          key: variable.name,
          text: variableChip(variable),
          isWarning: secrets.includes(variable.name),
          remove: () => onChange(variables.filter((each) => each.name !== variable.name)),
        }))}
      />
      {variables.length < passedVariablesMax && (
        <div className="now-grant-form">
          <input
            className="field mono now-name"
            aria-label="Name of a variable"
            placeholder="NAME"
            value={name}
            onChange={({ target }) => setName(target.value)}
            onKeyDown={onEnter(add)}
            spellCheck={false}
            autoComplete="off"
            maxLength={128}
          />
          <input
            className="field mono"
            aria-label="Value of the variable"
            placeholder="empty: the value of your own"
            value={value}
            onChange={({ target }) => setValue(target.value)}
            onKeyDown={onEnter(add)}
            spellCheck={false}
            autoComplete="off"
            maxLength={32_768}
          />
          <button type="button" className="button" disabled={typed === undefined} onClick={add}>
            Add variable
          </button>
        </div>
      )}
    </div>
  );
}

interface PortsParts {
  readonly expose: StartExtras['expose'];
  readonly onChange: (expose: StartExtras['expose']) => void;
}

function Ports({ expose, onChange }: PortsParts) {
  const [typed, setTyped] = useState('');
  const request = exposeRequest(typed.trim());
  const add = () => {
    if (request === undefined) return;
    onChange([...expose.filter(({ port }) => port !== request.port), request]);
    setTyped('');
  };
  return (
    <div>
      <Chips
        label="Ports of this start"
        items={expose.map((each) => ({
          key: String(each.port),
          text: exposeWords(each),
          isWarning: false,
          remove: () => onChange(expose.filter(({ port }) => port !== each.port)),
        }))}
      />
      {expose.length < exposedPortsMax && (
        <div className="now-grant-form">
          <input
            className="field mono"
            aria-label="A port of it that you want to reach"
            placeholder="5173, or 8080:5173 to reach it at 8080"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
            onKeyDown={onEnter(add)}
            spellCheck={false}
            maxLength={11}
          />
          <button type="button" className="button" disabled={request === undefined} onClick={add}>
            Add port
          </button>
        </div>
      )}
    </div>
  );
}

/** It stands in another form, which is not sent by this. */
function onEnter(act: () => void) {
  return (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    act();
  };
}
