import type { Session } from '#contract/session.ts';
import { ancestorsOf, descendantsOf } from './ancestry.ts';
import type { SessionEntry } from './session-entry.ts';
import { pausedEvent } from './session-events.ts';
import type { SessionParts } from './session-parts.ts';

/** Why a nested session is paused when nobody named it. */
export const pausedWithParent = 'the session that started it is paused';

/** The sessions that a pause stops: those that are named, and all that they started. Each remembers with whom it stopped. */
export function toPause(named: readonly SessionEntry[], all: readonly SessionEntry[]): SessionEntry[] {
  // Who is named stays paused by itself, also one that stands still with its parent: a breaker that trips in it is not lifted with that.
  for (const entry of named) entry.pausedWith = undefined;
  const below = named.flatMap((entry) =>
    descendantsOf(entry, all).map((child) => {
      // What a person paused by itself stays so when the sessions above it go on; what stopped with one above `entry` now waits for `entry`.
      const before = child.pausedWith;
      const stopsWith =
        child.session.state === 'running' || (before !== undefined && ancestorsOf(entry).includes(before));
      if (stopsWith && !named.includes(child)) child.pausedWith = entry;
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
  return [...going];
}

/** Stops sessions where they are, or lets them go on, with their records; resolves with those for which it came to that. */
export async function setPaused(
  { audit, state }: Pick<SessionParts, 'audit' | 'state'>,
  all: ReadonlyMap<string, SessionEntry>,
  ids: readonly string[],
  paused: boolean,
  why: string,
): Promise<Session[]> {
  const before = paused ? 'running' : 'paused';
  const isBefore = (entry: SessionEntry) => entry.running !== undefined && entry.session.state === before;
  const meant = (paused ? toPause : toResume)(
    ids.flatMap((id) => all.get(id) ?? []),
    [...all.values()],
  );
  if (paused) for (const entry of meant) entry.pauses += 1;
  const entries = meant.filter(isBefore).map((entry) => ({ entry, pauses: entry.pauses }));
  // A pause narrows, so it does not wait for its record; going on does, and one that ended meanwhile does not.
  if (paused) for (const { entry } of entries) change(entry, true);
  await Promise.all(entries.map(({ entry }) => audit.append(pausedEvent(entry.session, paused, why))));
  const changed = entries.filter(({ entry, pauses }) => {
    if (paused || !isBefore(entry)) return paused;
    // Somebody paused it, or a breaker tripped, while that was put on record: the pause counts, and nobody's trip is lifted.
    if (entry.pauses !== pauses) audit.observe(pausedEvent(entry.session, true, 'it was paused again meanwhile'));
    else change(entry, false);
    return entry.pauses === pauses;
  });
  return changed.map(({ entry: { session } }) => {
    state.saveSession(session);
    return session;
  });
}

function change(entry: SessionEntry, paused: boolean): void {
  if (paused) entry.running?.process.pause();
  else {
    entry.pausedWith = undefined;
    entry.breakers.goOn();
    entry.running?.process.resume();
  }
  entry.session = { ...entry.session, state: paused ? 'paused' : 'running' };
}
