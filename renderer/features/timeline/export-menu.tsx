import { useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { errorDataOf, unwrap } from '../../bridge.ts';
import { Menu } from './menu.tsx';
import { useTimeline } from './timeline-store.ts';

const formats = [
  { format: 'jsonl', name: 'JSON Lines', what: 'one event a line, as the command line prints them' },
  { format: 'csv', name: 'CSV', what: 'for a spreadsheet' },
  { format: 'ocsf', name: 'OCSF', what: 'for a security data lake' },
] as const;

/** Writes what the query finds to a file that the person chooses. */
export function ExportMenu() {
  const query = useTimeline((state) => state.query);
  const [state, setState] = useState<{ readonly words: string } | { readonly error: ErrorData }>();
  const save = async (format: (typeof formats)[number]['format']) => {
    setState({ words: 'Being exported…' });
    try {
      const path = unwrap(await window.gatehouse.exportLog(query, format));
      setState(path === undefined ? undefined : { words: `Exported to ${visible(path)}` });
    } catch (failure) {
      setState({ error: errorDataOf(failure) });
    }
  };
  return (
    <Menu label="Export" onOpen={() => setState(undefined)}>
      {() => (
        <>
          <p className="dim">{query === '' ? 'The whole log' : 'What this query finds'}, to a file that you choose.</p>
          <ul className="timeline-searches">
            {formats.map(({ format, name, what }) => (
              <li key={format}>
                <button type="button" onClick={() => void save(format)}>
                  <span>{name}</span>
                  <span className="dim">{what}</span>
                </button>
              </li>
            ))}
          </ul>
          <div role="status">
            {state !== undefined && 'words' in state && <p>{state.words}</p>}
            {state !== undefined && 'error' in state && (
              <p className="timeline-bad">
                {visible(state.error.what)} {visible(state.error.why ?? '')}
              </p>
            )}
          </div>
        </>
      )}
    </Menu>
  );
}
