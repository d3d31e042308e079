import type { AuditEvent } from '#contract/audit.ts';
import { isAttendance } from './event-words.ts';

/** What a line of the list shows: whose the next entries are and when, or an entry, or several alike. */
export type ListItem =
  | {
      readonly type: 'group';
      readonly at: string;
      readonly agent: string | undefined;
      readonly session: string | undefined;
      readonly entries: number;
    }
  | {
      readonly type: 'entry';
      /** The newest of those alike. */
      readonly event: AuditEvent;
      /** Entries that this line stands for. */
      readonly times: number;
      /** Opened: the lines below it are those that are alike, one by one. */
      readonly isOpen: boolean;
    };

/** Characters of a time up to its minute. */
const minuteCharacters = 16;

/**
 * Entries as lines: within a minute those of one session stand together, below a line that says whose they are; entries next to each other
 * that say the same, or only that somebody looked, are one line until it is opened (`opened` has the number of the newest).
 */
export function itemsOf(events: readonly AuditEvent[], opened: ReadonlySet<number>): readonly ListItem[] {
  const items: ListItem[] = [];
  for (const minute of runsOf(events, ({ at }) => at.slice(0, minuteCharacters))) {
    for (const group of Map.groupBy(minute, ({ session, agent }) => `${agent ?? ''}\n${session ?? ''}`).values()) {
      const [newest] = group;
      if (newest === undefined) continue;
      items.push({
        type: 'group',
        at: newest.at,
        agent: newest.agent,
        session: newest.session,
        entries: group.length,
      });
      for (const alike of runsOf(group, saying)) items.push(...linesOf(alike, opened));
    }
  }
  return items;
}

function linesOf(alike: readonly AuditEvent[], opened: ReadonlySet<number>): ListItem[] {
  const [newest] = alike;
  if (newest === undefined) return [];
  const isOpen = alike.length > 1 && opened.has(newest.seq);
  const head: ListItem = { type: 'entry', event: newest, times: alike.length, isOpen };
  if (!isOpen) return [head];
  return [head, ...alike.slice(1).map((event): ListItem => ({ type: 'entry', event, times: 1, isOpen: false }))];
}

/** What makes entries alike. */
function saying(event: AuditEvent): string {
  return isAttendance(event) ? 'attendance' : `${event.kind}\n${event.decision ?? ''}\n${event.summary}`;
}

function runsOf(events: readonly AuditEvent[], by: (event: AuditEvent) => string): AuditEvent[][] {
  const runs: AuditEvent[][] = [];
  let before: string | undefined;
  for (const event of events) {
    const own = by(event);
    if (own === before) runs.at(-1)?.push(event);
    else runs.push([event]);
    before = own;
  }
  return runs;
}
