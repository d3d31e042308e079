import { useId } from 'react';
import { visible } from '#contract/text/visible.ts';

/** Folders in the list, besides the one that was chosen. */
const listedMax = 20;

/** Whose repository's rules are shown with the others. */
export function WorkspaceChoice({
  workspaces,
  chosen,
  home,
  choose,
}: {
  readonly workspaces: readonly string[];
  readonly chosen: string | undefined;
  readonly home: string | undefined;
  readonly choose: (workspace: string) => void;
}) {
  const id = useId();
  const listed = [...new Set([...(chosen === undefined ? [] : [chosen]), ...workspaces])].slice(0, listedMax);
  const short = (path: string) =>
    visible(home !== undefined && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
  const pick = async () => {
    const folder = await window.gatehouse.chooseFolder();
    if (folder !== undefined) choose(folder);
  };
  return (
    <div className="workspace-choice">
      <label htmlFor={id}>In</label>
      <select
        id={id}
        className="field mono"
        value={chosen ?? ''}
        disabled={listed.length === 0}
        onChange={(event) => choose(event.target.value)}
      >
        {chosen === undefined && <option value="">any folder</option>}
        {listed.map((path) => (
          <option key={path} value={path}>
            {short(path)}
          </option>
        ))}
      </select>
      <button type="button" className="button" onClick={() => void pick()}>
        Folder…
      </button>
    </div>
  );
}
