import { join } from 'node:path';
import { BrowserWindow, nativeTheme, screen, session } from 'electron';
import { refusePermissions, safePreferences } from './hardening.ts';
import { schemes, serveScheme } from './schemes.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

/** Behind the page until it is drawn; the same as its own background, so that nothing flashes. */
const background = { light: '#fbfbfa', dark: '#17181a' } as const;
const approvalSize = { width: 580, height: 460 } as const;

function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? background.dark : background.light;
}

/** The main window, shown once it is drawn. `place` is where it opens, e.g. `timeline/1234`. */
export function openMainWindow(appFolder: string, stateFile: string, place: string): BrowserWindow {
  const own = session.fromPartition('main');
  refusePermissions(own);
  if (!own.protocol.isProtocolHandled(schemes.main.scheme)) serveScheme(own, 'main', appFolder);
  const window = new BrowserWindow({
    ...readWindowState(stateFile),
    minWidth: 760,
    minHeight: 520,
    show: false,
    title: 'Gatehouse',
    autoHideMenuBar: true,
    backgroundColor: backgroundColor(),
    webPreferences: safePreferences(join(appFolder, 'main-preload.cjs'), own),
  });
  window.once('ready-to-show', () => window.show());
  window.on('close', () => writeWindowState(stateFile, window.getNormalBounds(), window.isMaximized()));
  void window.loadURL(`${schemes.main.origin}/${schemes.main.page}#/${place}`);
  return window;
}

/** The approval window, made once and kept hidden while nothing is asked. It has a session of its own. */
export function openApprovalWindow(appFolder: string): BrowserWindow {
  const own = session.fromPartition('approval');
  refusePermissions(own);
  if (!own.protocol.isProtocolHandled(schemes.approval.scheme)) serveScheme(own, 'approval', appFolder);
  const window = new BrowserWindow({
    ...approvalSize,
    minWidth: 460,
    minHeight: 360,
    show: false,
    alwaysOnTop: true,
    fullscreenable: false,
    minimizable: false,
    maximizable: false,
    skipTaskbar: false,
    title: 'Gatehouse asks',
    autoHideMenuBar: true,
    backgroundColor: backgroundColor(),
    webPreferences: safePreferences(join(appFolder, 'approval-preload.cjs'), own),
  });
  window.setAlwaysOnTop(true, 'screen-saver');
  window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true });
  window.setMenu(null);
  void window.loadURL(`${schemes.approval.origin}/${schemes.approval.page}`);
  return window;
}

/** Centres a window on the screen where the person is: the one with the pointer. */
export function centreOnActiveScreen(window: BrowserWindow): void {
  const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
  const { width, height } = window.getBounds();
  window.setPosition(
    Math.round(workArea.x + (workArea.width - width) / 2),
    Math.round(workArea.y + (workArea.height - height) / 3),
  );
}
