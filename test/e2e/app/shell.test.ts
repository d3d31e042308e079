import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const why = whyNoWindows();
let home: TempHome;
let display: Display;
let app: DesktopApp | undefined;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  display = await openDisplay();
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

test('starts a supervisor, shows what it says, and no question while nothing is asked', async (context) => {
  if (why !== undefined) return context.skip(why);
  app = await openDesktopApp(home, display);
  await app.main.getByText('Supervised').waitFor();
  expect(await app.approvalShows()).toBe(false);
  expect((await home.run(['supervisor', 'status'])).status).toBe(0);
});

test('[RUN-6] a shell that crashes takes nothing along: sessions go on, and the next one shows them', async (context) => {
  if (why !== undefined || app === undefined) return context.skip(why ?? 'the app did not open');
  const started = await home.run(['run', '--detach', '--task', 'Go on regardless', '--', 'sleep', '600']);
  const id = started.stdout.trim();
  expect(id).toMatch(/^[0-9a-f]{4}-/u);
  const shell = app.electron.process();
  const gone = new Promise((resolve) => shell.once('exit', resolve));
  shell.kill('SIGKILL');
  await gone;
  expect((await home.run(['sessions'])).stdout).toContain(id);
  app = await openDesktopApp(home, display);
  await app.main.getByText('Go on regardless').first().waitFor();
  const sessions = await home.run(['sessions', '--json']);
  expect(JSON.parse(sessions.stdout)).toMatchObject({ id, state: 'running' });
  expect((await home.run(['kill', id])).status).toBe(0);
});

test('[RUN-6] a supervisor that is gone is said, and one that is back is attached to', async (context) => {
  if (why !== undefined || app === undefined) return context.skip(why ?? 'the app did not open');
  const { stdout } = await home.run(['supervisor', 'status', '--json']);
  const { pid } = JSON.parse(stdout) as { pid: number };
  process.kill(pid, 'SIGKILL');
  // The shell starts another one by itself.
  await app.main.getByText('Supervised').waitFor({ state: 'hidden' });
  await app.main.getByText('Supervised').waitFor();
  expect((await home.run(['log', 'kind:supervisor.started', '--json'])).stdout.trim().split('\n')).toHaveLength(2);
});
