import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const why = whyNoWindows();
/** A name and a line that would be markup. */
const hostile = '<img src=x onerror=document.title=1>';
let home: TempHome;
let display: Display;
let app: DesktopApp;
let former: string;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  const { workspace } = home;
  await writeFile(
    path.join(workspace, 'code.txt'),
    Array.from({ length: 400 }, (_, at) => `line ${at + 1}\n`).join(''),
  );
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['commit', '-qm', 'one'],
  ]) {
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      cwd: workspace,
      env: { PATH: process.env['PATH'] ?? '', HOME: home.home, GIT_CONFIG_NOSYSTEM: '1' },
    });
  }
  await home.run([
    'run',
    '--',
    'sh',
    '-c',
    `sed -i 's/^line 200$/${hostile}/' code.txt; echo x > '${hostile}'; mkfifo z`,
  ]);
  const { stdout } = await home.run(['sessions', '--all', '--json']);
  former = /"id":"([^"]+)"/u.exec(stdout)?.[1] ?? '';
  // As one that ended so long ago that no list has it any more.
  const state = new Database(path.join(home.state, 'state', 'state.db'));
  state.exec('DELETE FROM session');
  state.close();
  await home.run([
    'run',
    '--detach',
    '--',
    'sh',
    '-c',
    'echo first > live.txt; until [ -e go ]; do sleep 0.1; done; echo second >> live.txt; sleep 600',
  ]);
  display = await openDisplay();
  app = await openDesktopApp(home, display);
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

test('[RUN-3] the page of a session that ended long ago shows what changed in its files, by keys, and none of it as markup', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  await main.getByText('Supervised').waitFor();
  await main.evaluate((id) => {
    window.location.hash = `#/now/${id}`;
  }, former);
  await main.getByText('It ended by itself, with exit status 0.').waitFor();
  await main.getByRole('tab', { name: 'Files' }).click();
  await main.getByRole('option', { name: 'changed code.txt +1 −1' }).waitFor();
  const lines = main.getByRole('region', { name: 'Lines that changed' });
  await lines.getByText('x', { exact: true }).waitFor();

  await main.getByRole('listbox', { name: 'Files that changed' }).focus();
  await main.keyboard.press('ArrowDown');
  await main.getByRole('option', { name: / code\.txt/u, selected: true }).waitFor();
  await lines.getByText(hostile).waitFor();
  await main.getByText(/^Before is commit [0-9a-f]{12}, read from the repository/u).waitFor();
  await main.keyboard.press('Enter');
  await main.locator('.diff-lines:focus').waitFor();
  expect(await lines.textContent()).toMatch(/^Line 197/u);
  await main.keyboard.press('Escape');
  await main.locator('.files-list:focus').waitFor();
  await main.keyboard.press('End');
  await main.getByText('Before: nothing. Now: a named pipe.').waitFor();
  expect(
    await main.evaluate(() => [document.title.endsWith('Gatehouse'), document.querySelectorAll('main img').length]),
  ).toEqual([true, 0]);
  await main.keyboard.press('Home');
  await lines.getByText('x', { exact: true }).waitFor();
  const { violations } = await new AxeBuilder({ page: main }).setLegacyMode().analyze();
  expect(
    violations.map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
  ).toEqual([]);
});

test('[RUN-3] what is read stays while its file changes on, until somebody wants to see that', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  await main.getByRole('list', { name: 'Running sessions' }).getByRole('link').click();
  await main.getByRole('tab', { name: 'Files' }).click();
  await main.getByRole('option', { name: 'created live.txt +1' }).waitFor();
  const lines = main.getByRole('region', { name: 'Lines that changed' });
  await lines.getByText('first').waitFor();
  await writeFile(path.join(home.workspace, 'go'), '');
  const again = main.getByRole('button', { name: 'Changed again · show' });
  await again.waitFor();
  expect(await lines.textContent()).not.toContain('second');
  await again.click();
  await lines.getByText('second').waitFor();
  await again.waitFor({ state: 'hidden' });
});
