import { version } from '../program-files.ts';
import { printJson, type Terminal } from '../terminal.ts';

/** Prints the version of this program. */
export async function printVersion(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  if (options.json === true) printJson(terminal, { version, node: process.versions.node });
  else terminal.stdout.write(`gatehouse ${version}\n`);
  return 0;
}
