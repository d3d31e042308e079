import { homedir } from 'node:os';
import { join } from 'node:path';
import { app, type BrowserWindow, globalShortcut } from 'electron';
import type { AuditEvent } from '#contract/audit.ts';
import { placeFromLink } from '#contract/place.ts';
import { prepareFolders, statePaths } from '../adapters/control/paths.ts';
import { TrayHost } from '../adapters/desktop/tray-host.ts';
import { AllSessions } from './all-sessions.ts';
import { setApplicationMenu } from './application-menu.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { openApprovalWindow } from './approval-window.ts';
import { backgroundWord } from './autostart.ts';
import { EventBatch } from './event-batch.ts';
import { hardenApp } from './hardening.ts';
import { Leaving } from './leaving.ts';
import { LostSupervisor } from './lost-supervisor.ts';
import { openMainChannels, tell } from './main-channels.ts';
import { MainWindow } from './main-window.ts';
import { Notices } from './notices.ts';
import { placeFromWords } from './places.ts';
import { distFolder, findPrograms } from './programs.ts';
import { QuestionNotice } from './question-notice.ts';
import { RunningSessions } from './running-sessions.ts';
import { SaidOnce } from './said-once.ts';
import { registerSchemes } from './schemes.ts';
import { ShellPreferences } from './shell-preferences.ts';
import { startSupervisor } from './start-supervisor.ts';
import { refusedWord } from './started-with.ts';
import { SupervisorLink } from './supervisor-link.ts';
import { TrayIcon } from './tray.ts';
import { plural, type TrayAct } from './tray-words.ts';

/** Ends every session at once, from anywhere. */
const stopAllShortcut = 'CommandOrControl+Alt+Shift+X';
/** A question that is answered within this, in milliseconds, needs no notification. */
const questionNoticeAfterMs = 500;
/** Characters that are shown of a word that the app does not start with. */
const refusedShownMax = 80;
/** EX_USAGE of sysexits.h. */
const usageStatus = 64;

/**
 * The desktop shell. Order matters:
 * 1. what must be said before the app is ready: schemes, hardening, the one instance of this Gatehouse;
 * 2. the supervisor: attached to, or started, while Chromium comes up; sessions never depend on the shell;
 * 3. the windows and their channels, the main window first: whoever starts the shell waits for that one.
 */
