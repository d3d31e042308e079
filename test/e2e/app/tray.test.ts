import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DesktopApp,
  type Display,
  electronPath,
  openDesktopApp,
  openDisplay,
} from '../../helpers/app/desktop-app.ts';
import { type DesktopOnBus, openDesktopOnBus } from '../../helpers/app/desktop-on-bus.ts';
import { pressKeys, pressUntil, showsWindow, whyNoKeys } from '../../helpers/app/keys.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { distFolder, parseJsonLines, runCommand } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { processesWithArgument } from '../../helpers/processes.ts';
import { type SecretService, startSecretService } from '../../helpers/secret-service.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const leaving = 'Leaving Gatehouse';
let home: TempHome;
let display: Display;
let bus: SecretService;
let desktop: DesktopOnBus;
let app: DesktopApp;
let environment: Readonly<Record<string, string>>;
let why = whyNoWindows() ?? whyNoKeys();

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  display = await openDisplay();
  bus = await startSecretService({ empty: true });
  desktop = await openDesktopOnBus(bus.environment);
  const { DBUS_SESSION_BUS_ADDRESS } = bus.environment;
  environment = { ...home.environment, DISPLAY: display.name, XDG_RUNTIME_DIR: home.state, DBUS_SESSION_BUS_ADDRESS };
  app = await openDesktopApp(home, display, { environment });
  await app.main.getByText('Supervised').waitFor();
  if (!(await app.electron.evaluate(({ Notification }) => Notification.isSupported())))
    why = 'libnotify is not installed';
});

afterAll(async () => {
  await app?.close();
  desktop?.close();
  await home?.close();
  await bus?.close();
  await display?.close();
});

/** A session that writes for as long as it is let; its file says how much. */
async function startBeating(name: string): Promise<() => Promise<number>> {
  const command = `while :; do echo beat >> ${home.workspace}/${name}; sleep 0.02; done`;
  const { status } = await home.run(['run', '--detach', '--task', name, '--', 'bash', '-c', command]);
  expect(status).toBe(0);
  const size = async () => (await stat(path.join(home.workspace, name)).catch(() => undefined))?.size ?? 0;
  await eventually(async () => (await size()) > 0, { what: 'it to begin' });
  return size;
}

async function states(): Promise<unknown[]> {
  const { stdout } = await home.run(['sessions', '--json']);
  return parseJsonLines(stdout).map((each) => (each as { state: unknown }).state);
}

/** The menu is made anew with every change: an entry that was meant is looked for until it is the one that is there. */
async function choose(label: string): Promise<void> {
  const item = await desktop.item();
  await eventually(async () => (await item.menu()).some((each) => each.label.startsWith(label) && each.enabled), {
    what: `${label} to be offered`,
  });
  await item.choose(label);
}

async function toolTipSays(words: string): Promise<void> {
  const item = await desktop.item();
  await eventually(async () => (await item.toolTip()).includes(words), { what: `the tray to say ${words}` });
}

async function closeMainWindow(): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()
      .find((each) => each.webContents.getURL().startsWith('app:'))
      ?.close(),
  );
}

function mainWindowShows(): Promise<boolean> {
  return app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().some((each) => each.webContents.getURL().startsWith('app:') && each.isVisible()),
  );
}

test('[RUN-6] where no tray keeps the app in reach, closing its window says what goes on and can be taken back', async (context) => {
  if (why !== undefined) return context.skip(why);
  await startBeating('unseen');
  await app.main.getByText('unseen').first().waitFor();
  await closeMainWindow();
  await eventually(() => showsWindow(display, leaving), { what: 'what goes on to be said' });
  await pressUntil(display, 'Escape', async () => !(await showsWindow(display, leaving)));
  expect(await mainWindowShows()).toBe(true);
});

test('a link that is none, however long, goes nowhere; one to a place opens it', async (context) => {
  if (why !== undefined) return context.skip(why);
  const words = [path.join(distFolder, 'app'), ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  const start = async (link: string) =>
    (await runCommand(electronPath, [...words, link], { environment, cwd: '/' })).status;
  const before = app.main.url();
  // Chromium would take the app for hung, which drops what is longer than it reads, and kill it.
  expect(await start(`gatehouse://now/${'a'.repeat(60_000)}`)).toBe(64);
  expect(await start('gatehouse://timeline/../settings')).toBe(64);
  expect(app.main.url()).toBe(before);
  expect(await start('gatehouse://settings')).toBe(0);
  await app.main.waitForURL(/#\/settings$/u);
});

test('[RUN-3] a tray that comes later shows what runs; what it pauses stands still', async (context) => {
  if (why !== undefined) return context.skip(why);
  await desktop.openTray();
  await toolTipSays('1 session running');
  const size = await startBeating('seen');
  await toolTipSays('2 sessions running');
  await choose('Pause all sessions');
  await toolTipSays('2 sessions paused');
  expect(await states()).toEqual(['paused', 'paused']);
  const before = await size();
  expect(await states()).toEqual(['paused', 'paused']);
  expect(await size()).toBe(before);
  const notice = await eventually(() => desktop.notices.find(({ title }) => title === 'Everything is paused'), {
    what: 'it to be said',
  });
  // A click opens the window; nothing is decided in a notification.
  expect(notice.actions.filter((_, index) => index % 2 === 0)).toEqual(['default']);
});

test('[RUN-3] [RUN-6] with its window closed the app stays in the tray, says so once, and its key ends every session from anywhere', async (context) => {
  if (why !== undefined) return context.skip(why);
  await closeMainWindow();
  const stays = () => desktop.notices.filter(({ title }) => title === 'Gatehouse stays in the tray');
  await eventually(() => stays().length === 1, { what: 'it to be said' });
  await pressKeys(display, 'ctrl+alt+shift+x');
  await toolTipSays('no session runs');
  expect(await states()).toEqual([]);
  expect(await processesWithArgument(`echo beat >> ${home.workspace}`)).toEqual([]);
  await eventually(() => desktop.notices.some(({ text }) => text === '2 sessions ended.'), { what: 'it to be said' });
  await (await desktop.item()).click();
  await eventually(mainWindowShows, { what: 'the window' });
  await closeMainWindow();
  await eventually(async () => !(await mainWindowShows()), { what: 'it to go' });
  expect(stays()).toHaveLength(1);
});

test('[RUN-6] quitting says what goes on; it goes on, and is there for the next start', async (context) => {
  if (why !== undefined) return context.skip(why);
  const size = await startBeating('goes-on');
  await choose('Quit (1 session goes on)');
  await eventually(() => showsWindow(display, leaving), { what: 'what goes on to be said' });
  const shell = app.electron.process();
  await pressUntil(display, 'Return', () => shell.exitCode !== null || shell.signalCode !== null);
  expect([shell.exitCode, shell.signalCode]).toEqual([0, null]);
  expect(await states()).toEqual(['running']);
  const before = await size();
  await eventually(async () => (await size()) > before, { what: 'it to go on' });
});
