import { useEffect, useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { onEvents } from '../../stores/events-store.ts';

/** Events of one session that a page keeps; older ones are in the timeline. */
const keptMax = 2000;

/** Events of one session, as a page shows them. */
export interface SessionEvents {
  /** Newest first. */
  readonly events: readonly AuditEvent[];
  readonly loaded: boolean;
  /** There are older ones than these. */
  readonly more: boolean;
  readonly error: ErrorData | undefined;
}

const nothing: SessionEvents = { events: [], loaded: false, more: false, error: undefined };

/** A session's events that match a query, from the record and then as they come. `accepts` is the query for those. */
export function useSessionEvents(
  session: string,
  query: string,
  limit: number,
  accepts: (event: AuditEvent) => boolean,
): SessionEvents {
  const [state, setState] = useState(nothing);
  useEffect(() => {
    let left = false;
    setState(nothing);
    const load = async () => {
      try {
        const { events, more } = await call('log.query', { query, session, limit });
        if (!left) setState((known) => ({ events: merge(known.events, events), loaded: true, more, error: undefined }));
      } catch (error) {
        if (!left) setState((known) => ({ ...known, loaded: true, error: errorDataOf(error) }));
      }
    };
    const stop = onEvents((events, dropped) => {
      const own = events.filter((event) => event.session === session && accepts(event));
      if (own.length > 0) setState((known) => ({ ...known, events: merge(known.events, own) }));
      // Some came too fast to be passed on: the record has them.
      if (dropped > 0) void load();
    });
    void load();
    return () => {
      left = true;
      stop();
    };
  }, [session, query, limit, accepts]);
  return state;
}

function merge(known: readonly AuditEvent[], added: readonly AuditEvent[]): readonly AuditEvent[] {
  const bySeq = new Map([...known, ...added].map((event) => [event.seq, event]));
  return [...bySeq.values()].toSorted((a, b) => b.seq - a.seq).slice(0, keptMax);
}
