/**
 * Guarantee: no page leaves its own address, opens a window, attaches a view, or gets a permission of the system's, whatever script
 * runs in it.
 *
 * Threat: a renderer that an agent's output took over.
 *
 * Limits: a hole in Chromium itself; its sandbox stands behind this.
 */
import { app, type BrowserWindow, type Session, type WebPreferences } from 'electron';

/** What every window of ours has. Absent switches have the safe default; these are said so that a change shows. */
export function safePreferences(preload: string, session: Session): WebPreferences {
  return {
    preload,
    session,
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    enableWebSQL: false,
    safeDialogs: true,
    // A middle click is no navigation either.
    disableBlinkFeatures: 'Auxclick',
  };
}

/** Refuses permissions of all kinds. */
export function refusePermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
}

/** Holds for everything that will ever be opened. */
export function hardenApp(): void {
  app.on('web-contents-created', (_created, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, answer) => {
    event.preventDefault();
    answer(false);
  });
}

/** Whether a message comes from the top frame of this window, showing our own page. */
export function isFrom(
  event: { readonly senderFrame: Electron.WebFrameMain | null; readonly sender: Electron.WebContents },
  window: BrowserWindow | undefined,
  origin: string,
): boolean {
  const { senderFrame, sender } = event;
  if (window === undefined || window.isDestroyed() || senderFrame === null) return false;
  const isTop = sender === window.webContents && senderFrame === window.webContents.mainFrame;
  return isTop && senderFrame.url.startsWith(`${origin}/`);
}
