import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const why = whyNoWindows();
let home: TempHome;
let display: Display;
let app: DesktopApp;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  display = await openDisplay();
  app = await openDesktopApp(home, display);
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

test('starts a supervisor, shows what it says, and no question while nothing is asked', async (context) => {
  if (why !== undefined) return context.skip(why);
  await app.main.getByText('Supervised').waitFor();
  await app.main.getByRole('link', { name: 'Timeline' }).click();
  await app.main.getByText('Gatehouse starts').waitFor();
  expect(await app.approvalShows()).toBe(false);
});
