import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { drawn, type ScreenGround, screens } from '../../helpers/app/screens.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { openGatehouse } from '../../integration/approvals/asking.ts';

const why = whyNoWindows();
let home: KeyedHome;
let display: Display;
let app: DesktopApp;
let ground: ScreenGround;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openKeyedHome();
  // A stand-in for an agent, recognised by its name.
  await home.install('claude', 'sleep 600');
  display = await openDisplay();
  const script = 'curl -s http://example.test/; echo done > out';
  expect(await openGatehouse(home, 'agents', 'add', 'claude-code', '--purpose', 'Writes').exited).toMatchObject({
    status: 0,
  });
  await home.run(['run', '--task', 'Count the words', '--', 'sh', '-c', script]);
  await home.run(['run', '--detach', '--task', 'Wait', '--', 'claude']);
  ground = { ...(await sessionsOf(home)), agent: 'claude-code' };
  app = await openDesktopApp(home, display);
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

async function sessionsOf({ run }: KeyedHome): Promise<Omit<ScreenGround, 'agent'>> {
  const { stdout } = await run(['sessions', '--all', '--json']);
  const id = (agent: string) => new RegExp(`"id":"([^"]+)","agent":"${agent}"`, 'u').exec(stdout)?.[1] ?? '';
  return { running: id('claude-code'), ended: id('generic') };
}

const bothSchemes: readonly ('light' | 'dark')[] = ['light', 'dark'];

/** What axe finds on a page, in both schemes. */
async function violationsOf(page: Page, name: string, schemes = bothSchemes): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const violations = colorScheme === 'light' ? await fullRun(page) : await contrastRun(page);
    for (const { id, nodes } of violations) {
      const text = ({ target, failureSummary = '' }: Violation['nodes'][number]) =>
        `${name}, ${colorScheme}: ${id} at ${target.join(' ')} ${failureSummary.split('\n')[1] ?? ''}`;
      found.push(...nodes.map(text));
    }
  }
  return found;
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

async function fullRun(page: Page): Promise<readonly Violation[]> {
  const builder = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  return (await builder.analyze()).violations;
}

/** Of the scheme, only colours can change; what looked at all of it is still in the page. */
async function contrastRun(page: Page): Promise<readonly Violation[]> {
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: unknown): Promise<{ violations: readonly Violation[] }> };
    };
    return (await axe.run({ runOnly: ['color-contrast'], resultTypes: ['violations'] })).violations;
  });
}

test('axe finds nothing on any screen, light and dark', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  await main.getByText('Supervised').waitFor();
  const found: string[] = [];
  for (const { name, open } of screens) {
    await open(main, ground);
    await drawn(main);
    found.push(...(await violationsOf(main, name)));
  }
  expect(found).toEqual([]);
});

test('axe finds nothing where something is proposed, and where no supervisor answers', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main, approval } = app;
  const found: string[] = [];
  const size = { columns: 80, rows: 24 };
  const proposals = [
    [
      'start',
      { kind: 'start', command: ['claude'], workspace: home.workspace, grants: ['net.connect:example.org:443'], size },
    ],
    ['policy', { kind: 'policy', file: 'mine.cedar', text: 'forbid (principal, action, resource);\n' }],
    ['resume', { kind: 'agent-rotate', name: 'claude-code' }],
  ] as const;
  for (const [name, proposal] of proposals) {
    const outcome = main.evaluate(
      (wanted) =>
        (globalThis as unknown as { gatehouse: { propose(what: unknown): Promise<unknown> } }).gatehouse.propose(
          wanted,
        ),
      proposal,
    );
    await approval.locator('[data-answers="confirm"][aria-disabled="false"]').waitFor();
    found.push(...(await violationsOf(approval, `the proposal of a ${name}`)));
    await approval.keyboard.press('Escape');
    await outcome;
  }
  const folder = path.join(home.state, 'config/policies');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, 'mine.cedar'), 'forbid (principal, action, resource', { mode: 0o600 });
  await main.keyboard.press('Control+1');
  await home.run(['supervisor', 'stop', '--force']);
  await main.getByText('No supervisor answers').waitFor();
  for (const key of ['1', '2', '3', '4', '5']) {
    await main.keyboard.press(`Control+${key}`);
    await main.getByText('No supervisor answers').waitFor();
    // What is said in its stead is the same in every place.
    found.push(
      ...(await violationsOf(main, `place ${key} without a supervisor`, key === '1' ? bothSchemes : ['light'])),
    );
  }
  expect(found).toEqual([]);
});
