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

/** Presses a key until it was heard: a window that has come up may not have the keyboard yet. */
export async function pressUntil(
  display: Display,
  key: string,
  isHeard: () => Promise<boolean> | boolean,
): Promise<void> {
  const press = async () => {
    await pressKeys(display, key);
    return isHeard();
  };
  await eventually(press, { what: `${key} to be heard` });
}

/** Whether a window of this title is on the display. */
export async function showsWindow(display: Display, title: string): Promise<boolean> {
  const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', DISPLAY: display.name };
  const search = ['search', '--onlyvisible', '--name', `^${title}$`];
  return (await runCommand('xdotool', search, { environment, cwd: '/' })).stdout !== '';
}
