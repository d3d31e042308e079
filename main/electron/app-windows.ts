import { join } from 'node:path';
import { BrowserWindow, nativeTheme, screen, session } from 'electron';
import { refusePermissions, safePreferences } from './hardening.ts';
import { schemes, serveScheme } from './schemes.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

/** Behind the page until it is drawn; the same as its own background, so that nothing flashes. */
const background = { light: '#fbfbfa', dark: '#17181a' } as const;
const approvalSize = { width: 580, height: 460, minHeight: 300 } as const;
/** Left free of the screen's height, in pixels: the window's own frame and a little air. */
const screenMargin = 64;
/** A page that is gone is loaded again after this long, in milliseconds. */
const loadAgainMs = 1_000;

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
    show: false,
    alwaysOnTop: true,
    fullscreenable: false,
    minimizable: false,
    maximizable: false,
    skipTaskbar: false,
    title: 'Gatehouse asks',
    autoHideMenuBar: true,
    backgroundColor: backgroundColor(),
    // A question is drawn before the window is shown.
    webPreferences: { ...safePreferences(join(appFolder, 'approval-preload.cjs'), own), backgroundThrottling: false },
  });
  window.setAlwaysOnTop(true, 'screen-saver');
  window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true });
  window.setMenu(null);
  window.webContents.on('render-process-gone', () => {
    setTimeout(() => !window.isDestroyed() && window.reload(), loadAgainMs);
  });
  void window.loadURL(`${schemes.approval.origin}/${schemes.approval.page}`);
  return window;
}

/**
 * Brings the approval window up in front of everything, as high as its content needs, centred on the screen where the person is: the one
 * with the pointer. It does not take the keys that are being typed elsewhere. One that is up already is not moved or resized.
 */
export function raise(window: BrowserWindow, heightPx: number): void {
  if (window.isVisible()) return;
  const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
  const room = workArea.height - screenMargin;
  window.setContentSize(approvalSize.width, Math.round(Math.min(Math.max(heightPx, approvalSize.minHeight), room)));
  const { width, height } = window.getBounds();
  window.setPosition(
    Math.round(workArea.x + (workArea.width - width) / 2),
    Math.round(workArea.y + (workArea.height - height) / 3),
  );
  window.showInactive();
  window.moveTop();
}
