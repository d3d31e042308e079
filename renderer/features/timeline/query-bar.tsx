import { useId, useRef, useState } from 'react';
import { visible } from '#contract/text/visible.ts';
import { Icon } from '../../components/icon.tsx';
import { errorPosition } from './query-text.ts';
import { type Suggestion, suggestionsAt, takenSuggestion } from './suggestions.ts';
import { search, setQuery, typeQuery, useTimeline } from './timeline-store.ts';
import './query-bar.css';

/** Where a query is typed: it searches while one types, and says which fields and values there are. */
export function QueryBar({ onLeave }: { readonly onLeave: () => void }) {
  const text = useTimeline((state) => state.text);
  const facets = useTimeline((state) => state.facets);
  const searching = useTimeline((state) => state.searching);
  const input = useRef<HTMLInputElement>(null);
  const [cursor, setCursor] = useState<number>();
  const [chosen, setChosen] = useState(-1);
  const id = useId();
  const listed = cursor === undefined ? [] : suggestionsAt(text, cursor, facets);
  const isOpen = listed.length > 0;

  const take = (suggestion: Suggestion | undefined) => {
    if (suggestion === undefined || input.current === null) return;
    const taken = takenSuggestion(text, suggestion);
    typeQuery(taken.text);
    // The value has to be there before the cursor can be.
    input.current.value = taken.text;
    input.current.setSelectionRange(taken.cursor, taken.cursor);
    input.current.focus();
    setCursor(suggestion.unfinished ? taken.cursor : undefined);
    setChosen(-1);
  };
  const onKey = (event: React.KeyboardEvent) => {
    const { key } = event;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      if (!isOpen && key === 'ArrowDown') onLeave();
      else if (isOpen) setChosen((chosen + (key === 'ArrowDown' ? 1 : listed.length * 2)) % listed.length);
    } else if (key === 'Enter') {
      if (chosen >= 0) take(listed[chosen]);
      else {
        setCursor(undefined);
        void search();
      }
    } else if (key === 'Tab' && chosen >= 0 && !event.shiftKey) take(listed[chosen]);
    else if (key === 'Escape' && isOpen) {
      setCursor(undefined);
      setChosen(-1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="timeline-query">
      <Icon name="search" />
      <input
        ref={input}
        className="field mono"
        // `/` of the frame goes here.
        data-search
        type="text"
        role="combobox"
        aria-label="Search the log"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 && isOpen ? `${id}-${chosen}` : undefined}
        aria-describedby="timeline-query-error"
        autoComplete="off"
        spellCheck={false}
        placeholder="Words, or agent:claude action:net.connect decision:deny host:*.example.org since:2d"
        title="Search ( / )"
        value={text}
        onChange={({ target }) => {
          typeQuery(target.value);
          setCursor(target.selectionStart ?? target.value.length);
          setChosen(-1);
        }}
        onKeyDown={onKey}
        onClick={({ currentTarget }) => setCursor(currentTarget.selectionStart ?? text.length)}
        onBlur={() => setCursor(undefined)}
      />
      {text !== '' && (
        <button type="button" className="timeline-plain" aria-label="Clear the query" onClick={() => setQuery('')}>
          <Icon name="close" />
        </button>
      )}
      <div id={`${id}-list`} role="listbox" aria-label="Suggestions" className="timeline-suggestions" hidden={!isOpen}>
        {listed.map((suggestion, index) => (
          <div
            key={suggestion.text}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            // Before the input loses the focus, which would close the list.
            onMouseDown={(event) => {
              event.preventDefault();
              take(suggestion);
            }}
          >
            <bdi className="mono" dir="ltr">
              {visible(suggestion.text)}
            </bdi>
            <span className="dim">{suggestion.note}</span>
          </div>
        ))}
      </div>
      <QueryError />
      <span className="visually-hidden" role="status">
        {searching ? 'Searching' : ''}
      </span>
    </div>
  );
}

/** What of the query cannot be understood, at the place where it is. */
function QueryError() {
  const error = useTimeline((state) => state.error);
  const text = useTimeline((state) => state.text);
  if (error?.code !== 'query_invalid') return <div id="timeline-query-error" />;
  const at = errorPosition(error.what);
  const end = at === undefined ? 0 : at + (/^\S*/u.exec(text.slice(at))?.[0].length ?? 0);
  return (
    <div id="timeline-query-error" className="timeline-query-error" role="alert">
      {at !== undefined && at < text.length && (
        <p className="mono" aria-hidden="true">
          {visible(text.slice(Math.max(0, at - 60), at))}
          <mark>{visible(text.slice(at, Math.max(at + 1, end)))}</mark>
          {visible(text.slice(end, end + 60))}
        </p>
      )}
      <p>
        <strong>{visible(error.what)}</strong> {visible(error.why ?? '')} {visible(error.remedy ?? '')}
      </p>
    </div>
  );
}
