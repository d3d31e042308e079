import type { Session } from '#contract/session.ts';

/** A session in a list, and how many that started it stand above it. */
export interface Branch {
  readonly session: Session;
  readonly depth: number;
}

/** Deeper ones are drawn at this depth; they are still below who started them. */
const depthMax = 4;

/** Newest first, and each directly followed by what it started. One whose parent is not among them stands by itself. */
export function treeOf(sessions: readonly Session[]): readonly Branch[] {
  const ids = new Set(sessions.map(({ id }) => id));
  const children = new Map<string | undefined, Session[]>();
  for (const session of sessions) {
    const above = session.actors?.[0]?.session;
    const parent = above !== undefined && above !== session.id && ids.has(above) ? above : undefined;
    children.set(parent, [...(children.get(parent) ?? []), session]);
  }
  const branches: Branch[] = [];
  const seen = new Set<string>();
  const add = (parent: string | undefined, depth: number) => {
    const newestFirst = (children.get(parent) ?? []).toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
    for (const session of newestFirst) {
      if (seen.has(session.id)) continue;
      seen.add(session.id);
      branches.push({ session, depth: Math.min(depth, depthMax) });
      add(session.id, depth + 1);
    }
  };
  add(undefined, 0);
  return branches;
}
