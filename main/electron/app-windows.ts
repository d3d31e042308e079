import { join } from 'node:path';
import { BrowserWindow, nativeTheme, session } from 'electron';
import { refusePermissions, safePreferences } from './hardening.ts';
import { reloadWhenGone } from './reload-when-gone.ts';
import { schemes, serveScheme } from './schemes.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

/** Behind the page until it is drawn; the same as its own background, so that nothing flashes. */
const background = { light: '#fbfbfa', dark: '#17181a' } as const;

/** The colour of a window before its page is there. */
export function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? background.dark : background.light;
}

/** The main window, shown once it is drawn. `place` is where it opens, e.g. `timeline/1234`. */
export function openMainWindow(appFolder: string, stateFile: string, place: string): BrowserWindow {
  const own = session.fromPartition('main');
  refusePermissions(own);
  if (!own.protocol.isProtocolHandled(schemes.main.scheme)) serveScheme(own, 'main', appFolder);
  const { bounds, maximized } = readWindowState(stateFile);
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 760,
    minHeight: 520,
    show: false,
    title: 'Gatehouse',
    autoHideMenuBar: true,
    backgroundColor: backgroundColor(),
    webPreferences: safePreferences(join(appFolder, 'main-preload.cjs'), own),
  });
  window.once('ready-to-show', () => {
    if (maximized) window.maximize();
    window.show();
  });
  window.on('close', () => writeWindowState(stateFile, window));
  reloadWhenGone(window);
  void window.loadURL(`${schemes.main.origin}/${schemes.main.page}#/${place}`);
  return window;
}
