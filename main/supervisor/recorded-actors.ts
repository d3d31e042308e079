import type { NewEvent } from '#contract/audit.ts';
import type { SessionActor } from '#contract/session.ts';
import type { OpenedAuditLog } from '../adapters/sqlite/audit-log.ts';

/** Who stands behind a session, nearest first; undefined for one that a person started, and for one that is not known. */
export type ActorsOf = (sessionId: string) => readonly SessionActor[] | undefined;

/**
 * The log, with the chain of actors in every event of a nested session: in one place, so that no event of any part comes without it.
 */
export function withActorsOnRecord(log: OpenedAuditLog, actorsOf: ActorsOf): OpenedAuditLog {
  const complete = (event: NewEvent): NewEvent => {
    const actors = event.session === undefined ? undefined : actorsOf(event.session);
    if (actors === undefined) return event;
    const chain = actors.map(({ session, agent }) => ({ session, agent }));
    return { ...event, detail: { ...event.detail, actors: chain } };
  };
  return {
    get damage() {
      return log.damage;
    },
    append: (event) => log.append(complete(event)),
    observe: (event) => log.observe(complete(event)),
    flush: () => log.flush(),
    addSecret: (value, label) => log.addSecret(value, label),
    subscribe: (listener) => log.subscribe(listener),
    signWith: (keeper) => log.signWith(keeper),
    compact: (through, why) => log.compact(through, why),
    reindex: () => log.reindex(),
    checkpoint: () => log.checkpoint(),
    close: () => log.close(),
  };
}
