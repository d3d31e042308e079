import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import type { FoundRegistry } from '#contract/bridge.ts';
import { commonGrants, type GrantTemplate, otherGrants, specOf } from './grant-words.ts';
import './new-session.css';

/** Registries of the person's own settings; none until they were read. */
function useRegistries(): readonly FoundRegistry[] {
  const [found, setFound] = useState<readonly FoundRegistry[]>([]);
  useEffect(() => {
    let left = false;
    void window.gatehouse.findRegistries().then((outcome) => {
      // Without them the registry's host is typed.
      if (!left && outcome.ok) setFound(outcome.value);
    });
    return () => {
      left = true;
    };
  }, []);
  return found;
}

/** Puts one grant together; what it would give is somebody else's to ask for. */
export function GrantForm({ action, onSpec }: { readonly action: string; readonly onSpec: (spec: string) => void }) {
  const common = commonGrants(useRegistries());
  const [chosen, setChosen] = useState<string>();
  const [typed, setTyped] = useState('');
  const id = useId();
  const template = [...common, ...otherGrants].find((each) => each.id === chosen) ?? common[0];
  if (template === undefined) return null;
  const spec = specOf(template, typed);
  const use = () => {
    if (spec === undefined) return;
    onSpec(spec);
    setTyped('');
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    // It stands in another form, which is not sent by this.
    event.preventDefault();
    use();
  };
  const choose = async () => {
    const folder = await window.gatehouse.chooseFolder();
    if (folder !== undefined) setTyped(folder);
  };
  const { field } = template;
  return (
    <div className="now-grant-form">
      <label className="visually-hidden" htmlFor={`${id}-kind`}>
        What to give
      </label>
      <select
        id={`${id}-kind`}
        className="field"
        value={template.id}
        onChange={({ target }) => {
          setChosen(target.value);
          setTyped('');
        }}
      >
        <Group label="Common" templates={common} />
        <Group label="Network" templates={otherGrants} />
      </select>
      {field === undefined ? (
        <p className="now-grant-says dim">{template.says}</p>
      ) : (
        <input
          className="field mono"
          aria-label={field.label}
          placeholder={field.example}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          onKeyDown={onKey}
          spellCheck={false}
          maxLength={4096}
        />
      )}
      {field?.isFolder === true && (
        <button type="button" className="button" onClick={() => void choose()}>
          Choose…
        </button>
      )}
      <button type="button" className="button" disabled={spec === undefined} onClick={use}>
        {action}
      </button>
    </div>
  );
}

function Group({ label, templates }: { readonly label: string; readonly templates: readonly GrantTemplate[] }) {
  return (
    <optgroup label={label}>
      {templates.map(({ id, label: name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </optgroup>
  );
}
