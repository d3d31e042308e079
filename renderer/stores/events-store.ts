import type { AuditEvent } from '#contract/audit.ts';

type Listener = (events: readonly AuditEvent[], dropped: number) => void;

const listeners = new Set<Listener>();

/** Calls back with every batch of new entries until the returned function is called. */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hands a batch to everybody. Called by the one who listens to the bridge. */
export function passEvents(events: readonly AuditEvent[], dropped: number): void {
  for (const listener of listeners) listener(events, dropped);
}
