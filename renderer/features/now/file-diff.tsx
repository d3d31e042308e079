import { useVirtualizer } from '@tanstack/react-virtual';
import { type Ref, useMemo, useRef, useState } from 'react';
import type { ChangedFile } from '#contract/changed-file.ts';
import { beforeWords, diffNotes } from '#contract/text/diff-words.ts';
import { copyText } from '../../components/copy-text.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { When } from '../../components/when.tsx';
import { type DiffRow, diffRows } from './diff-rows.ts';
import { ChangeCounts, ChangeWord, ShortPath } from './file-marks.tsx';
import { changeMark, type LoadedDiff } from './file-rows.ts';
import { useFileDiff } from './use-file-diffs.ts';
import './file-diff.css';

/** Height of a line; `line-height` in file-diff.css. */
const lineHeight = 20;
const overscan = 20;

/** What changed in one file. */
export function FileDiffView(props: {
  readonly session: string;
  readonly file: ChangedFile;
  readonly lines: Ref<HTMLElement>;
  /** Escape: back to the list. */
  readonly leave: () => void;
}) {
  const { session, file, lines, leave } = props;
  const { loaded, error, isOld, show } = useFileDiff(session, file);
  return (
    <section className="file-diff" aria-label="What changed in the chosen file">
      <DiffHeader file={file} loaded={loaded} isOld={isOld} show={show} />
      {error !== undefined ? (
        <ErrorNote title="What changed cannot be shown." error={error} />
      ) : loaded === undefined ? (
        <Skeleton label="What changed is being looked at" />
      ) : (
        <DiffBody key={file.path} loaded={loaded} lines={lines} leave={leave} />
      )}
    </section>
  );
}

interface HeaderParts {
  readonly file: ChangedFile;
  readonly loaded: LoadedDiff | undefined;
  readonly isOld: boolean;
  readonly show: () => void;
}

function DiffHeader({ file, loaded, isOld, show }: HeaderParts) {
  return (
    <header className="file-diff-header">
      <h2>
        <ShortPath path={file.path} />
      </h2>
      <ChangeWord mark={changeMark(file, loaded?.file)} />
      <ChangeCounts file={loaded?.file} />
      <span className="dim file-diff-when">
        <When at={file.lastAt} />
      </span>
      <span className="file-diff-acts">
        {isOld && (
          <button type="button" className="button file-diff-again" onClick={show}>
            Changed again · show
          </button>
        )}
        <CopyPath path={file.path} />
      </span>
      <span className="visually-hidden" role="status">
        {isOld ? 'The file changed again.' : ''}
      </span>
    </header>
  );
}

function CopyPath({ path }: { readonly path: string }) {
  const [copied, setCopied] = useState<string>();
  return (
    <button type="button" className="button" onClick={() => setCopied(copyText(path) ? path : undefined)}>
      <span role="status">{copied === path ? 'Copied' : 'Copy path'}</span>
    </button>
  );
}

interface BodyParts {
  readonly loaded: LoadedDiff;
  readonly lines: Ref<HTMLElement>;
  readonly leave: () => void;
}

function DiffBody({ loaded, lines, leave }: BodyParts) {
  const { base, file } = loaded;
  const rows = useMemo(() => diffRows(file.hunks), [file]);
  const notes = diffNotes(file);
  const against = beforeWords(base, file);
  return (
    <>
      <div className="file-diff-notes">
        {notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
        {against !== undefined && (
          <p className="dim file-diff-base" title={against}>
            {against}
          </p>
        )}
      </div>
      {rows.length === 0 ? <NoLines /> : <DiffLines rows={rows} lines={lines} leave={leave} />}
    </>
  );
}

function NoLines() {
  return <EmptyState title="There are no lines to show" />;
}

/** Lines with their numbers; those in view are drawn. */
function DiffLines({ rows, lines, leave }: Omit<BodyParts, 'loaded'> & { readonly rows: readonly DiffRow[] }) {
  const scroller = useRef<HTMLElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan,
  });
  const columns = useMemo(
    () => rows.reduce((most, row) => Math.max(most, row.kind === 'line' ? row.columns : 0), 0),
    [rows],
  );
  const take = (element: HTMLElement | null) => {
    scroller.current = element;
    if (typeof lines === 'function') lines(element);
    else if (lines !== null) lines.current = element;
  };
  return (
    <section
      ref={take}
      className="diff-lines"
      aria-label="Lines that changed"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
      tabIndex={0}
      onKeyDown={({ key }) => {
        if (key === 'Escape') leave();
      }}
    >
      <div className="diff-height" style={{ height: virtualizer.getTotalSize(), width: `calc(${columns}ch + 128px)` }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => (
          <Row key={index} row={rows[index]} top={start} />
        ))}
      </div>
    </section>
  );
}

const classes = { '+': 'diff-row diff-come', '-': 'diff-row diff-go', ' ': 'diff-row' } as const;
const signs = { '+': '+', '-': '−', ' ': '' } as const;

function Row({ row, top }: { readonly row: DiffRow | undefined; readonly top: number }) {
  const style = { transform: `translateY(${top}px)` };
  if (row === undefined) return null;
  if (row.kind === 'where') {
    return (
      <div className="diff-row diff-where" style={style}>
        {row.words}
      </div>
    );
  }
  const { sign, oldLine, newLine, pieces, remark } = row;
  return (
    <div className={classes[sign]} style={style}>
      <span className="diff-gutter">
        <span className="diff-number">{oldLine}</span>
        <span className="diff-number">{newLine}</span>
        <span className="diff-sign">{signs[sign]}</span>
      </span>
      <bdi className="diff-text" dir="ltr">
        {pieces.map(({ text, written }, index) =>
          written ? (
            // Pieces of a line that never changes.
            // biome-ignore lint/suspicious/noArrayIndexKey: there is nothing else to tell them apart by
            <span key={index} className="diff-written">
              {text}
            </span>
          ) : (
            text
          ),
        )}
      </bdi>
      {remark !== undefined && <span className="diff-remark">{remark}</span>}
    </div>
  );
}
