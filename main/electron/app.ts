import { homedir } from 'node:os';
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, globalShortcut } from 'electron';
import type { AuditEvent } from '#contract/audit.ts';
import { placeFromLink } from '#contract/place.ts';
import { statePaths } from '../adapters/control/paths.ts';
import { openApprovalWindow, openMainWindow } from './app-windows.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { backgroundWord } from './autostart.ts';
import { EventBatch } from './event-batch.ts';
import { hardenApp } from './hardening.ts';
import { openMainChannels, tell } from './main-channels.ts';
import { placeFromWords } from './places.ts';
import { distFolder, findPrograms } from './programs.ts';
import { registerSchemes } from './schemes.ts';
import { ShellPreferences } from './shell-preferences.ts';
import { startSupervisor } from './start-supervisor.ts';
import { dataOf, SupervisorLink } from './supervisor-link.ts';
import { TrayIcon } from './tray.ts';

/** Ends every session at once, from anywhere. */
const stopAllShortcut = 'CommandOrControl+Alt+Shift+X';

/**
 * The desktop shell. Order matters:
 * 1. what must be said before the app is ready: schemes, hardening, the one instance;
 * 2. the windows and their channels;
 * 3. the supervisor: attached to, or started; sessions never depend on the shell.
 */
function main(): void {
  registerSchemes();
  hardenApp();
  app.setName('Gatehouse');
  // Run from source, links would be given to an Electron that does not know which app to show.
  if (app.isPackaged) app.setAsDefaultProtocolClient('gatehouse');
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  const appFolder = __dirname;
  const programs = findPrograms(distFolder(appFolder, app.isPackaged));
  const paths = statePaths(process.env);
  const windowState = join(paths.state, 'window.json');
  const preferences = new ShellPreferences(join(paths.state, 'windows.json'));
  const link = new SupervisorLink(paths, () => startSupervisor(programs));
  let mainWindow: BrowserWindow | undefined;
  let approvalWindow: BrowserWindow | undefined;
  let quitting = false;

  const approval = (): BrowserWindow => {
    if (approvalWindow === undefined || approvalWindow.isDestroyed()) {
      approvalWindow = openApprovalWindow(appFolder);
      approvalWindow.on('close', (event) => {
        if (quitting) return;
        event.preventDefault();
        void desk.closedByPerson();
      });
    }
    return approvalWindow;
  };
  const show = (place?: string): void => {
    if (mainWindow === undefined || mainWindow.isDestroyed()) {
      mainWindow = openMainWindow(appFolder, windowState, place ?? 'now');
      return;
    }
    if (mainWindow.isMinimized()) mainWindow.restore();
    mainWindow.show();
    mainWindow.focus();
    if (place !== undefined) tell(mainWindow, { type: 'go', place });
  };
  const all = (method: 'session.pause' | 'session.kill'): void => {
    void (async () => link.control().call(method, { all: true }))().catch((error: unknown) => {
      // Whoever pressed it believes that everything stands still: that it may not is never silent.
      const { what, why, remedy } = dataOf(error);
      show('now');
      void dialog.showMessageBox({
        type: 'error',
        message: `The sessions were not ${method === 'session.kill' ? 'stopped' : 'paused'}.`,
        detail: [what, why, remedy ?? '`gatehouse kill --all` in a terminal stops them.'].filter(Boolean).join(' '),
      });
    });
  };
  const tray = new TrayIcon({
    icon: join(appFolder, 'tray.png'),
    open: () => show(),
    pauseAll: () => all('session.pause'),
    stopAll: () => all('session.kill'),
    quit: () => app.quit(),
  });
  const desk: ApprovalDesk = new ApprovalDesk({
    paths,
    home: homedir(),
    window: approval,
    onCount: (count) => {
      tray.update({ waiting: count });
      tell(mainWindow, { type: 'approvals' });
    },
  });
  const batch = new EventBatch((events, dropped) => tell(mainWindow, { type: 'events', events, dropped }));
  link.onConnected(async (control) => {
    control.on('log.appended', ({ event }: { event: AuditEvent }) => {
      batch.add(event);
      if (event.kind.startsWith('session.')) void countSessions();
    });
    await control.call('log.follow', { query: '' });
    await desk.connect();
  });
  const countSessions = async (): Promise<void> => {
    const { sessions } = await link.control().call('session.list', { all: false });
    tray.update({ running: sessions.length });
  };
  link.onChange((state) => {
    tell(mainWindow, { type: 'link', link: state });
    tray.update({ link: state.state });
    if (state.state === 'connected') void countSessions();
  });

  app.on('second-instance', (_event, words) => show(placeFromWords(words)));
  app.on('open-url', (_event, url) => show(placeFromLink(url)));
  app.on('activate', () => show());
  // Closing the last window leaves the tray: questions still come up.
  app.on('window-all-closed', () => {});
  app.on('before-quit', () => {
    quitting = true;
    desk.close();
  });
  app.on('will-quit', () => {
    globalShortcut.unregisterAll();
    link.close();
  });
  void app.whenReady().then(() => {
    preferences.apply();
    openMainChannels({ link, desk, programs, preferences, streamSocket: paths.streamSocket, window: () => mainWindow });
    desk.listen();
    approval();
    tray.show();
    preferences.shortcut(stopAllShortcut, 'End every session at once', () => all('session.kill'));
    if (!process.argv.includes(backgroundWord)) show(placeFromWords(process.argv));
    void link.run();
  });
}

process.on('uncaughtException', (error) => {
  // A bug. Without this the shell would show it in a dialog of its own and go on half alive; sessions go on without the shell.
  console.error(error.stack ?? String(error));
  app.exit(70);
});
main();
