import type { FileDiff } from '#contract/session-diff.ts';
import { visible } from '#contract/text/visible.ts';
import { type ChangeMark, pathPieces } from './file-rows.ts';

/** What became of a file, as sign and word. */
export function ChangeWord({ mark }: { readonly mark: ChangeMark }) {
  return (
    <span className={`files-mark files-${mark.tone}`}>
      <span className="files-sign" aria-hidden="true">
        {mark.sign}
      </span>{' '}
      {mark.word}
    </span>
  );
}

/** A path on one line: its folders give way first, so that a long one is cut in its middle. Whole on hover. */
export function ShortPath({ path }: { readonly path: string }) {
  const { folder, name } = pathPieces(path);
  return (
    <bdi className="files-path mono" dir="ltr" title={visible(path)}>
      <span className="files-folder">{folder}</span>
      <span className="files-name">{name}</span>
    </bdi>
  );
}

/** How many lines come and go, when they were counted. */
export function ChangeCounts({ file }: { readonly file: FileDiff | undefined }) {
  const { added, removed } = file ?? {};
  if (added === undefined || removed === undefined) return <span className="files-counts" />;
  return (
    <span className="files-counts">
      {added > 0 && <span className="files-good">+{added}</span>}
      {removed > 0 && <span className="files-bad">−{removed}</span>}
      {added + removed === 0 && <span className="dim">0</span>}
    </span>
  );
}
