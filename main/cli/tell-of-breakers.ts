import type { AuditEvent } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import type { ControlClient } from '../adapters/control/client.ts';

/**
 * Says why a session stands still, and how to answer, where no question can appear: in a pipeline nothing else would tell. What cannot be
 * followed is not told; the session's end is.
 */
export function tellOfBreakers(control: ControlClient, session: string, notice: (text: string) => void): void {
  const told = new Set<number>();
  control.on('log.appended', ({ event }) => {
    const text = event.session === session && !told.has(event.seq) ? textOf(event) : undefined;
    told.add(event.seq);
    if (text !== undefined) notice(text);
  });
  for (const kind of ['breaker.tripped', 'approval.asked']) {
    control.call('log.follow', { query: `kind:${kind} session:${session}` }).catch(() => undefined);
  }
}

function textOf({ kind, summary, detail }: AuditEvent): string | undefined {
  if (kind === 'breaker.tripped') return visible(summary);
  if (kind !== 'approval.asked' || detail['breaker'] === undefined) return undefined;
  return `it stands still until somebody answers: gatehouse approvals answer ${String(detail['approval'])}`;
}
