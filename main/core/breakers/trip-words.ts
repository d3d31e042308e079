import type { BreakerName, BreakerSettings, Trip } from '#contract/breaker.ts';
import { breakerDefinitions } from './definitions.ts';

const texts: Readonly<Record<BreakerName, (amount: string) => string>> = {
  deletions: (amount) => `deleted ${amount} files`,
  denials: (amount) => `was denied ${amount} times`,
  'bytes-out': (amount) => `sent ${amount}`,
  processes: (amount) => `has ${amount} processes at once`,
  starts: (amount) => `started ${amount} processes and threads`,
  requests: (amount) => `asked for ${amount} connections and requests`,
};

/** What a session did when its breaker tripped: `deleted 214 files in 3 s`. */
export function tripInWords({ breaker, count, spanMs, windowMs }: Trip): string {
  const amount = breaker === 'bytes-out' ? bytesInWords(count) : String(Math.round(count));
  const text = texts[breaker](amount);
  if (windowMs === 0) return text;
  const seconds = Math.round(spanMs / 1000);
  return `${text} in ${seconds < 1 ? 'less than a second' : `${seconds} s`}`;
}

function bytesInWords(bytes: number): string {
  for (const [unit, factor] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(bytes >= 100 * factor ? 0 : 1)} ${unit}`;
  }
  return `${Math.round(bytes)} B`;
}

/** What a run begins with, for its record: the threshold of each breaker, or `off`. */
export function settingsInForce(settings: BreakerSettings): Readonly<Record<string, number | 'off'>> {
  return Object.fromEntries(breakerDefinitions.map(({ name, threshold }) => [name, settings[name] ?? threshold]));
}
