import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { ListedAgent } from '#contract/agent.ts';
import type { ErrorData } from '#contract/errors.ts';
import type { SavedSearch } from '#contract/record.ts';
import { call, errorDataOf } from '../bridge.ts';
import { useSessions } from '../stores/sessions-store.ts';
import { useShell } from '../stores/shell-store.ts';
import { ErrorNote } from './error-note.tsx';
import { ModalDialog } from './modal-dialog.tsx';
import { foundEntries, type PaletteEntry } from './palette-entries.ts';
import './command-palette.css';

/** What the palette leaves to the frame. */
interface Props {
  readonly onClose: () => void;
  readonly showKeys: () => void;
  readonly showFirstRun: () => void;
  /** Shows what a query finds in the timeline. */
  readonly search: (query: string) => void;
}

/** Everything by its name: places, sessions, agents, searches, entries of the log, and acts that read or narrow. */
export function CommandPalette({ onClose, showKeys, showFirstRun, search }: Props) {
  const { sessions, ended, approvals } = useSessions();
  const change = useShell((state) => state.change);
  const { agents, searches } = useNamed();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const [asked, setAsked] = useState<string>();
  const [said, setSaid] = useState<string>();
  const [error, setError] = useState<ErrorData>();
  const listId = useId();
  const entries = useMemo(
    () => foundEntries({ sessions, ended, approvals, agents, searches, showKeys, showFirstRun, change, search }, query),
    [sessions, ended, approvals, agents, searches, showKeys, showFirstRun, change, search, query],
  );
  const chosen = Math.min(at, entries.length - 1);
  const move = (to: number) => {
    setAt(Math.max(0, Math.min(entries.length - 1, to)));
    setAsked(undefined);
  };
  const run = async (entry: PaletteEntry | undefined) => {
    if (entry === undefined) return;
    if (entry.sure !== undefined && asked !== entry.id) {
      setAsked(entry.id);
      return;
    }
    setAsked(undefined);
    setError(undefined);
    try {
      const text = await entry.run();
      setSaid(text);
      if (text === undefined) onClose();
    } catch (failure) {
      setError(errorDataOf(failure));
    }
  };
  const onKey = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[event.key];
    if (step !== undefined) move(chosen + step);
    else if (event.key !== 'Enter') return;
    // A key held down does not answer its own question.
    else if (!event.repeat) void run(entries[chosen]);
    event.preventDefault();
  };
  return (
    <ModalDialog label="Go to, or do" className="palette" onClose={onClose}>
      <input
        className="palette-query"
        role="combobox"
        aria-label="Go to a place, session, agent, search or entry, or do something"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={entries[chosen] === undefined ? undefined : optionId(listId, entries[chosen])}
        placeholder="A place, session, agent, search, entry number, or something to do"
        autoComplete="off"
        // The person asked for this field with a key.
        // biome-ignore lint/a11y/noAutofocus: a palette without it would need a second key
        autoFocus
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
          setAsked(undefined);
          setSaid(undefined);
        }}
        onKeyDown={onKey}
      />
      <Entries entries={entries} chosen={chosen} asked={asked} listId={listId} onPoint={move} onRun={run} />
      {entries.length === 0 && <p className="palette-none">Nothing here has this name. Fewer letters find more.</p>}
      <p className="palette-foot" role="status">
        {said ?? '↑ ↓ to choose, Enter to go, Esc to leave'}
      </p>
      {error !== undefined && <ErrorNote error={error} />}
    </ModalDialog>
  );
}

interface EntriesProps {
  readonly entries: readonly PaletteEntry[];
  readonly chosen: number;
  readonly asked: string | undefined;
  readonly listId: string;
  readonly onPoint: (index: number) => void;
  readonly onRun: (entry: PaletteEntry) => Promise<void>;
}

function Entries({ entries, chosen, asked, listId, onPoint, onRun }: EntriesProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children.item(chosen)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <div
      className="palette-list"
      role="listbox"
      id={listId}
      aria-label="What was found"
      ref={list}
      hidden={entries.length === 0}
    >
      {entries.map((entry, index) => (
        // Keys stay in the field above: it is the combobox that this list belongs to.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox takes the keys
        <div
          key={entry.id}
          id={optionId(listId, entry)}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          className={`palette-entry${asked === entry.id ? ' palette-sure' : ''}`}
          onPointerMove={() => {
            if (index !== chosen) onPoint(index);
          }}
          onClick={() => void onRun(entry)}
        >
          <span className="palette-title">{asked === entry.id ? entry.sure : entry.title}</span>
          {entry.hint !== undefined && <span className="palette-hint">{entry.hint}</span>}
          <span className="palette-group">{entry.group}</span>
        </div>
      ))}
    </div>
  );
}

function optionId(listId: string, { id }: PaletteEntry): string {
  return `${listId}-${id}`;
}

/** What has a name when the palette opens; without a supervisor there is nothing of it to go to. */
function useNamed(): { readonly agents: readonly ListedAgent[]; readonly searches: readonly SavedSearch[] } {
  const [agents, setAgents] = useState<readonly ListedAgent[]>([]);
  const [searches, setSearches] = useState<readonly SavedSearch[]>([]);
  useEffect(() => {
    call('agent.list', {}).then(
      (found) => setAgents(found.agents),
      () => setAgents([]),
    );
    call('log.searches.list', {}).then(
      (found) => setSearches(found.searches),
      () => setSearches([]),
    );
    void useSessions.getState().refreshEnded();
  }, []);
  return { agents, searches };
}
