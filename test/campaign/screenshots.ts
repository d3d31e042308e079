import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../helpers/app/no-windows.ts';
import { drawn, screens } from '../helpers/app/screens.ts';
import type { TempHome } from '../helpers/temp-home.ts';
import type { Campaign } from './campaign.ts';
import { Camera, pictureSizes, resize } from './screenshots/camera.ts';
import { readmeOf } from './screenshots/captions.ts';
import { takeBreaker, takeQuestions } from './screenshots/questions.ts';
import { bringAgents, person, settle } from './screenshots/settle.ts';
import { type Work, work } from './screenshots/work.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'docs/screenshots');
const environment = { GATEHOUSE_KEYSTORE: 'file' } as const;

/** Every screen of the app with real sessions, in both schemes and two sizes. */
export const screenshots: Campaign = {
  name: 'screenshots',
  usage: 'screenshots    every screen of the app, light and dark, written to docs/screenshots (as root)',
  async run(args) {
    if (args.length > 0) throw new Error('it takes no options');
    const why = whyNoWindows();
    if (why !== undefined) throw new Error(why);
    if (process.getuid?.() !== 0 || existsSync(person)) throw new Error(`it needs root, and no ${person}`);
    const taken = await mkdtemp(path.join(tmpdir(), 'gatehouse-screenshots-'));
    const camera = new Camera(taken);
    const display = await openDisplay('2200x1300');
    const home = await settle();
    let live: Work | undefined;
    try {
      await takeEmpty(home, display, camera);
      live = await work(home, await bringAgents());
      await takeFull(home, display, live, camera);
      await writeFile(path.join(taken, 'README.md'), readmeOf(camera.taken));
      await replace(taken);
    } finally {
      live?.asking.kill();
      await home.run(['kill', '--all'], { cwd: '/' });
      await home.run(['supervisor', 'stop', '--force'], { cwd: '/' });
      await live?.close();
      await display.close();
      await rm(person, { recursive: true, force: true });
      await rm(taken, { recursive: true, force: true });
    }
    return true;
  },
};

/** Only when all were taken do they stand in for the ones before. */
async function replace(taken: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await cp(taken, folder, { recursive: true });
}

const [firstSize = { width: 1280, height: 800 }] = pictureSizes;

/** As on a machine that never had it. */
async function takeEmpty(home: TempHome, display: Display, camera: Camera): Promise<void> {
  const app = await openDesktopApp(home, display, { environment, firstRun: true });
  try {
    const { main } = app;
    await resize(app, firstSize);
    for (let screen = 1; screen < 4; screen += 1) await main.getByRole('button', { name: 'Next' }).click();
    await main.getByRole('radio', { name: /A shell/u }).waitFor();
    await camera.take(main, 'empty-introduction-4', firstSize.width);
    await main.getByRole('button', { name: 'Skip' }).click();
    for (const [key, place] of ['now', 'agents', 'timeline', 'policies'].entries()) {
      await main.keyboard.press(`Control+${key + 1}`);
      await drawn(main);
      await camera.take(main, `empty-${place}`, firstSize.width);
    }
  } finally {
    await app.close();
  }
}

async function takeFull(home: TempHome, display: Display, live: Work, camera: Camera): Promise<void> {
  const app = await openDesktopApp(home, display, { environment });
  try {
    await app.main.getByText('Supervised').waitFor();
    await takeQuestions(app, home, live, camera);
    for (const size of pictureSizes) {
      // Nothing that was written for the pictures before.
      await app.main.reload();
      await resize(app, size);
      for (const { name, isState, open } of screens) {
        await open(app.main, live);
        await drawn(app.main);
        if (isState !== true || size === firstSize) await camera.take(app.main, name, size.width);
      }
    }
    await app.main.reload();
    await resize(app, firstSize);
    await takeBreaker(app, home, camera);
    await takeTroubles(app, home, camera);
  } finally {
    await app.close();
  }
}

/** What a person sees while something is awaited, where rules are broken, and without a supervisor. */
async function takeTroubles(app: DesktopApp, home: TempHome, camera: Camera): Promise<void> {
  const { main } = app;
  const { width } = firstSize;
  const { stdout } = await home.run(['supervisor', 'status']);
  const pid = Number(/process (?<pid>\d+)/u.exec(stdout)?.groups?.['pid']);
  await main.keyboard.press('Control+1');
  process.kill(pid, 'SIGSTOP');
  await main.reload();
  await camera.take(main, 'loading-now', width);
  process.kill(pid, 'SIGCONT');
  await writeFile(
    path.join(home.workspace, '.gatehouse/policy.cedar'),
    'forbid (principal, action == Action::"net.conect", resource);\n',
  );
  await main.reload();
  await main.keyboard.press('Control+4');
  await main.getByLabel('In', { exact: true }).selectOption(home.workspace);
  await main.getByText('No session starts in this folder').waitFor();
  await camera.take(main, 'error-policies', width);
  await writeFile(path.join(home.state, 'config/policies/shop.cedar'), 'forbid (principal, action, resource\n');
  await home.run(['supervisor', 'stop', '--force']);
  await main.getByText('No supervisor answers').waitFor();
  await camera.take(main, 'lost-policies', width);
  await main.keyboard.press('Control+1');
  await camera.take(main, 'lost-now', width);
}
