import { readFileSync } from 'node:fs';
import { release } from 'node:os';

/** Text of a setting below /proc or /sys, trimmed; undefined where there is none, or it may not be read. */
export function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Major and minor number of anything that calls itself a version; 0.0 when there is none in it. */
export function parseVersion(text: string): [number, number] {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/u.exec(text) ?? [];
  return [Number(major), Number(minor)];
}

export function isOlder(version: readonly [number, number], than: readonly [number, number]): boolean {
  return version[0] < than[0] || (version[0] === than[0] && version[1] < than[1]);
}

/** Whether the kernel that runs is at least this one. */
export function kernelIsAtLeast(version: readonly [number, number]): boolean {
  return !isOlder(parseVersion(release()), version);
}

/** One soft limit of this process as `/proc/self/limits` has it, which is also what its children begin with. */
export function softLimit(name: 'Max core file size' | 'Max open files'): number | undefined {
  const line = readSetting('/proc/self/limits')
    ?.split('\n')
    .find((each) => each.startsWith(name));
  const value = line?.slice(name.length).trim().split(/\s+/u)[0];
  if (value === undefined) return undefined;
  return value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
}
