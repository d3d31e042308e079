import type { Approval } from '#contract/approval.ts';
import type { AuditEvent } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';

/** How far back "just now" reaches. */
export const blockedMs = 15 * 60_000;
/** Lines that are kept. */
export const blockedMax = 30;

/** Something that was blocked, as often as it was tried. */
export interface BlockedLine {
  /** Of the newest try. */
  readonly event: AuditEvent;
  readonly times: number;
  /** Sessions that tried it. */
  readonly sessions: number;
  /** The grant that would let it through. */
  readonly remedy: string | undefined;
}

/**
 * The last blocked acts, the newest first; the same act of the same session is one line. So is the same act of all sessions of one agent that
 * are over (`runs` says which are not): nothing can be done about them any more, and a line each would hide what can.
 */
export function blockedLines(
  events: readonly AuditEvent[],
  nowMs: number,
  runs: (session: string) => boolean = () => true,
): readonly BlockedLine[] {
  const lines = new Map<string, BlockedLine & { readonly of: ReadonlySet<string> }>();
  for (const event of events.toSorted((a, b) => b.seq - a.seq)) {
    const { session } = event;
    // Without a session it was the person's own, who was told where it was tried.
    if (event.decision !== 'deny' || session === undefined || nowMs - Date.parse(event.at) > blockedMs) continue;
    const key = `${runs(session) ? session : `over ${event.agent ?? ''}`} ${event.summary}`;
    const known = lines.get(key);
    const { remedy } = event.detail;
    const of = new Set([...(known?.of ?? []), session]);
    lines.set(key, {
      event: known?.event ?? event,
      times: (known?.times ?? 0) + 1,
      of,
      sessions: of.size,
      remedy: known?.remedy ?? (typeof remedy === 'string' && remedy !== '' ? remedy : undefined),
    });
  }
  return [...lines.values()].slice(0, blockedMax).map(({ of: _of, ...line }) => line);
}

/** What an event says, without the word that stands beside it. */
export function actWords({ summary, decision }: AuditEvent): string {
  return visible(decision === undefined ? summary : summary.replace(/^(?:Blocked|Allowed): /u, ''));
}

/** The open question about exactly what was blocked: it is answered instead of asked a second time. */
export function openQuestion(event: AuditEvent, approvals: readonly Approval[]): Approval | undefined {
  const what = event.resource;
  if (what === undefined) return undefined;
  return approvals.find(
    ({ session, action, resource, state }) =>
      session === event.session &&
      action === event.action &&
      (state === 'waiting' || state === 'pending') &&
      objectText(resource) === objectText(what),
  );
}

/** Fields in one order, whatever order they came in. */
function objectText(object: object): string {
  return JSON.stringify(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
