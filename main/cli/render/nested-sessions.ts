import type { Session } from '#contract/session.ts';

/** Sessions in the order given, but each one that another started below that, when both are listed. */
export function underTheirParents(list: readonly Session[]): Session[] {
  const ids = new Set(list.map(({ id }) => id));
  const parentOf = ({ actors }: Session) => actors?.find(({ session }) => ids.has(session))?.session;
  const below = (parent: string | undefined): Session[] =>
    list.filter((session) => parentOf(session) === parent).flatMap((session) => [session, ...below(session.id)]);
  return below(undefined);
}

/** The agent of a session, after a branch for one that another session started. */
export function agentInTree({ agent, actors }: Session): string {
  return actors === undefined ? agent : `${'  '.repeat(actors.length - 1)}└ ${agent}`;
}
