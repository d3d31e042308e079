import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { app } from 'electron';
import { operatingError } from '#contract/operating-error.ts';
import { autostartEntry, ownWords, readAutostartEntry } from './autostart-entry.ts';

/** By its name the desktop knows it, and so do we. */
const fileName = 'gatehouse.desktop';

/** Whether the app starts with the person's desktop. */
export function startsAtLogin(): boolean {
  if (process.platform !== 'linux') return app.getLoginItemSettings().openAtLogin;
  const found = readEntry(autostartFile());
  return found?.isOurs === true && found.isOn;
}

/** Has the app start with the desktop, without a window, or no longer. On Linux that is a file, as the Desktop Application Autostart Specification says. */
export function setStartAtLogin(on: boolean): void {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: on, args: [backgroundWord] });
    return;
  }
  const file = autostartFile();
  const found = readEntry(file);
  if (existsSync(file) && found?.isOurs !== true) {
    throw operatingError('state_unusable', `There is a file ${file} already that Gatehouse did not make.`, {
      remedy: 'Remove it, or leave starting at login to it.',
    });
  }
  if (!on) {
    rmSync(file, { force: true });
    if (found?.madeFolder === true) removeWhenEmpty(dirname(file));
    return;
  }
  const madeFolder = !existsSync(dirname(file)) || found?.madeFolder === true;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, autostartEntry([...ownWords(ownProgram()), backgroundWord], madeFolder), { mode: 0o644 });
}

/** Said when the app starts with the desktop: it opens no window, only the tray. */
export const backgroundWord = '--background';

function ownProgram(): Parameters<typeof ownWords>[0] {
  return {
    isPackaged: app.isPackaged,
    execPath: process.execPath,
    appPath: app.getAppPath(),
    appImage: process.env['APPIMAGE'],
    isRoot: process.getuid?.() === 0,
  };
}

function autostartFile(): string {
  const config = process.env['XDG_CONFIG_HOME'];
  const folder = config !== undefined && isAbsolute(config) ? config : join(homedir(), '.config');
  return join(folder, 'autostart', fileName);
}

function readEntry(file: string): ReturnType<typeof readAutostartEntry> | undefined {
  try {
    return readAutostartEntry(readFileSync(file, 'utf8'));
  } catch {
    // There is none.
    return undefined;
  }
}

function removeWhenEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Others use it by now.
  }
}
