import type { AuditEvent } from '#contract/audit.ts';
import type { LoadSession } from './kill-load.ts';

/** What somebody knows that it happened, so that it must be on record. */
export interface Acknowledged {
  readonly sessions: readonly LoadSession[];
  /** Sessions whose end a `session.kill` answered. */
  readonly killed: readonly string[];
  /** Paths of the requests that reached the loopback service. */
  readonly requests: readonly string[];
  /** Marks of the files that were written. */
  readonly written: readonly string[];
  /** What a follower was told: number and hash. */
  readonly told: readonly { readonly seq: number; readonly hash: string }[];
}

/** Compares what was acknowledged with what is on record since; returns everything that was lost, in words. */
export function findLost(acknowledged: Acknowledged, events: readonly AuditEvent[]): string[] {
  const lost: string[] = [];
  const starting = new Map<string, AuditEvent>();
  for (const event of events) {
    const command = event.kind === 'session.starting' ? event.detail['command'] : undefined;
    const mark = Array.isArray(command) ? command.at(-1) : undefined;
    if (typeof mark === 'string') starting.set(mark, event);
  }
  const has = (kind: AuditEvent['kind'], session: string): boolean =>
    events.some((event) => event.kind === kind && event.session === session);

  for (const { mark, kind, id, spoke, end } of acknowledged.sessions) {
    if (spoke && !starting.has(mark)) lost.push(`${kind} ${mark} spoke, and no session.starting is on record`);
    if (id === undefined) continue;
    if (!has('session.starting', id)) lost.push(`session ${id} was answered, and its session.starting is lost`);
    if (!has('session.started', id)) lost.push(`session ${id} was answered, and its session.started is lost`);
    if (!has('grant.issued', id)) lost.push(`session ${id} has a grant, and its grant.issued is lost`);
    if (end !== undefined && !has('session.ended', id)) lost.push(`the end of ${id} was told, and is not on record`);
  }
  for (const id of acknowledged.killed) {
    if (!has('session.ended', id)) lost.push(`the kill of ${id} was answered, and its end is not on record`);
  }
  for (const mark of acknowledged.written) {
    if (!starting.has(mark)) lost.push(`a file of ${mark} was written, and no session.starting is on record`);
  }
  lost.push(...lostRequests(acknowledged.requests, events, starting));
  const hashes = new Map(events.map(({ seq, hash }) => [seq, hash]));
  for (const { seq, hash } of acknowledged.told) {
    if (hashes.get(seq) !== hash) lost.push(`a follower was told of ${seq}, and another or no entry is there`);
  }
  return lost;
}

/** Each request through the proxy has an allow of its own path; through the relay, each has a connection of its own. */
function lostRequests(
  requests: readonly string[],
  events: readonly AuditEvent[],
  starting: ReadonlyMap<string, AuditEvent>,
): string[] {
  const lost: string[] = [];
  const allowed = new Set<string>();
  const opened = new Map<string, number>();
  for (const { kind, resource, decision, session = '', detail } of events) {
    if (decision !== 'allow' || (kind !== 'decision' && kind !== 'connection.opened')) continue;
    if (resource?.kind === 'url') allowed.add(resource.path);
    else if (detail['protocol'] === 'connect') opened.set(session, (opened.get(session) ?? 0) + 1);
  }
  const relayed = new Map<string, number>();
  for (const request of requests) {
    const [, way, mark = ''] = request.split('/');
    if (way === 'proxied' && !allowed.has(request)) lost.push(`${request} arrived, and its allow is not on record`);
    if (way === 'relayed') relayed.set(mark, (relayed.get(mark) ?? 0) + 1);
  }
  for (const [mark, count] of relayed) {
    const known = opened.get(starting.get(mark)?.session ?? '') ?? 0;
    if (known < count)
      lost.push(`${count} requests of ${mark} came through the relay, and ${known} connections are on record`);
  }
  return lost;
}

/** Sessions that began on record and have no end there. */
export function findEndless(events: readonly AuditEvent[]): string[] {
  const over = new Set(events.filter(({ kind }) => kind === 'session.ended').map(({ session }) => session));
  return events.flatMap(({ kind, session }) =>
    kind === 'session.started' && session !== undefined && !over.has(session) ? [session] : [],
  );
}
