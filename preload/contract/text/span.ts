const steps = [
  { ms: 1000, unit: 's' },
  { ms: 60_000, unit: 'm' },
  { ms: 3_600_000, unit: 'h' },
  { ms: 86_400_000, unit: 'd' },
] as const;

/** A length of time in its largest whole unit: `8s`, `5m`, `3h`, `2d`. */
export function spanText(ms: number): string {
  const step = steps.findLast((candidate) => ms >= candidate.ms) ?? steps[0];
  return `${Math.max(0, Math.floor(ms / step.ms))}${step.unit}`;
}

/** How long ago a moment was: `now`, `8s ago`; or when it comes: `in 5m`. */
export function relativeText(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at);
  if (Number.isNaN(ms)) return '?';
  if (Math.abs(ms) < 1000) return 'now';
  return ms > 0 ? `${spanText(ms)} ago` : `in ${spanText(roundUp(-ms))}`;
}

/** A fresh two hours are `2h`, not `1h`. */
function roundUp(ms: number): number {
  return ms > 60_000 ? Math.ceil(ms / 60_000) * 60_000 : ms;
}

const wholeUnits = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** A length of time that somebody set, in the largest unit in which it is whole: `90 days`, `1 hour`. */
export function wholeSpanText(ms: number): string {
  const [name, unit] = wholeUnits.find(([, each]) => ms % each === 0) ?? ['second', 1000];
  const count = Math.round(ms / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** Letters that follow a number, and how long one of each is. */
export const spanUnitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Reads a length of time such as `90s`, `30m`, `1h30m`, `2d`; undefined for anything else, a number without a unit included. */
export function spanMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d{1,6})([smhdw])/gu)];
  const whole = parts.map(([part]) => part).join('');
  if (parts.length === 0 || whole !== text) return undefined;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (spanUnitMs[unit ?? ''] ?? 0), 0);
}
