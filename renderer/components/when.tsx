import { useSyncExternalStore } from 'react';
import { relativeText } from '#contract/text/span.ts';

/** How often relative times are written anew. */
const everyMs = 1000;

let nowMs = Date.now();
const listeners = new Set<() => void>();
let timer: number | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  nowMs = Date.now();
  timer ??= window.setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, everyMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** The time in milliseconds since 1970, one clock for all that is shown. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** A moment as people say it; exactly on hover. */
export function When({ at }: { readonly at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {relativeText(at, now)}
    </time>
  );
}
