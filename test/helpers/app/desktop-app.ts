import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { _electron, type ElectronApplication, errors, type Page } from 'playwright-core';
import { distFolder, repositoryFolder } from '../gatehouse.ts';
import { eventually } from '../poll.ts';
import type { TempHome } from '../temp-home.ts';

/** A display of the test's own, without a screen. */
export interface Display {
  readonly name: string;
  close(): Promise<void>;
}

/** Starts Xvfb on a display number that it finds free itself. */
export async function openDisplay(size = '1920x1080'): Promise<Display> {
  const server: ChildProcess = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${size}x24`, '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const report = server.stdio[3];
  if (report === null || report === undefined || !('setEncoding' in report)) throw new Error('no report of Xvfb');
  report.setEncoding('utf8');
  let text = '';
  for await (const part of report) {
    text += part;
    if (text.includes('\n')) break;
  }
  if (!/^\d+\n/u.test(text)) throw new Error('Xvfb did not start');
  return {
    name: `:${text.trim()}`,
    async close() {
      const gone = once(server, 'exit');
      server.kill();
      await gone;
    },
  };
}

/** The desktop app with a home and a display of the test's own. */
export interface DesktopApp {
  readonly electron: ElectronApplication;
  readonly main: Page;
  /** The approval window's page, hidden or not. */
  readonly approval: Page;
  /** Whether the approval window is on the screen now. */
  approvalShows(): Promise<boolean>;
  close(): Promise<void>;
}

/** The Electron that `.ci/electron.mjs` finds or makes. */
export const electronPath: string =
  ['node_modules/electron/dist/electron', '.cache/electron/33.2.1/electron']
    .map((place) => path.join(repositoryFolder, place))
    .find((place) => existsSync(place)) ?? 'electron';

/** How the app is opened. */
export interface AppOptions {
  readonly scheme?: 'light' | 'dark';
  readonly environment?: Record<string, string>;
  /** As on a machine that never had it: the introduction comes before the places. */
  readonly firstRun?: boolean;
}

/** How long each act on a page may take. */
const actionMsMax = 100_000;
/** How long a start of the app may take, and how often it is tried: now and then Playwright misses the start it waits for. */
const launchMsMax = 45_000;
const launchTries = 3;

async function launch(options: Parameters<typeof _electron.launch>[0]): Promise<ElectronApplication> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await _electron.launch({ ...options, timeout: launchMsMax });
    } catch (error) {
      if (!(error instanceof errors.TimeoutError) || tried === launchTries) throw error;
    }
  }
}

/** Starts the app as a person's desktop would: no terminal, nothing of the test's environment. */
export async function openDesktopApp(home: TempHome, display: Display, options: AppOptions = {}): Promise<DesktopApp> {
  const state = path.join(home.state, 'state');
  await mkdir(state, { recursive: true, mode: 0o700 });
  const preferences = { appearance: 'system', welcomed: options.firstRun !== true };
  // What is there already is what the person chose.
  await writeFile(path.join(state, 'windows.json'), JSON.stringify(preferences), { flag: 'wx' }).catch(() => undefined);
  const isRoot = process.getuid?.() === 0;
  const electron = await launch({
    executablePath: electronPath,
    // Left to itself, Playwright switches Chromium's sandbox off for everybody.
    chromiumSandbox: !isRoot,
    args: [
      path.join(distFolder, 'app'),
      ...(isRoot ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--force-color-profile=srgb',
    ],
    cwd: '/',
    env: { ...home.environment, DISPLAY: display.name, XDG_RUNTIME_DIR: home.state, ...options.environment },
    colorScheme: options.scheme ?? 'light',
  });
  const find = (scheme: string) =>
    eventually(() => electron.windows().find((page) => page.url().startsWith(`${scheme}://`)), {
      what: `the window of ${scheme}`,
    });
  const [main, approval] = [await find('app'), await find('approval')];
  // Only ends what hangs, like every other deadline of the tests.
  for (const page of [main, approval]) page.setDefaultTimeout(actionMsMax);
  return {
    electron,
    main,
    approval,
    approvalShows: () =>
      electron.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().some((each) => each.getTitle() === 'Gatehouse asks' && each.isVisible()),
      ),
    close: () => electron.close(),
  };
}
