import type { Limits } from '#contract/session.ts';
import { nearest } from '../nearest.ts';
import { UsageError } from '../usage-error.ts';
import { parseDurationMs } from './duration.ts';
import { parseSizeBytes } from './size.ts';

const readers: Readonly<Record<string, (value: string) => Limits>> = {
  memory: (value) => ({ memoryBytes: parseSizeBytes(value) }),
  output: (value) => ({ outputBytes: parseSizeBytes(value) }),
  time: (value) => ({ wallTimeMs: parseDurationMs(value) }),
  cpu: (value) => ({ cpuTimeMs: parseDurationMs(value) }),
  processes: (value) => ({ processes: parseCount('processes', value) }),
  files: (value) => ({ openFiles: parseCount('files', value) }),
};

/** Names that `--limit` knows. */
export const limitNames: readonly string[] = Object.keys(readers);

/** Reads `--limit NAME=VALUE` options; a later one wins over an earlier one of the same name. */
export function parseLimits(specs: readonly string[]): Limits {
  return specs.reduce<Limits>((limits, spec) => Object.assign(limits, parseLimit(spec)), {});
}

function parseLimit(spec: string): Limits {
  const at = spec.indexOf('=');
  if (at < 1) throw new UsageError(`--limit ${spec} has no value.`, 'Write it as NAME=VALUE, e.g. memory=2G.');
  const name = spec.slice(0, at);
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (reader === undefined) {
    const guess = nearest(name, limitNames);
    const hint = guess === undefined ? `Known are ${limitNames.join(', ')}.` : `Did you mean ${guess}?`;
    throw new UsageError(`There is no limit named "${name}".`, hint);
  }
  return reader(spec.slice(at + 1));
}

function parseCount(name: string, text: string): number {
  if (!/^\d{1,7}$/u.test(text)) throw new UsageError(`--limit ${name}=${text} is not a whole number.`);
  return Number(text);
}
