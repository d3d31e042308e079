import type { AuditEvent } from '#contract/audit.ts';

/** Characters of a time up to its minute. */
const minuteCharacters = 16;

/** What a row says of itself because the newer one above it does not say it already. */
export interface GroupMarks {
  /** It is of another minute. */
  readonly minute: boolean;
  /** It is of another session, or of another minute. */
  readonly session: boolean;
}

/** Neighbours of the same session and minute are one group: the first of them says both, the others neither. */
export function groupMarks(event: AuditEvent, newer: AuditEvent | undefined): GroupMarks {
  const minute = newer === undefined || minuteOf(event) !== minuteOf(newer);
  return { minute, session: minute || event.session !== newer?.session };
}

function minuteOf({ at }: AuditEvent): string {
  return at.slice(0, minuteCharacters);
}

// Made once: a formatter takes longer to make than to use, and a list that scrolls asks for hundreds a second.
const timeFormat = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const dayFormat = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short' });

/** The minute of an event on the person's clock, with its day unless that is today. */
export function minuteText(at: string, nowMs: number): string {
  const moment = new Date(at);
  const isToday = moment.toDateString() === new Date(nowMs).toDateString();
  return isToday ? timeFormat.format(moment) : `${dayFormat.format(moment)} ${timeFormat.format(moment)}`;
}