function main(): void {
  const [, ...words] = process.argv;
  const refused = refusedWord({ words, isPackaged: app.isPackaged, isRoot: process.getuid?.() === 0 });
  if (refused !== undefined) {
    console.error(`gatehouse: the app does not start with ${JSON.stringify(refused.slice(0, refusedShownMax))}.`);
    app.exit(usageStatus);
    return;
  }
  registerSchemes();
  hardenApp();
  app.setName('Gatehouse');
  // Run from source, links would be given to an Electron that does not know which app to show. On Linux the package's desktop file claims
  // them, and what a person chose instead stays.
  if (app.isPackaged && process.platform !== 'linux') app.setAsDefaultProtocolClient('gatehouse');
  const paths = statePaths(process.env);
  prepareFolders(paths);
  // What Chromium keeps, and the lock of the one instance, belong to this Gatehouse: another one may run beside it.
  app.setPath('userData', join(paths.state, 'windows'));
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  const appFolder = __dirname;
  const programs = findPrograms(distFolder(appFolder, app.isPackaged));
  const preferences = new ShellPreferences(join(paths.state, 'windows.json'));
  const said = new SaidOnce(join(paths.state, 'windows-said.json'));
  const link = new SupervisorLink(paths, () => startSupervisor(programs));
  const host = new TrayHost();
  const notices = new Notices();
  const questionNotice = new QuestionNotice();
  const lost = new LostSupervisor();
  let approvalWindow: BrowserWindow | undefined;
  let quitting = false;

  const approval = (): BrowserWindow => {
    if (approvalWindow === undefined || approvalWindow.isDestroyed()) {
      approvalWindow = openApprovalWindow(appFolder);
      approvalWindow.webContents.on('render-process-gone', () => desk.pageGone());
      approvalWindow.on('close', (event) => {
        if (quitting) return;
        event.preventDefault();
        void desk.closedByPerson();
      });
    }
    return approvalWindow;
  };
  const main = new MainWindow({
    appFolder,
    stateFile: join(paths.state, 'window.json'),
    mayClose: () => quitting,
    closing: async () => {
      if (await host.isAny(process.env)) {
        if (said.first('in-tray')) notices.show('stays', 'Gatehouse stays in the tray', stays.tray, () => main.show());
        main.remove();
      } else if (await leaving.close()) main.hide();
    },
  });
  const all = new AllSessions({ link, notices, open: () => main.show('now') });
  const leaving = new Leaving({
    sessions: () => running.sessions,
    waiting: () => desk.count,
    window: () => main.window,
    stopAll: () => all.stop(),
  });
  const acts: Readonly<Record<TrayAct, () => void>> = {
    open: () => main.show(),
    'pause-all': () => void all.pause(),
    'stop-all': () => void all.stop(),
    quit: () => void leaving.quit(),
  };
  const tray = new TrayIcon({ icon: join(appFolder, 'tray.png'), host, act: (act) => acts[act]() });
  const running = new RunningSessions(link, (sessions) => {
    const paused = sessions.filter(({ state }) => state === 'paused').length;
    tray.update({ running: sessions.length, paused });
  });
  const sayQuestion = () => {
    notices.show('question', 'Gatehouse asks', 'Something waits for your answer.', () => desk.toFront());
  };
  const desk: ApprovalDesk = new ApprovalDesk({
    paths,
    home: homedir(),
    window: approval,
    onCount: (count) => {
      tray.update({ waiting: count });
      tell(main.window, { type: 'approvals' });
      const next = questionNotice.next(count, performance.now());
      if (next === 'take-back') notices.takeBack('question');
      // The window comes first: whatever shows notifications may keep us waiting.
      if (next === 'say') setTimeout(() => desk.count > 0 && sayQuestion(), questionNoticeAfterMs);
    },
  });
  const batch = new EventBatch((events, dropped) => tell(main.window, { type: 'events', events, dropped }));
  link.onConnected(async (control) => {
    // What waits for an answer comes at once, and is shown in a window.
    await app.whenReady();
    control.on('log.appended', ({ event }: { event: AuditEvent }) => {
      batch.add(event);
      if (event.kind.startsWith('session.')) void running.refresh();
    });
    await control.call('log.follow', { query: '' });
    await desk.connect();
  });
  link.onChange((state) => {
    tell(main.window, { type: 'link', link: state });
    tray.update({ link: state.state });
    const ended = lost.next(state.state, link.pid, running.sessions.length);
    // Whoever sees the window reads it there.
    if (ended > 0 && !main.isSeen) {
      const text = `${plural(ended, 'session')} ended with it. What happened until then is on record.`;
      notices.show('lost', 'The supervisor was gone', text, () => main.show('now'));
    }
    if (state.state === 'silent' && !main.isSeen) {
      const text = 'Sessions stay inside their walls, and nothing more is allowed. Gatehouse says what can be done.';
      notices.show('silent', 'The supervisor does not answer', text, () => main.show('now'));
    } else notices.takeBack('silent');
    if (state.state === 'connected') void running.refresh();
    else if (state.state !== 'silent') running.clear();
  });

  app.on('second-instance', (_event, words) => {
    const place = placeFromWords(words);
    if (place !== undefined || !words.includes(backgroundWord)) main.show(place);
  });
  app.on('open-url', (_event, url) => main.show(placeFromLink(url)));
  app.on('activate', () => main.show());
  // Closing the last window leaves the tray: questions still come up.
  app.on('window-all-closed', () => {});
  app.on('before-quit', () => {
    quitting = true;
    desk.close();
  });
  app.on('will-quit', () => {
    globalShortcut.unregisterAll();
    host.close();
    link.close();
  });
  void link.run();
  void app.whenReady().then(() => {
    preferences.apply();
    setApplicationMenu({ open: acts.open, quit: acts.quit });
    openMainChannels({
      link,
      desk,
      programs,
      preferences,
      streamSocket: paths.streamSocket,
      window: () => main.window,
    });
    desk.listen();
    const inBackground = process.argv.includes(backgroundWord);
    if (!inBackground) main.show(placeFromWords(process.argv));
    // Two pages at once would wait for each other; a question that is sooner makes its window itself.
    if (main.window === undefined) approval();
    else main.window.once('ready-to-show', () => approval());
    preferences.shortcut(stopAllShortcut, 'End every session at once', acts['stop-all']);
    void host.follow(process.env).then(async () => {
      tray.show();
      if (!inBackground || (await host.isAny(process.env)) || !said.first('no-tray')) return;
      notices.show('stays', 'Gatehouse runs in the background', stays.background, () => main.show());
    });
  });
}

/** What is said once, so that nobody looks in vain for a window. */
const stays = {
  tray: 'Questions still come up. Its menu in the tray opens the window again, and quits.',
  background: 'This desktop has no tray. Questions still come up; start Gatehouse again to see its window.',
} as const;

process.on('uncaughtException', (error) => {
  // A bug. Without this the shell would show it in a dialog of its own and go on half alive; sessions go on without the shell.
  console.error(error.stack ?? String(error));
  app.exit(70);
});
main();
