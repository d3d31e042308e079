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
