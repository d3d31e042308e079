import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openTerminal, type Terminal } from '../helpers/agents/terminal.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../helpers/app/no-windows.ts';
import { distFolder, runGatehouse } from '../helpers/gatehouse.ts';
import { keyedPassphrase, writeKeystore } from '../helpers/keyed-home.ts';
import { eventually } from '../helpers/poll.ts';
import type { TempHome } from '../helpers/temp-home.ts';
import type { Campaign } from './campaign.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'docs/screenshots');
/** A home that reads well in a picture. It must not be there yet, and is gone afterwards. */
const person = '/home/ada';
const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;
const places = ['Agents', 'Timeline', 'Policies', 'Settings'] as const;

/** Every screen of the app with real sessions, in both schemes and two sizes. */
export const screenshots: Campaign = {
  name: 'screenshots',
  usage: 'screenshots    every screen of the app, light and dark, written to docs/screenshots (as root)',
  async run(args) {
    if (args.length > 0) throw new Error('it takes no options');
    const why = whyNoWindows();
    if (why !== undefined) throw new Error(why);
    if (process.getuid?.() !== 0 || existsSync(person)) throw new Error(`it needs root, and no ${person}`);
    await mkdir(folder, { recursive: true });
    const display = await openDisplay('2200x1300');
    const home = await settle();
    try {
      const live = await work(home);
      for (const scheme of ['light', 'dark'] as const) await take(home, display, scheme, live);
    } finally {
      await home.run(['supervisor', 'stop', '--force'], { cwd: '/' });
      await display.close();
      await rm(person, { recursive: true, force: true });
    }
    return true;
  },
};

/** The session whose page is shown. */
interface Live {
  readonly session: string;
}

/** A person's home with a project and two agents of theirs. */
async function settle(): Promise<TempHome> {
  const workspace = path.join(person, 'shop');
  const bin = path.join(person, '.local/bin');
  const state = path.join(person, '.local/state/gatehouse');
  for (const each of [workspace, bin, state]) await mkdir(each, { recursive: true, mode: 0o700 });
  await writeKeystore(path.join(state, 'state'));
  for (const name of ['claude', 'codex']) {
    await writeFile(path.join(bin, name), '#!/bin/bash\nexec bash --norc\n', { mode: 0o755 });
  }
  const environment = {
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: person,
    GATEHOUSE_HOME: state,
    GATEHOUSE_KEYSTORE: 'file',
    GATEHOUSE_PASSPHRASE: keyedPassphrase,
    USER: 'root',
    LOGNAME: 'root',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
  };
  const run: TempHome['run'] = (args, options = {}) => runGatehouse(args, { environment, cwd: workspace, ...options });
  return { folder: person, home: person, state, workspace, environment, run, close: async () => undefined };
}

function open(home: TempHome, ...words: string[]): Terminal {
  const { workspace: cwd, environment } = home;
  return openTerminal({
    command: process.execPath,
    args: [path.join(distFolder, 'gatehouse.js'), ...words],
    cwd,
    environment,
  });
}

/** Agents that were brought in, sessions that ended, one that works, and one that waits for an answer. */
async function work(home: TempHome): Promise<Live> {
  for (const [name, purpose] of [
    ['claude-code', 'Works on the shop'],
    ['codex', 'Reviews changes'],
  ] as const) {
    const added = open(home, 'agents', 'add', name, '--purpose', purpose);
    const { status } = await added.exited;
    if (status !== 0) throw new Error(`${name} was not accepted: ${added.text()}`);
  }
  for (const task of ['Fix the rounding of totals', 'Describe totals in the README', 'Update the price list']) {
    const script =
      'echo done > notes.txt; curl -s https://collector.example/ ; curl -s https://packages.example/ ; true';
    await home.run(['run', '--task', task, '--ask', 'deny', '--', 'bash', '-c', script]);
  }
  const busy = open(home, 'run', '--task', 'Refactor the cart and run its tests', '--', 'claude');
  await eventually(() => busy.text().includes('$'), { what: 'a prompt' });
  busy.type('for n in 1 2 3 4 5 6; do echo "✓ cart: total of $n lines"; echo $n > cart-$n.txt; done\n');
  const asking = open(home, 'run', '--ask', 'app', '--task', 'Look up the shipping rates', '--', 'codex');
  await eventually(() => asking.text().includes('$'), { what: 'a prompt' });
  asking.type('curl -s https://rates.example/2026.json\n');
  const listed = await eventually(
    async () => {
      const { stdout } = await home.run(['sessions', '--json']);
      return stdout.includes('claude-code') ? stdout : undefined;
    },
    { what: 'both sessions' },
  );
  const session = /"id":"([^"]+)","agent":"claude-code"/u.exec(listed)?.[1] ?? '';
  return { session };
}

async function take(home: TempHome, display: Display, scheme: 'light' | 'dark', live: Live): Promise<void> {
  const app = await openDesktopApp(home, display, { scheme, environment: { GATEHOUSE_KEYSTORE: 'file' } });
  try {
    await app.main.getByText('Supervised').waitFor();
    // The question of the session that asks: the app is the only surface on which it can be answered but its own terminal.
    await app.approval.getByRole('button').first().waitFor();
    await rest(app);
    await app.approval.screenshot({ path: path.join(folder, `approval-${scheme}.png`) });
    for (const size of sizes) {
      await resize(app, size);
      const shot = (name: string) =>
        app.main.screenshot({ path: path.join(folder, `${name}-${scheme}-${size.width}.png`) });
      await app.main.evaluate(`void (location.hash = '#/now/${live.session}')`);
      await rest(app);
      await shot('now');
      for (const place of places) {
        await app.main.getByRole('link', { name: place }).first().click();
        await rest(app);
        await shot(place.toLowerCase());
      }
    }
  } finally {
    await app.close();
  }
}

async function resize(app: DesktopApp, size: { readonly width: number; readonly height: number }): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow }, wanted) => {
    const main = BrowserWindow.getAllWindows().find((each) => each.getTitle() === 'Gatehouse');
    main?.setContentSize(wanted.width, wanted.height);
  }, size);
}

/** What is drawn late (charts, editors, checks) is there for the picture. */
async function rest(app: DesktopApp): Promise<void> {
  await app.main.waitForTimeout(2_500);
}
