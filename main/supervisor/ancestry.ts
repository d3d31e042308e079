import type { SessionActor } from '#contract/session.ts';
import type { SessionEntry } from './session-entry.ts';

/** The sessions above one, nearest first. */
export function ancestorsOf(entry: SessionEntry): SessionEntry[] {
  const above: SessionEntry[] = [];
  for (let at = entry.parent; at !== undefined; at = at.parent) above.push(at);
  return above;
}

/** Who stands behind what `parent` starts: itself, and who started it. */
export function actorsFrom(parent: SessionEntry): SessionActor[] {
  return [parent, ...ancestorsOf(parent)].map(({ session }) => ({ session: session.id, agent: session.agent }));
}

/** The sessions that `entry` started and that are not over. */
export function childrenOf(entry: SessionEntry, entries: Iterable<SessionEntry>): SessionEntry[] {
  return [...entries].filter(({ parent }) => parent === entry);
}

/** Every session below `entry` that is not over. */
export function descendantsOf(entry: SessionEntry, entries: Iterable<SessionEntry>): SessionEntry[] {
  return [...entries].filter((each) => ancestorsOf(each).includes(entry));
}
