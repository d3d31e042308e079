import { existsSync } from 'node:fs';
import { electronPath } from './desktop-app.ts';

/** Why windows cannot be tested here; undefined when they can. Setting up for tests brings what they need where it can be had. */
export function whyNoWindows(): string | undefined {
  if (!existsSync(electronPath)) return 'no Electron could be had (.ci/electron.mjs says why)';
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.some((folder) => existsSync(`${folder}/Xvfb`)) ? undefined : 'Xvfb is not installed';
}
