import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type RefObject, useEffect } from 'react';
import type { ChangedFile } from '#contract/changed-file.ts';
import { visible } from '#contract/text/visible.ts';
import { ChangeCounts, ChangeWord, ShortPath } from './file-marks.tsx';
import { changeMark, type LoadedDiff } from './file-rows.ts';

/** Height of a row; `--row` of the tokens. */
const rowHeight = 32;
const overscan = 6;

interface ListParts {
  readonly list: RefObject<HTMLDivElement | null>;
  readonly files: readonly ChangedFile[];
  readonly diffs: ReadonlyMap<string, LoadedDiff>;
  readonly chosen: string | undefined;
  readonly choose: (path: string) => void;
  /** Enter: to what changed in the chosen one. */
  readonly open: () => void;
  /** Which of them are drawn. */
  readonly onView: (first: number, last: number) => void;
}

/** Files that changed: arrows go through them, Enter goes to the lines of the chosen one. */
export function FileList({ list: scroller, files, diffs, chosen, choose, open, onView }: ListParts) {
  const virtualizer = useVirtualizer({
    count: files.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => onView(first, last), [first, last, onView]);
  const at = files.findIndex(({ path }) => path === chosen);
  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: files.length - 1,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      const next = Math.max(0, Math.min(files.length - 1, step));
      const file = files[next];
      virtualizer.scrollToIndex(next);
      if (file !== undefined) choose(file.path);
    } else if (event.key === 'Enter') open();
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className="files-list"
      role="listbox"
      aria-label="Files that changed"
      aria-activedescendant={at === -1 ? undefined : `file-${at}`}
      tabIndex={0}
      onKeyDown={onKey}
      onClick={() => scroller.current?.focus()}
    >
      <div role="presentation" className="files-height" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const file = files[index];
          if (file === undefined) return null;
          return (
            <FileRow
              key={file.path}
              file={file}
              index={index}
              of={files.length}
              top={start}
              diff={diffs.get(file.path)}
              isChosen={file.path === chosen}
              choose={choose}
            />
          );
        })}
      </div>
    </div>
  );
}

interface RowParts {
  readonly file: ChangedFile;
  readonly index: number;
  readonly of: number;
  readonly top: number;
  readonly diff: LoadedDiff | undefined;
  readonly isChosen: boolean;
  readonly choose: (path: string) => void;
}

function FileRow({ file, index, of, top, diff, isChosen, choose }: RowParts) {
  const mark = changeMark(file, diff?.file);
  const times = file.times === 1 ? 'once' : `${file.times} times`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys for all of its rows
    <div
      id={`file-${index}`}
      className={isChosen ? 'files-row files-row-chosen' : 'files-row'}
      role="option"
      tabIndex={-1}
      aria-selected={isChosen}
      aria-posinset={index + 1}
      aria-setsize={of}
      style={{ transform: `translateY(${top}px)` }}
      title={`${visible(file.path)}\n${mark.word}, ${times}, last ${new Date(file.lastAt).toLocaleString()}`}
      onClick={() => choose(file.path)}
    >
      <ChangeWord mark={mark} />
      <ShortPath path={file.path} />
      <ChangeCounts file={diff?.file} />
    </div>
  );
}
