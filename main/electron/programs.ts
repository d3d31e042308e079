import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The product's other programs, as the shell finds them beside itself. */
export interface Programs {
  /** The Node that runs them: Electron's own must not act as one. */
  readonly node: string;
  readonly commandLine: string;
  /** Starts the others without the descriptors that Chromium opened. */
  readonly portcullis: string;
}

/** The folder of the bundles: around the shell's own when run from source, beside its archive when installed. */
export function distFolder(appFolder: string, isInstalled: boolean): string {
  return isInstalled ? join(dirname(appFolder), 'dist') : dirname(appFolder);
}

/** `dist` is the folder of the bundles. */
export function findPrograms(dist: string): Programs {
  const shipped = join(dist, 'node');
  return {
    node: existsSync(shipped) ? shipped : join(dist, '..', 'node_modules', '.bin', 'node'),
    commandLine: join(dist, 'gatehouse.js'),
    portcullis: join(dist, 'portcullis'),
  };
}

/** What of its errors is kept. */
const errorCharactersMax = 4000;

/**
 * Runs the command line with these words. Resolves with its exit status and what it said on standard error. It inherits nothing but the
 * environment: what Chromium, or whoever started the shell, left open would stay open in a supervisor that it starts.
 */
export async function runCommandLine(
  { portcullis, node, commandLine }: Programs,
  words: readonly string[],
): Promise<{ readonly status: number | null; readonly said: string }> {
  const child = spawn(portcullis, ['fresh', node, commandLine, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
  });
  let said = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (part: string) => {
    said = (said + part).slice(-errorCharactersMax);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { status, said: said.trim() };
}
