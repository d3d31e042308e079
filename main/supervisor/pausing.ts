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
  const going = new Set(free);
  // Nearest first: what was paused with one that goes on now goes on as well, however deep.
  const byDepth = [...all].sort((one, other) => ancestorsOf(one).length - ancestorsOf(other).length);
  for (const entry of byDepth) if (entry.pausedWith !== undefined && going.has(entry.pausedWith)) going.add(entry);
  for (const entry of going) entry.pausedWith = undefined;
  return [...going];
}
