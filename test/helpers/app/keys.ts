import { existsSync } from 'node:fs';
import { runCommand } from '../gatehouse.ts';
import { eventually } from '../poll.ts';
import type { Display } from './desktop-app.ts';

/** Why keys cannot be pressed here as a keyboard does; undefined when they can. */
export function whyNoKeys(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.some((folder) => existsSync(`${folder}/xdotool`)) ? undefined : 'xdotool is not installed';
}

/** Presses keys on a display, as a keyboard would (XTEST): whoever has the focus or holds the keys gets them. */
export async function pressKeys(display: Display, ...keys: readonly string[]): Promise<void> {
  const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', DISPLAY: display.name };
  const { status, stderr } = await runCommand('xdotool', ['key', ...keys], { environment, cwd: '/' });
  if (status !== 0) throw new Error(`no key was pressed: ${stderr}`);
}

/** Waits until a window of this title is on the display, or no longer is. */
export async function waitForWindow(display: Display, title: string, isThere: boolean): Promise<void> {
  const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', DISPLAY: display.name };
  const search = ['search', '--onlyvisible', '--name', `^${title}$`];
  await eventually(
    async () => ((await runCommand('xdotool', search, { environment, cwd: '/' })).stdout !== '') === isThere,
    { what: `the window ${title} to ${isThere ? 'come' : 'go'}` },
  );
}
