import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

let home: TempHome;
let display: Display;
beforeAll(async () => {
  home = await openTempHome();
  display = await openDisplay();
});
afterAll(async () => {
  await home.close();
  await display.close();
});

test('opens', async () => {
  const app = await openDesktopApp(home, display);
  await app.main.getByText('Supervised').waitFor({ timeout: 30_000 });
  await app.main.screenshot({ path: '/tmp/el/now.png' });
  await app.main.getByText('Timeline').first().click();
  await app.main.getByText('Gatehouse starts').first().waitFor({ timeout: 30_000 });
  await app.main.screenshot({ path: '/tmp/el/timeline.png' });
  expect(await app.approvalShows()).toBe(false);
  await app.close();
});
