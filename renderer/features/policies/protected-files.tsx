import type { PolicyList, ProtectedFile } from '#contract/policy.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { isWanted } from './rule-words.ts';
import './rule-tables.css';

/** Files that other programs execute or trust later, with the reasons, and what is left to agents on purpose. */
export function ProtectedFiles({ list, wanted }: { readonly list: PolicyList; readonly wanted: string }) {
  const found = list.protected.filter(({ path, reason }) => isWanted([path, reason], wanted));
  const kept = found.filter((each) => each.protected);
  const left = found.filter((each) => !each.protected);
  return (
    <div className="protected">
      <p role="status" className="dim">
        {kept.length} protected, {left.length} left to agents
      </p>
      {found.length === 0 && (
        <EmptyState title="No such file is listed">
          <p>Whatever is not listed and lies in the workspace, an agent may change.</p>
        </EmptyState>
      )}
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
