import type { SessionActor } from '#contract/session.ts';
import type { InsideProduct } from '../core/sandbox/sandbox.ts';
import { nestingDepthMax } from '../core/sessions/nesting.ts';
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

/** Whether a session can start others at all: there is a program to ask with, and it is not as deep as sessions nest. */
export function mayNest(entry: SessionEntry, product: InsideProduct | undefined): boolean {
  return product !== undefined && ancestorsOf(entry).length < nestingDepthMax;
}

/** The sessions that `entry` started and that are not over. */
export function childrenOf(entry: SessionEntry, entries: Iterable<SessionEntry>): SessionEntry[] {
  return [...entries].filter(({ parent }) => parent === entry);
}

/** Every session below `entry` that is not over. */
export function descendantsOf(entry: SessionEntry, entries: Iterable<SessionEntry>): SessionEntry[] {
  return [...entries].filter((each) => ancestorsOf(each).includes(entry));
}
