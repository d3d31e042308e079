import { ancestorsOf, descendantsOf } from './ancestry.ts';
import type { SessionEntry } from './session-entry.ts';

/** Why a nested session is paused when nobody named it. */
export const pausedWithParent = 'the session that started it is paused';

/** The sessions that a pause stops: those that are named, and all that they started. Each remembers with whom it stopped. */
export function toPause(named: readonly SessionEntry[], all: readonly SessionEntry[]): SessionEntry[] {
  const below = named.flatMap((entry) =>
    descendantsOf(entry, all).map((child) => {
      // What a person paused by itself stays so when the sessions above it go on.
      if (child.session.state === 'running' && !named.includes(child)) child.pausedWith = entry;
      return child;
    }),
  );
  return [...new Set([...named, ...below])];
}

/** The sessions that go on: those that are named, unless one above them stands still, and what was paused with them. */
export function toResume(named: readonly SessionEntry[], all: readonly SessionEntry[]): SessionEntry[] {
  const free = named.filter((entry) =>
    ancestorsOf(entry).every((above) => above.session.state !== 'paused' || named.includes(above)),
  );
  const below = free.flatMap((entry) => descendantsOf(entry, all).filter(({ pausedWith }) => pausedWith === entry));
  for (const entry of [...free, ...below]) entry.pausedWith = undefined;
  return [...new Set([...free, ...below])];
}
