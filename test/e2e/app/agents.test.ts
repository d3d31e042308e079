import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerInWindow } from '../../helpers/app/answer-in-window.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';

const why = whyNoWindows();
let home: KeyedHome;
let display: Display;
let app: DesktopApp;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openKeyedHome();
  await home.install('claude', 'echo hello');
  display = await openDisplay();
  // A session makes its folder one that policies are asked about.
  expect(await home.run(['run', '--', 'true'])).toMatchObject({ status: 0 });
  app = await openDesktopApp(home, display);
  await app.main.getByText('Supervised').waitFor();
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

test('[IDN-4] an agent found on the machine is proposed, and brought in only by the approval window', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main, approval } = app;
  await main.getByRole('link', { name: 'Agents' }).click();
  await main.getByText('No agent has a key yet').waitFor();
  await main.getByRole('button', { name: 'Bring in Claude Code' }).click();
  await approval.getByText('Bring in the agent claude-code').first().waitFor();
  expect(await app.approvalShows()).toBe(true);
  expect(await main.getByText('No agent has a key yet').isVisible()).toBe(true);
  await answerInWindow(app, /Bring in the agent claude-code/);
  await main.getByRole('heading', { level: 1, name: 'claude-code' }).waitFor();
  await main.getByText('as it was accepted').waitFor();
});

test('[IDN-4] an agent is suspended with the keyboard, after its consequences were said', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  await main.getByRole('button', { name: 'Suspend…' }).focus();
  await main.keyboard.press('Enter');
  await main.getByText('None of its sessions starts until you resume it.').waitFor();
  await main.keyboard.press('Tab');
  await main.keyboard.press('Enter');
  await main.getByText('claude-code is suspended.').waitFor();
  const { stdout } = await home.run(['agents', 'show', 'claude-code', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ state: 'suspended' });
});

test('[GRT-5] policies show their rules, and the simulator answers as one types, with the rules that decide', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  await main.getByRole('link', { name: 'Policies' }).click();
  await main.getByLabel('Could', { exact: true }).selectOption('generic');
  await main.getByLabel('to', { exact: true }).fill('~/.ssh/id_ed25519');
  await main.getByText('You would be asked').waitFor();
  await main.getByRole('button', { name: 'credentials' }).click();
  await main.getByRole('textbox', { name: 'Cedar of credentials' }).waitFor();
  await main.getByLabel('to', { exact: true }).fill('src/main.ts');
  await main.getByText('Yes', { exact: true }).waitFor();
  await main.getByLabel('Could', { exact: true }).selectOption('claude-code');
  await main.getByText('it was suspended').first().waitFor();
  await main.getByRole('tab', { name: 'Examples' }).click();
  await main.getByText(/All \d+ examples of \d+ rules hold/u).waitFor();
});

test('[GRT-5] rules of one’s own are checked as they are written, and saved by the approval window alone', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main, approval } = app;
  const rules = path.join(home.state, 'config', 'policies', 'mine.cedar');
  await main.getByRole('tab', { name: 'Your rules' }).click();
  await main.getByText('One rule holds').waitFor();
  await main.getByRole('textbox', { name: 'Rules in mine.cedar' }).focus();
  await main.keyboard.press('ControlOrMeta+End');
  await main.keyboard.type('permit (');
  await main.getByRole('list', { name: 'What is wrong' }).waitFor();
  for (let left = 'permit ('.length; left > 0; left -= 1) await main.keyboard.press('Backspace');
  await main.getByText('One rule holds').waitFor();
  await main.getByRole('button', { name: 'Ask to save' }).click();
  await approval.getByText('Add your rules in mine.cedar').first().waitFor();
  expect(existsSync(rules)).toBe(false);
  await answerInWindow(app, /Add your rules in mine.cedar/);
  await main.getByText('mine.cedar counts for sessions that start from now on.').waitFor();
  expect(await readFile(rules, 'utf8')).toContain('no-example');
  await main.getByLabel('Could', { exact: true }).selectOption('generic');
  await main.getByLabel('do', { exact: true }).selectOption('net.connect');
  await main.getByLabel('to', { exact: true }).fill('example.org');
  await main.getByRole('button', { name: 'no-example' }).waitFor();
});
