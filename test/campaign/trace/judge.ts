import type { AuditEvent, EventKind } from '#contract/audit.ts';
import { type EffectRow, effectRows, type TraceContext } from './effects.ts';
import { durablePositions, type TracedCall } from './strace-log.ts';

/** What the trace showed of one kind. */
export interface KindResult {
  readonly kind: EventKind;
  readonly row: EffectRow;
  /** Entries of it in the trace. */
  readonly entries: number;
  /** Calls that had to wait for one of them. */
  readonly effects: number;
  readonly problems: readonly string[];
}

/** Holds every entry against the calls that had to wait for it. */
export function judgeTrace(
  events: readonly AuditEvent[],
  calls: readonly TracedCall[],
  context: TraceContext,
): KindResult[] {
  const durable = durablePositions(
    calls,
    events.map(({ hash }) => hash),
  );
  return (Object.entries(effectRows) as [EventKind, EffectRow][]).map(([kind, row]) => {
    const problems: string[] = [];
    let effects = 0;
    const own = events.filter((event) => event.kind === kind);
    for (const event of own) {
      const at = durable.get(event.hash);
      if (at === undefined) problems.push(`entry ${event.seq} was never written and synced`);
      if (at === undefined || row.rule !== 'before') continue;
      const caused = row.calls(event, calls, context);
      effects += caused.length;
      for (const { name, text, begins } of caused) {
        if (begins < at)
          problems.push(
            `entry ${event.seq} was durable at line ${at + 1}, and line ${begins + 1} was before: ${name}(${text.slice(0, 200)}`,
          );
      }
    }
    if (row.rule === 'before' && effects === 0 && row.unplayed === undefined)
      problems.push('the scenario shows no effect of it');
    if (row.rule === 'reserved' && own.length > 0) problems.push('it is written now, and needs a row of its own');
    return { kind, row, entries: own.length, effects, problems };
  });
}
