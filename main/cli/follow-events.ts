import type { Params } from '#contract/api.ts';
import type { AuditEvent } from '#contract/audit.ts';
import type { ControlClient } from '../adapters/control/client.ts';

/** What to follow: a query, and how many of the events before now to begin with. */
export interface Following {
  readonly query: string;
  readonly agent?: string;
  readonly session?: string;
  readonly since?: string;
  readonly tail: number;
}

/** A running tail of the log. */
export interface EventTail {
  /** Stops following, after what is on record by now was handed out. */
  finish(): Promise<void>;
}

/**
 * Hands out matching events in order, each once: first the newest `tail` of the past, then what comes. It starts to follow before
 * it looks back, so that nothing falls between.
 */
export async function followEvents(
  control: ControlClient,
  following: Following,
  emit: (event: AuditEvent) => void,
): Promise<EventTail> {
  const early: AuditEvent[] = [];
  let last = 0;
  let live = false;
  const take = (event: AuditEvent) => {
    if (event.seq <= last) return;
    last = event.seq;
    emit(event);
  };
  const unsubscribe = control.on('log.appended', ({ event }) => {
    if (live) take(event);
    else early.push(event);
  });
  await control.call('log.follow', { query: followQuery(following) });
  for (const event of await past(control, following, 0)) take(event);
  for (const event of early) take(event);
  live = true;
  return {
    async finish() {
      unsubscribe();
      for (const event of await past(control, following, last)) take(event);
    },
  };
}

async function past(
  control: ControlClient,
  { query, agent, session, since, tail }: Following,
  after: number,
): Promise<AuditEvent[]> {
  if (tail === 0) return [];
  const params: Params<'log.query'> = { query, limit: tail, after };
  if (agent !== undefined) params.agent = agent;
  if (session !== undefined) params.session = session;
  if (since !== undefined) params.since = since;
  const { events } = await control.call('log.query', params);
  return events.toReversed();
}

/** `log.follow` knows only the query language, so the options become fields of it. */
function followQuery({ query, agent, session }: Following): string {
  return [query, agent && `agent:${agent}`, session && `session:${session}`].filter(Boolean).join(' ');
}
