import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The product's other programs, as the shell finds them beside itself. */
export interface Programs {
  /** The Node that runs them: Electron's own must not act as one. */
  readonly node: string;
  readonly commandLine: string;
}

/** `dist` is the folder of the bundles; the shell's own is `dist/app`. */
export function findPrograms(dist: string): Programs {
  const shipped = join(dist, 'node');
  return {
    node: existsSync(shipped) ? shipped : join(dist, '..', 'node_modules', '.bin', 'node'),
    commandLine: join(dist, 'gatehouse.js'),
  };
}
