import type { Preferences } from '#contract/bridge.ts';
import { useShell } from '../../stores/shell-store.ts';

const appearances: readonly (readonly [Preferences['appearance'], string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

/** Light or dark. */
export function AppearanceChoice() {
  const { shell, change } = useShell();
  return (
    <fieldset className="choices">
      <legend className="visually-hidden">Appearance</legend>
      {appearances.map(([appearance, words]) => (
        <label key={appearance}>
          <input
            type="radio"
            name="appearance"
            disabled={shell === undefined}
            checked={shell?.preferences.appearance === appearance}
            onChange={() => void change({ appearance })}
          />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

/** With the desktop or not. */
export function StartAtLogin() {
  const { shell, change } = useShell();
  return (
    <div className="choices choices-column">
      <label>
        <input
          type="checkbox"
          disabled={shell === undefined}
          checked={shell?.startAtLogin ?? false}
          onChange={(event) => void change({ startAtLogin: event.target.checked })}
        />
        Start with the desktop, in the tray
      </label>
      <p className="dim">Questions then come up without this window. Off unless you switch it on.</p>
    </div>
  );
}

/** That nothing is fetched, and what a person does instead. */
export function Updates() {
  const version = useShell(({ shell }) => shell?.version);
  return (
    <div className="choices-column settings-updates">
      <h3>
        Updates <span className="badge">Off</span>
      </h3>
      <p>
        Gatehouse fetches nothing, and asks nobody whether there is a newer version. This is {version ?? '…'}; a newer
        one comes the way this one did, and the record and your rules stay as they are.
      </p>
      <p className="dim">
        Who runs agents behind walls should decide when the walls change. Nothing here can switch it on.
      </p>
    </div>
  );
}
