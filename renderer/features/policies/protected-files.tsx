import { useId, useState } from 'react';
import type { PolicyList, ProtectedFile } from '#contract/policy.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';

/** Files that other programs execute or trust later, with the reasons, and what is left to agents on purpose. */
export function ProtectedFiles({ list }: { readonly list: PolicyList }) {
  const [typed, setTyped] = useState('');
  const id = useId();
  const wanted = typed.trim().toLowerCase();
  const found = list.protected.filter(
    ({ path, reason }) => path.toLowerCase().includes(wanted) || reason.toLowerCase().includes(wanted),
  );
  const kept = found.filter((each) => each.protected);
  const left = found.filter((each) => !each.protected);
  return (
    <div className="protected">
      <p>
        <label htmlFor={id}>Find</label>{' '}
        <input
          id={id}
          type="search"
          className="field"
          value={typed}
          placeholder="hooks, editor…"
          onChange={(event) => setTyped(event.target.value)}
        />{' '}
        <span className="dim" role="status">
          {kept.length} protected, {left.length} left to agents
        </span>
      </p>
      {found.length === 0 && <EmptyState title="No such file is listed" />}
      {kept.length > 0 && <Files title="Read-only inside; changing one is asked about every time" files={kept} />}
      {left.length > 0 && <Files title="Left to agents on purpose" files={left} />}
    </div>
  );
}

function Files({ title, files }: { readonly title: string; readonly files: readonly ProtectedFile[] }) {
  return (
    <table className="table">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col">Because</th>
        </tr>
      </thead>
      <tbody>
        {files.map(({ path, reason }) => (
          <tr key={path}>
            <th scope="row">
              <ForeignText text={path} most={56} />
            </th>
            <td>{reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
