import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Terminal } from '../../helpers/agents/terminal.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { eventually } from '../../helpers/poll.ts';
import { type CountingServer, fetchOf, openAgent, startServer } from '../../integration/approvals/asking.ts';

const why = whyNoWindows();
let home: KeyedHome;
let display: Display;
let app: DesktopApp;
let server: CountingServer;
let agent: Terminal;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openKeyedHome();
  display = await openDisplay();
  app = await openDesktopApp(home, display);
  await app.main.getByText('Supervised').waitFor();
  server = await startServer();
  agent = await openAgent(home, '--ask', 'app', '--task', 'Look up the prices');
});

afterAll(async () => {
  agent?.kill();
  server?.close();
  await app?.close();
  await home?.close();
  await display?.close();
});

/** Goes from one control to the next until this one has the keyboard. */
async function tabTo(page: Page, selector: string, key = 'Tab'): Promise<void> {
  await eventually(
    async () => {
      if ((await page.locator(`${selector}:focus`).count()) === 1) return true;
      await page.keyboard.press(key);
      return (await page.locator(`${selector}:focus`).count()) === 1;
    },
    { what: `${key} to reach ${selector}` },
  );
}

test('[APR-1] [AUD-3] by keys alone: a blocked call is allowed once, and found, read and proved in the timeline', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main, approval } = app;
  agent.type(fetchOf(server.port, '/prices', 'prices'));
  await approval.getByRole('heading', { name: '/prices' }).waitFor();
  await eventually(() => app.approvalShows(), { what: 'the window to come up' });
  await tabTo(approval, '[data-answers="allow-once"]');
  await approval.locator('[data-answers="allow-once"][aria-disabled="false"]').waitFor();
  await approval.keyboard.press('Enter');
  await eventually(() => agent.text().includes('prices=200'), { what: 'curl to be let through' });
  expect(server.seen).toEqual(['/prices']);

  await main.keyboard.press('3');
  const list = main.getByRole('listbox', { name: 'Entries, newest first' });
  await list.getByRole('option').first().waitFor();
  await main.keyboard.press('/');
  await main.keyboard.type('kind:approval.ans');
  await main.getByRole('option', { name: 'kind:approval.answered' }).waitFor();
  await main.keyboard.press('ArrowDown');
  await main.keyboard.press('Enter');
  await main.locator(".timeline[data-query='kind:approval.answered']").waitFor();
  await main.keyboard.press('Escape');
  await main.keyboard.press('ArrowDown');
  const drawer = main.getByRole('region', { name: /^Entry/u });
  // The line of its minute and session stands above it.
  await eventually(
    async () => {
      await main.keyboard.press('ArrowDown');
      await main.keyboard.press('Enter');
      return (await drawer.count()) === 1;
    },
    { what: 'Enter to open the entry' },
  );
  await drawer.getByText('/prices').first().waitFor();
  await eventually(
    async () => {
      await tabTo(main, '.timeline-drawer button:has-text("Verify this entry")');
      await main.keyboard.press('Enter');
      return (await drawer.textContent())?.includes('It holds. This entry is exactly as recorded');
    },
    { what: 'the proof of the entry to hold' },
  );
  await main.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  expect(await list.evaluate((element) => element.matches(':focus'))).toBe(true);

  // Over everything, and back where the keyboard was.
  await main.keyboard.press('Control+k');
  await main.getByRole('dialog', { name: 'Go to, or do' }).waitFor();
  await main.keyboard.type('1');
  await main.getByRole('option', { name: /Entry 1 of the log/u }).waitFor();
  await main.keyboard.press('Escape');
  await eventually(() => list.evaluate((element) => element.matches(':focus')), { what: 'the list to have it again' });
});
