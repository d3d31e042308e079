import { create } from 'zustand';
import type { AuditEvent } from '#contract/audit.ts';
import { call } from '../../bridge.ts';
import { onEvents } from '../../stores/events-store.ts';
import { type Moment, remember } from './activity-buckets.ts';

/** Blocked events that lines are made of. */
const blockedEventsMax = 300;
/** Events of before this page was opened that are asked for, for the strips. */
const recentMax = 1000;

/** What the page of now remembers of the events that went by. */
interface LiveEvents {
  /** The last minute of every session that did something. */
  readonly moments: ReadonlyMap<string, readonly Moment[]>;
  readonly blockedEvents: readonly AuditEvent[];
}

/** The last minute of sessions, and what was blocked; kept while the window is open, whatever page is shown. */
export const useLiveEvents = create<LiveEvents>()(() => ({ moments: new Map(), blockedEvents: [] }));

const seen = new Set<number>();
/** Numbers of events that were counted already; only the first seconds see one twice. */
const seenMax = 5000;

function take(events: readonly AuditEvent[]): void {
  // Also within what is handed over: two questions to the record can have the same answer.
  const added = events.filter(({ seq }) => {
    const isNew = !seen.has(seq);
    seen.add(seq);
    return isNew;
  });
  for (const oldest of seen) {
    if (seen.size <= seenMax) break;
    seen.delete(oldest);
  }
  if (added.length === 0) return;
  const nowMs = Date.now();
  const { moments, blockedEvents } = useLiveEvents.getState();
  const bySession = Map.groupBy(
    added.filter(({ session }) => session !== undefined),
    ({ session }) => session ?? '',
  );
  const updated = new Map(moments);
  for (const [session, own] of bySession) {
    const known = updated.get(session) ?? [];
    const fresh = own.map(({ at, decision }) => ({ atMs: Date.parse(at), blocked: decision === 'deny' }));
    updated.set(session, remember(known, fresh, nowMs));
  }
  const blocked = added.filter(({ decision }) => decision === 'deny');
  useLiveEvents.setState({
    moments: updated,
    ...(blocked.length === 0 ? {} : { blockedEvents: [...blockedEvents, ...blocked].slice(-blockedEventsMax) }),
  });
}

onEvents((events) => take(events));

/** Asks for what happened before the window listened. What fails here fails in plain sight elsewhere. */
export async function loadRecentEvents(): Promise<void> {
  const [recent, blocked] = await Promise.allSettled([
    call('log.query', { query: 'since:60s', limit: recentMax }),
    call('log.query', { query: 'decision:deny since:15m', limit: blockedEventsMax }),
  ]);
  const found = [recent, blocked].flatMap((each) => (each.status === 'fulfilled' ? each.value.events : []));
  take(found.toSorted((a, b) => a.seq - b.seq));
}
