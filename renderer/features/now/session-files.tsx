import type { AuditEvent } from '#contract/audit.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { When } from '../../components/when.tsx';
import { changedFiles } from './changed-files.ts';
import { ScrollRegion } from './scroll-region.tsx';
import { useSessionEvents } from './session-events.ts';

/** Changes that are looked at; what changed before them is in the timeline. */
const changesMax = 2000;
/** Files that are listed. */
const filesMax = 500;
const isChange = ({ kind }: AuditEvent) => kind === 'workspace.changed';

/** Files of the workspace that changed while the session ran. Who changed them is not known: a person edits there too. */
export function SessionFiles({ session }: { readonly session: string }) {
  const { events, loaded, more, error } = useSessionEvents(session, 'kind:workspace.changed', changesMax, isChange);
  if (error !== undefined) return <ErrorNote title="The record could not be read." error={error} />;
  if (!loaded) return <Skeleton label="The record is being read" />;
  const files = changedFiles(events);
  if (files.length === 0) {
    return (
      <EmptyState title="No file has changed">
        <p>Files that change in its folder while it runs are listed here.</p>
      </EmptyState>
    );
  }
  return (
    <ScrollRegion label="Files">
      <table className="now-facts">
        <caption className="dim">
          {files.length} {files.length === 1 ? 'file' : 'files'} changed in its folder while it ran
          {more || files.length > filesMax
            ? `; the last ${changesMax} changes are looked at, and ${filesMax} files shown`
            : ''}
        </caption>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">What became of it</th>
            <th scope="col" className="now-number">
              Times
            </th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {files.slice(0, filesMax).map(({ path, change, times, lastAt }) => (
            <tr key={path}>
              <td>
                <ForeignText text={path} most={90} />
              </td>
              <td
                className={`now-change now-change-${change === 'created' || change === 'deleted' ? change : 'changed'}`}
              >
                {change}
              </td>
              <td className="now-number">{times}</td>
              <td className="dim">
                <When at={lastAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
