import type { KeyboardEvent } from 'react';

/** One of them. */
interface TabOf<Name extends string> {
  readonly name: Name;
  readonly title: string;
  /** What is in it, for the eye; nothing is shown of none. */
  readonly count?: number;
}

interface Props<Name extends string> {
  /** What the tabs are parts of. */
  readonly label: string;
  readonly tabs: readonly TabOf<Name>[];
  readonly chosen: Name;
  readonly choose: (name: Name) => void;
  /** Id of the panel that they change; it is labelled by `tabId(panel, name)`. */
  readonly panel: string;
  readonly className?: string;
}

/** Id of the tab that a panel is labelled by. */
export function tabId(panel: string, name: string): string {
  return `${panel}-tab-${name}`;
}

/** Parts of a place, one at a time: arrows go through them, Home and End to the ends, and Tab goes on to the panel. */
export function Tabs<Name extends string>({ label, tabs, chosen, choose, panel, className = 'segments' }: Props<Name>) {
  const at = tabs.findIndex(({ name }) => name === chosen);
  const onKey = (event: KeyboardEvent) => {
    const last = tabs.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at <= 0 ? last : at - 1, Home: 0, End: last }[
      event.key
    ];
    const tab = next === undefined ? undefined : tabs[next];
    if (tab === undefined) return;
    event.preventDefault();
    choose(tab.name);
    document.getElementById(tabId(panel, tab.name))?.focus();
  };
  return (
    <div className={className} role="tablist" aria-label={label} onKeyDown={onKey}>
      {tabs.map(({ name, title, count = 0 }) => (
        <button
          key={name}
          id={tabId(panel, name)}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          aria-controls={panel}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => choose(name)}
        >
          {title}
          {count > 0 && (
            <span className="dim" aria-hidden="true">
              {' '}
              {count}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
