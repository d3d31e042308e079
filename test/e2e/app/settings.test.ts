import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerInWindow } from '../../helpers/app/answer-in-window.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const why = whyNoWindows();
let home: TempHome;
let display: Display;
let app: DesktopApp;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  display = await openDisplay();
  app = await openDesktopApp(home, display, { firstRun: true });
});

afterAll(async () => {
  await app?.close();
  // A shell with a terminal does not end when it is asked to.
  await home?.run(['kill', '--all']);
  await home?.close();
  await display?.close();
});

test('[RUN-1] the introduction ends with a session running, and does not come back', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  for (const title of ['What is walled', 'What asks you', 'Where it is recorded']) {
    await main.getByRole('heading', { name: title }).waitFor();
    await main.getByRole('button', { name: 'Next' }).click();
  }
  await main.getByRole('radio', { name: /A shell/u }).check();
  await main.getByLabel('Folder').fill(home.workspace);
  await main.getByRole('button', { name: 'Start it' }).click();
  await answerInWindow(app, 'Start bash');
  await main.waitForURL(/#\/now\/[0-9a-f]{4}-/u);
  const file = path.join(home.state, 'state/windows.json');
  await eventually(async () => JSON.parse(await readFile(file, 'utf8')).welcomed === true, { what: 'it to be kept' });
  await main.reload();
  await main.getByRole('navigation', { name: 'Places' }).waitFor();
});

test('[PLT] settings say how the machine stands, and keep what was chosen', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  await main.keyboard.press('Control+5');
  const mechanisms = main.getByRole('region', { name: 'Mechanisms' });
  const audit = mechanisms.getByRole('listitem').filter({ hasText: 'Audit log' });
  await audit.first().waitFor();
  expect(await audit.first().textContent()).toMatch(/^(?:Works|Limited|Missing)/u);
  const section = (title: string) => main.getByRole('link', { name: title, exact: true }).click();
  await section('Appearance');
  await main.getByRole('radio', { name: 'Dark', exact: true }).check();
  await eventually(() => app.electron.evaluate(({ nativeTheme }) => nativeTheme.themeSource === 'dark'), {
    what: 'the shell to go dark',
  });
  await section('Start and updates');
  await main.getByText('Gatehouse fetches nothing').waitFor();
  const autostart = path.join(home.home, '.config/autostart/gatehouse.desktop');
  const box = main.getByRole('checkbox', { name: /Start with the desktop/u });
  await box.click();
  await eventually(async () => (await readFile(autostart, 'utf8')).includes('"--background"'), { what: 'its file' });
  await eventually(() => box.isChecked(), { what: 'the box to say so' });
  await box.click();
  await eventually(() => !existsSync(autostart), { what: 'its file to go' });
});

test('the palette reaches everything by the keyboard, and ending sessions takes a second Enter', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  /** Keys that are typed before the palette has the keyboard go elsewhere. */
  const openPalette = async () => {
    await main.keyboard.press('Control+k');
    await eventually(() => main.evaluate(() => document.activeElement?.tagName === 'INPUT'), { what: 'the palette' });
  };
  await openPalette();
  await main.keyboard.type('stop all');
  await main.keyboard.press('Enter');
  await main.getByText('Enter once more does it').waitFor();
  const { stdout } = await home.run(['sessions', '--json']);
  expect(stdout).toContain('"state":"running"');
  await main.keyboard.press('Escape');
  await main.getByText('Enter once more does it').waitFor({ state: 'hidden' });
  await openPalette();
  await main.keyboard.type('timel');
  await main.keyboard.press('Enter');
  await main.waitForURL(/#\/timeline/u);
  await main.keyboard.press('?');
  await main.getByRole('dialog', { name: 'Keys' }).waitFor();
  await main.keyboard.press('Escape');
  await main.keyboard.press('2');
  await main.waitForURL(/#\/agents/u);
  await main.keyboard.press('/');
  await main.waitForURL(/#\/timeline/u);
  await eventually(() => main.evaluate(() => document.activeElement?.getAttribute('role') === 'combobox'), {
    what: 'the search of the timeline to have the keyboard',
  });
});

test('`gatehouse app` says what it lacks, and brings the one that runs to an entry of the log', async (context) => {
  if (why !== undefined) return context.skip(why);
  const without = await home.run(['app']);
  expect(without.stderr).toContain('no display');
  expect(without.status).toBe(2);
  expect((await home.run(['app', 'elsewhere/1'])).stderr).toContain('no place of the app');
  const environment = { ...home.environment, DISPLAY: display.name, XDG_RUNTIME_DIR: home.state };
  expect(await home.run(['app', 'timeline/1'], { environment })).toMatchObject({ status: 0 });
  await app.main.waitForURL(/#\/timeline\/1$/u);
});
