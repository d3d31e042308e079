import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A file system of a few megabytes. */
export interface SmallDisk {
  readonly folder: string;
  /** Writes until nothing more fits. */
  fill(): void;
  /** Removes what `fill` wrote. */
  makeRoom(): void;
  /** Forbids or allows to write, for everybody. False when the system does not let us. */
  setReadOnly(readOnly: boolean): boolean;
  close(): void;
}

/** Mounts one; undefined where that is not allowed (an ordinary user, most containers). */
export function openSmallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-disk-'));
  const mount = (options: string, ...more: readonly string[]) =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', options, ...more, 'tmpfs', folder]).status === 0;
  if (!mount(`size=${megabytes}m,mode=0700`)) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const ballast = path.join(folder, 'ballast');
  return {
    folder,
    fill() {
      const descriptor = openSync(ballast, 'a');
      const block = Buffer.alloc(4096);
      try {
        for (;;) writeSync(descriptor, block);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        closeSync(descriptor);
      }
    },
    makeRoom: () => rmSync(ballast),
    setReadOnly: (readOnly) => spawnSync('mount', ['-o', `remount,${readOnly ? 'ro' : 'rw'}`, folder]).status === 0,
    close() {
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
