import { useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import type { SavedSearch } from '#contract/record.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { Menu } from './menu.tsx';
import { setQuery, useTimeline } from './timeline-store.ts';

/** Searches under a name: those that ship, and the person's own. The command line has the same ones. */
export function SearchMenu() {
  const text = useTimeline((state) => state.text);
  const [searches, setSearches] = useState<readonly SavedSearch[]>();
  const [error, setError] = useState<ErrorData>();
  const [name, setName] = useState('');
  const refresh = async (change?: Promise<unknown>) => {
    try {
      await change;
      setSearches((await call('log.searches.list', {})).searches);
      setError(undefined);
      if (change !== undefined) setName('');
    } catch (failure) {
      setError(errorDataOf(failure));
    }
  };
  return (
    <Menu label="Searches" onOpen={() => void refresh()}>
      {(close) => (
        <>
          <ul className="timeline-searches">
            {(searches ?? []).map((search) => (
              <li key={search.name}>
                <button
                  type="button"
                  title={search.query}
                  onClick={() => {
                    setQuery(search.query);
                    close();
                  }}
                >
                  <span className="mono">{visible(search.name)}</span>
                  <span className="dim">{visible(search.what ?? search.query)}</span>
                </button>
                {!search.builtIn && (
                  <button
                    type="button"
                    className="timeline-plain"
                    aria-label={`Remove the search ${search.name}`}
                    title="Remove"
                    onClick={() => void refresh(call('log.searches.remove', { name: search.name }))}
                  >
                    <Icon name="close" />
                  </button>
                )}
              </li>
            ))}
          </ul>
          <form
            className="timeline-save"
            onSubmit={(event) => {
              event.preventDefault();
              void refresh(call('log.searches.save', { name, query: text.trim() }));
            }}
          >
            <input
              className="field"
              aria-label="Name of the search"
              placeholder="Name for what is searched now"
              maxLength={40}
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
            <button type="submit" className="button" disabled={name === ''}>
              Save
            </button>
          </form>
          {error !== undefined && (
            <p className="timeline-bad" role="alert">
              {visible(error.what)} {visible(error.why ?? '')} {visible(error.remedy ?? '')}
            </p>
          )}
        </>
      )}
    </Menu>
  );
}
