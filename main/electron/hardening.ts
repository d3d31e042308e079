/**
 * Guarantee: no page leaves its own address, opens a window or a dialog, attaches a view, gets a permission of the system's, reads or
 * writes the clipboard without a hand at the keys, talks to anybody over a network, or keeps its window from closing, whatever script
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
    // A box of the system's says what a page wants, in a frame that looks like ours.
    disableDialogs: true,
    // Whoever is talked into pasting a line there runs it in the page.
    devTools: !app.isPackaged,
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

/**
 * What Chromium must be told before it starts. Content Security Policy knows nothing of WebRTC, of names that are looked up in advance and
 * of connections made in advance, and Electron lets any page read and write the clipboard by `execCommand`.
 */
const switches: Readonly<Record<string, string>> = {
  // No name and no address leads anywhere, also not by way of a proxy, which is never found.
  'host-resolver-rules': 'MAP * ~NOTFOUND',
  'proxy-server': 'http://nowhere.invalid:1',
  'proxy-bypass-list': '<-loopback>',
  'blink-settings': 'DOMPasteAllowed=false,javaScriptCanAccessClipboard=false',
};

/** Holds for everything that will ever be opened. */
export function hardenApp(): void {
  for (const [name, value] of Object.entries(switches)) app.commandLine.appendSwitch(name, value);
  app.on('web-contents-created', (_created, contents) => {
    // Without this it sends to any address over UDP, and what it sends may be what it read here.
    contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
    // A page that asks to stay would hold up its window, and the end of the shell.
    contents.on('will-prevent-unload', (event) => event.preventDefault());
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
  app.on('browser-window-created', (_created, window) => {
    // A page does not name its window: the main one must not pass for the one that asks.
    window.on('page-title-updated', (event) => event.preventDefault());
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
