import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * The limit of core files, in bytes, that keeps a crash from leaving anything. Not 0: where cores go to a program (apport,
 * systemd-coredump), the kernel starts that program whatever the limit is, except for exactly 1 (core(5) says only the first half). No
 * file is written either, since none is so short.
 */
export const coreBytesMax = 1;

/** Whether a crash of this process could write its memory to a disk, by the limit that the kernel holds it to. */
export function mayDumpCore(): boolean {
  return !/^Max core file size\s+[01]\s+[01]\s/mu.test(readFileSync('/proc/self/limits', 'utf8'));
}

/**
 * Sets this process's own limit to next to nothing, for good. Node has no setrlimit, so prlimit(1) of util-linux does it. Returns
 * whether it is so now.
 */
export function forbidCoreDumps(): boolean {
  if (!mayDumpCore()) return true;
  spawnSync('prlimit', ['--pid', String(process.pid), `--core=${coreBytesMax}:${coreBytesMax}`], { stdio: 'ignore' });
  return !mayDumpCore();
}
