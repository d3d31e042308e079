import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether a crash of this process could write its memory to a disk, by the limit that the kernel holds it to. */
export function mayDumpCore(): boolean {
  return !/^Max core file size\s+0\s+0\s/mu.test(readFileSync('/proc/self/limits', 'utf8'));
}

/**
 * Sets this process's own limit to nothing, for good. Node has no setrlimit, so prlimit(1) of util-linux does it. Returns whether it
 * is so now.
 */
export function forbidCoreDumps(): boolean {
  if (!mayDumpCore()) return true;
  spawnSync('prlimit', ['--pid', String(process.pid), '--core=0:0'], { stdio: 'ignore' });
  return !mayDumpCore();
}
