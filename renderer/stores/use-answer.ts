import { useCallback, useEffect, useRef, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { errorDataOf } from '../bridge.ts';
import { onEvents } from './events-store.ts';
import { useLink } from './link-store.ts';

/** Changes that come together are one reason to ask again. */
const settleMs = 150;

/** What was answered last, and why the newest question was not. */
export interface Answered<T> {
  readonly value: T | undefined;
  readonly error: ErrorData | undefined;
  readonly reload: () => void;
}

/**
 * Asks the supervisor, and again whenever `key` changes, the connection comes back, or something of the `kinds` happens. The last answer
 * stays until the next one is there; an answer to an older key is dropped.
 */
export function useAnswer<T>(key: string, ask: () => Promise<T>, kinds?: RegExp): Answered<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: ErrorData }>({ key });
  const connected = useLink(({ link }) => link.state === 'connected');
  const [turn, setTurn] = useState(0);
  const newest = useRef(ask);
  newest.current = ask;
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn asks again
  useEffect(() => {
    if (!connected) return;
    let isCurrent = true;
    newest.current().then(
      (value) => isCurrent && setState({ key, value }),
      (error) =>
        isCurrent && setState((before) => ({ ...(before.key === key ? before : {}), key, error: errorDataOf(error) })),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, connected, turn]);
  useEffect(() => {
    if (kinds === undefined) return;
    let timer: number | undefined;
    const stop = onEvents((events, dropped) => {
      if (dropped === 0 && !events.some(({ kind }) => kinds.test(kind))) return;
      timer ??= window.setTimeout(() => {
        timer = undefined;
        reload();
      }, settleMs);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [kinds, reload]);
  const own = state.key === key;
  return { value: own ? state.value : undefined, error: own ? state.error : undefined, reload };
}
