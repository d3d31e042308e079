import { join } from 'node:path';
import { BrowserWindow, type Display, screen, session } from 'electron';
import { backgroundColor } from './app-windows.ts';
import { refusePermissions, safePreferences } from './hardening.ts';
import { reloadWhenGone } from './reload-when-gone.ts';
import { schemes, serveScheme } from './schemes.ts';

/** The same for most questions, so that the answers stand in the same place; what is longer than `heightMax` is scrolled through. */
const size = { width: 580, height: 420, heightMax: 660 } as const;
/** Left free of the screen's height, in pixels: the window's own frame and a little air. */
const screenMargin = 64;

/** The approval window, made once and kept hidden while nothing is asked. It has a session of its own. */
export function openApprovalWindow(appFolder: string): BrowserWindow {
  const own = session.fromPartition('approval');
  refusePermissions(own);
  if (!own.protocol.isProtocolHandled(schemes.approval.scheme)) serveScheme(own, 'approval', appFolder);
  const window = new BrowserWindow({
    width: size.width,
    height: size.height,
    minWidth: 460,
    minHeight: 300,
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
  window.setMenu(null);
  reloadWhenGone(window);
  void window.loadURL(`${schemes.approval.origin}/${schemes.approval.page}`);
  return window;
}

/**
 * Brings the approval window up in front of everything, where the person is: on the screen with the pointer and on every workspace. It
 * does not take the keys that are being typed elsewhere. It comes up as high as its content needs; one that is up already keeps its
 * size, and its place unless the person is on another screen.
 */
export function raise(window: BrowserWindow, heightPx: number): void {
  const here = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
  if (!window.isVisible()) {
    const room = here.workArea.height - screenMargin;
    const wanted = Math.min(Math.max(heightPx, size.height), size.heightMax, room);
    window.setContentSize(Math.min(size.width, here.workArea.width), Math.round(wanted));
    centre(window, here);
  } else if (screen.getDisplayMatching(window.getBounds()).id !== here.id) {
    centre(window, here);
  }
  // The only way out of an icon, although it takes the keys; they answer nothing before everything stood still.
  if (window.isMinimized()) window.restore();
  window.showInactive();
  // A window manager forgets both with every window that goes.
  window.setAlwaysOnTop(true, 'screen-saver');
  window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true });
  window.moveTop();
}

function centre(window: BrowserWindow, { workArea }: Display): void {
  const { width, height } = window.getBounds();
  window.setPosition(
    Math.round(workArea.x + (workArea.width - width) / 2),
    Math.round(workArea.y + (workArea.height - height) / 3),
  );
}
