import { type BreakerName, type BreakerSettings, breakerNameSchema } from '#contract/breaker.ts';
import { breakerOf } from '../../core/breakers/definitions.ts';
import { nearest } from '../nearest.ts';
import { UsageError } from '../usage-error.ts';
import { parseSizeBytes } from './size.ts';

/** Reads `--breaker NAME=COUNT` and `--breaker NAME=off`; a later one wins over an earlier one of the same name. */
export function parseBreakers(specs: readonly string[]): BreakerSettings {
  return Object.fromEntries(specs.map(parseBreaker));
}

function parseBreaker(spec: string): [BreakerName, number | 'off'] {
  const at = spec.indexOf('=');
  const value = spec.slice(at + 1);
  if (at < 1 || value === '') {
    throw new UsageError(`--breaker ${spec} has no value.`, 'Write it as NAME=COUNT or NAME=off, e.g. deletions=1000.');
  }
  const name = breakerNameSchema.safeParse(spec.slice(0, at));
  if (!name.success) {
    const guess = nearest(spec.slice(0, at), breakerNameSchema.options);
    const hint = guess === undefined ? `Known are ${breakerNameSchema.options.join(', ')}.` : `Did you mean ${guess}?`;
    throw new UsageError(`There is no breaker named "${spec.slice(0, at)}".`, hint);
  }
  return [name.data, value === 'off' ? 'off' : parseThreshold(name.data, value)];
}

function parseThreshold(name: BreakerName, text: string): number {
  const threshold =
    breakerOf(name).unit === 'bytes' ? parseSizeBytes(text) : /^\d{1,9}$/u.test(text) ? Number(text) : 0;
  if (threshold >= 1) return threshold;
  throw new UsageError(`--breaker ${name}=${text} is not a whole number above 0.`, 'To switch it off, say off.');
}
