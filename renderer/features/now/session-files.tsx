import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import { type ChangedFile, changedFiles } from '#contract/changed-file.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { FileDiffView } from './file-diff.tsx';
import { FileList } from './file-list.tsx';
import { keptOrder } from './file-rows.ts';
import { useSessionEvents } from './session-events.ts';
import { useFileCounts } from './use-file-diffs.ts';
import './session-files.css';

/** Changes that are looked at; what changed before them is in the timeline. */
const changesMax = 2000;
/** A file is looked at when the arrows rest on it. */
const restsMs = 120;
const isChange = ({ kind }: AuditEvent) => kind === 'workspace.changed';

/** Files of the workspace that changed while the session ran, and what changed in them. Who did it is not known: a person edits there too. */
export function SessionFiles({ session }: { readonly session: string }) {
  const { events, loaded, more, error } = useSessionEvents(session, 'kind:workspace.changed', changesMax, isChange);
  const files = useOrdered(useMemo(() => changedFiles(events), [events]));
  if (error !== undefined) return <ErrorNote title="The record could not be read." error={error} />;
  if (!loaded) return <Skeleton label="The record is being read" />;
  if (files.length === 0) {
    return (
      <EmptyState title="No file has changed">
        <p>Files that change in its folder while it runs are listed here.</p>
      </EmptyState>
    );
  }
  return <Files session={session} files={files} more={more} />;
}

/** Files in an order that stays while new ones come. */
function useOrdered(files: readonly ChangedFile[]): readonly ChangedFile[] {
  const order = useRef<readonly string[]>([]);
  return useMemo(() => {
    order.current = keptOrder(order.current, files);
    const byPath = new Map(files.map((file) => [file.path, file]));
    return order.current.flatMap((path) => byPath.get(path) ?? []);
  }, [files]);
}

interface FilesParts {
  readonly session: string;
  readonly files: readonly ChangedFile[];
  readonly more: boolean;
}

function Files({ session, files, more }: FilesParts) {
  const [chosen, setChosen] = useState(files[0]?.path);
  const [view, setView] = useState({ first: 0, last: 0 });
  const onView = useCallback((first: number, last: number) => setView({ first, last }), []);
  const counts = useFileCounts(session, files.slice(view.first, view.last + 1));
  const shown = useRested(chosen);
  const file = files.find(({ path }) => path === shown) ?? files[0];
  const list = useRef<HTMLDivElement>(null);
  const lines = useRef<HTMLElement>(null);
  return (
    <div className="files">
      <div className="files-side">
        <p className="files-sum dim">
          {files.length === 1 ? '1 file changed' : `${files.length} files changed`} while it ran
          {more ? `; the last ${changesMax} changes are looked at` : ''}
        </p>
        <FileList
          list={list}
          files={files}
          diffs={counts}
          chosen={chosen}
          choose={setChosen}
          open={() => lines.current?.focus()}
          onView={onView}
        />
      </div>
      {file !== undefined && (
        <FileDiffView session={session} file={file} lines={lines} leave={() => list.current?.focus()} />
      )}
    </div>
  );
}

/** The value after it has stood still for a moment; the first one at once. */
function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(value), restsMs);
    return () => window.clearTimeout(timer);
  }, [value]);
  return rested;
}
