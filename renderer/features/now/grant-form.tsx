import { type KeyboardEvent, useId, useState } from 'react';
import { type GrantFormId, grantForms, specOf } from './grant-words.ts';
import './new-session.css';

/** Puts one grant together; what it would give is somebody else's to ask for. */
export function GrantForm({ action, onSpec }: { readonly action: string; readonly onSpec: (spec: string) => void }) {
  const [form, setForm] = useState<GrantFormId>('host');
  const [typed, setTyped] = useState('');
  const id = useId();
  const chosen = grantForms.find((each) => each.id === form) ?? grantForms[0];
  const spec = specOf(form, typed);
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
  return (
    <div className="now-grant-form">
      <label className="visually-hidden" htmlFor={`${id}-kind`}>
        What to give
      </label>
      <select
        id={`${id}-kind`}
        className="field"
        value={form}
        onChange={({ target }) => {
          const next = grantForms.find((each) => each.id === target.value);
          if (next !== undefined) setForm(next.id);
          setTyped('');
        }}
      >
        {grantForms.map(({ id: value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <input
        className="field mono"
        aria-label={chosen.field}
        placeholder={chosen.example}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={onKey}
        spellCheck={false}
        maxLength={4096}
      />
      {(form === 'read' || form === 'write') && (
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
