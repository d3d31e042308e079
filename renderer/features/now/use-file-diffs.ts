import { useEffect, useRef, useState } from 'react';
import type { ChangedFile } from '#contract/changed-file.ts';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { useLink } from '../../stores/link-store.ts';
import { countsWanted, type LoadedDiff } from './file-rows.ts';

/** Files whose lines are counted in one question. */
const countedAtOnce = 24;
/** Between two questions about files that go on changing, and about such of which nothing is known yet. */
const everyMs = 1500;
const soonMs = 100;

/** How many lines come and go in the files in view, as far as that is known. Asked for a few at a time, one question after the other. */
export function useFileCounts(session: string, inView: readonly ChangedFile[]): ReadonlyMap<string, LoadedDiff> {
  const [known, setKnown] = useState<ReadonlyMap<string, LoadedDiff>>(new Map());
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  const connected = useLink(({ link }) => link.state === 'connected');
  const wanted = countsWanted(inView, known, countedAtOnce);
  const key = wanted.map(({ path, seq }) => `${seq} ${path}`).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what is wanted
  useEffect(() => {
    if (key === '' || key === failed || !connected || isBusy) return;
    const isFirst = wanted.some(({ path }) => !known.has(path));
    const ask = async () => {
      const paths = wanted.map(({ path }) => path);
      const { base, files } = await call('session.diff', { session, paths, countsOnly: true });
      const found = files.map((file): [string, LoadedDiff] => {
        return [file.path, { base, file, seq: wanted.find(({ path }) => path === file.path)?.seq ?? 0 }];
      });
      setKnown((before) => new Map([...before, ...found]));
    };
    setBusy(true);
    ask()
      // The diff itself says why it cannot be had; the next change is another try.
      .catch(() => setFailed(key))
      .finally(() => window.setTimeout(() => setBusy(false), isFirst ? soonMs : everyMs));
  }, [session, key, failed, connected, isBusy]);
  return known;
}

/** What is known of one file's diff. */
export interface FileDiffState {
  readonly loaded: LoadedDiff | undefined;
  readonly error: ErrorData | undefined;
  /** The file changed since it was looked at. */
  readonly isOld: boolean;
  /** Looks again. */
  readonly show: () => void;
}

/** What changed in a file. It stays as it is while somebody reads it, also when the file changes again. */
export function useFileDiff(session: string, file: ChangedFile): FileDiffState {
  const [state, setState] = useState<{
    readonly path: string;
    readonly loaded?: LoadedDiff;
    readonly error?: ErrorData;
  }>();
  const [asked, setAsked] = useState(0);
  const connected = useLink(({ link }) => link.state === 'connected');
  const { path, seq } = file;
  const newest = useRef(seq);
  newest.current = seq;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when somebody wants to, not at each change
  useEffect(() => {
    if (!connected) return;
    let left = false;
    const atSeq = newest.current;
    call('session.diff', { session, paths: [path] }).then(
      ({ base, files: [found] }) => {
        if (!left && found !== undefined) setState({ path, loaded: { base, file: found, seq: atSeq } });
      },
      (error: unknown) => {
        if (!left) setState({ path, error: errorDataOf(error) });
      },
    );
    return () => {
      left = true;
    };
  }, [session, path, connected, asked]);
  const own = state?.path === path ? state : undefined;
  return {
    loaded: own?.loaded,
    error: own?.error,
    isOld: own?.loaded !== undefined && own.loaded.seq < seq,
    show: () => setAsked((before) => before + 1),
  };
}
