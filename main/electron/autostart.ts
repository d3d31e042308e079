import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { app } from 'electron';
import { operatingError } from '#contract/operating-error.ts';

/** By its name the desktop knows it, and so do we. */
const fileName = 'gatehouse.desktop';
/** Tells a file of ours from one that somebody else put there. */
const mark = 'X-Gatehouse=1';

/** Whether the app starts with the person's desktop. */
export function startsAtLogin(): boolean {
  if (process.platform !== 'linux') return app.getLoginItemSettings().openAtLogin;
  return isOurs(autostartFile());
}

/** Has the app start with the desktop, without a window, or no longer. On Linux that is a file, as the Desktop Application Autostart Specification says. */
export function setStartAtLogin(on: boolean): void {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: on, args: [backgroundWord] });
    return;
  }
  const file = autostartFile();
  if (existsSync(file) && !isOurs(file)) {
    throw operatingError('state_unusable', `There is a file ${file} already that Gatehouse did not make.`, {
      remedy: 'Remove it, or leave starting at login to it.',
    });
  }
  if (!on) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, desktopEntry([process.execPath, ...ownWords(), backgroundWord]), { mode: 0o644 });
}

/** Said when the app starts with the desktop: it opens no window, only the tray. */
export const backgroundWord = '--background';

/** From source Electron has to be told which app; installed, it is the app. */
function ownWords(): string[] {
  return app.isPackaged ? [] : [app.getAppPath()];
}

function autostartFile(): string {
  const config = process.env['XDG_CONFIG_HOME'];
  const folder = config !== undefined && isAbsolute(config) ? config : join(homedir(), '.config');
  return join(folder, 'autostart', fileName);
}

function isOurs(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').split('\n').includes(mark);
  } catch {
    // There is none.
    return false;
  }
}

function desktopEntry(words: readonly string[]): string {
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Gatehouse',
    `Exec=${words.map(quoted).join(' ')}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    mark,
  ];
  return `${lines.join('\n')}\n`;
}

/** As the Desktop Entry Specification quotes: backslashes twice over, once for the string and once for the argument. */
function quoted(word: string): string {
  const escaped = word
    .replace(/["`$\\]/gu, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%');
  return `"${escaped}"`;
}
