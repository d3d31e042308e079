import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
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
  await home.run([
    'run',
    '--task',
    'Count the words',
    '--',
    'sh',
    '-c',
    'curl -s http://example.test/; echo done > out',
  ]);
  await home.run(['run', '--detach', '--task', 'Wait', '--', 'sleep', '600']);
  app = await openDesktopApp(home, display);
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

/** Each place, and what shows that it is drawn. */
const screens: readonly (readonly [name: string, open: (main: Page) => Promise<unknown>])[] = [
  [
    'now',
    async (main) => {
      await main.keyboard.press('Control+1');
      await main.getByText('Wait').first().click();
      await main.getByRole('tab', { name: 'Terminal' }).waitFor();
    },
  ],
  ['agents', (main) => main.keyboard.press('Control+2')],
  [
    'timeline',
    async (main) => {
      await main.keyboard.press('Control+3');
      await main.getByText('example.test').first().waitFor();
    },
  ],
  ['policies', (main) => main.keyboard.press('Control+4')],
  [
    'settings',
    async (main) => {
      await main.keyboard.press('Control+5');
      await main.getByText('Audit log').first().waitFor();
    },
  ],
  [
    'palette',
    async (main) => {
      await main.keyboard.press('Control+k');
      await main.getByRole('dialog').waitFor();
    },
  ],
  [
    'keys',
    async (main) => {
      await main.keyboard.type('show the keys');
      await main.keyboard.press('Enter');
      await main.getByRole('dialog', { name: 'Keys' }).waitFor();
    },
  ],
  [
    'introduction',
    async (main) => {
      await main.keyboard.press('Escape');
      await main.keyboard.press('Control+k');
      await main.keyboard.type('introduction');
      await main.keyboard.press('Enter');
      await main.getByRole('heading', { name: 'What is walled' }).waitFor();
    },
  ],
];

test('axe finds nothing in any place, light and dark', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  await main.getByText('Supervised').waitFor();
  const found: string[] = [];
  for (const [name, open] of screens) {
    await open(main);
    await main.locator('.skeleton').first().waitFor({ state: 'detached' });
    for (const colorScheme of ['light', 'dark'] as const) {
      await main.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // Of the scheme, only colours can change.
      const builder = new AxeBuilder({ page: main }).setLegacyMode();
      const { violations } = await (colorScheme === 'dark' ? builder.withRules(['color-contrast']) : builder).analyze();
      for (const { id, nodes } of violations) {
        const text = ({ target, failureSummary = '' }: (typeof nodes)[number]) =>
          `${name}, ${colorScheme}: ${id} at ${target.join(' ')} ${failureSummary.split('\n')[1] ?? ''}`;
        found.push(...nodes.map(text));
      }
    }
  }
  expect(found).toEqual([]);
});
