// Made once: a formatter takes longer to make than to use, and a list that scrolls asks for hundreds a second.
const timeFormat = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const secondFormat = new Intl.DateTimeFormat([], {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayFormat = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short' });
const yearFormat = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short', year: 'numeric' });

const fullFormat = new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'medium' });

/** All of a moment, on the person's clock. */
export function fullText(at: string): string {
  return fullFormat.format(new Date(at));
}

/** The minute of an event on the person's clock, with its day unless that is today. */
export function minuteText(at: string, nowMs: number): string {
  const moment = new Date(at);
  const now = new Date(nowMs);
  if (moment.toDateString() === now.toDateString()) return timeFormat.format(moment);
  const day = moment.getFullYear() === now.getFullYear() ? dayFormat : yearFormat;
  return `${day.format(moment)}, ${timeFormat.format(moment)}`;
}

/** The second of an event on the person's clock. */
export function secondText(at: string): string {
  return secondFormat.format(new Date(at));
}
