import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { type DesktopApp, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import type { Figure, Row } from '../figure.ts';
import { median, percentile } from '../statistics.ts';
import { longLog } from './load.ts';

const entries = 1_000_000;
/** Each is typed letter by letter: words, fields, and what a person looks for first. */
const queries = ['telemetry', 'decision:deny', 'host:git.example.com', 'agent:codex deleted', 'file-1234'];
const scrolledFrames = 300;
/** More than two screens a frame: faster than anybody reads. */
const scrolledPixels = 1600;
const jumps = 25;

const times = z.array(z.number()).min(1);

/** The desktop app's timeline over a million events, drawn by the real Chromium without a graphics card. */
export const timeline: Figure = {
  name: 'timeline',
  title: 'The timeline in the desktop app, a million events',
  async measure({ home }) {
    const database = await longLog({ name: '1 M', folder: 'load-1m', entries });
    const state = path.join(home.state, 'state');
    await mkdir(state, { recursive: true, mode: 0o700 });
    for (const ending of ['', '-wal']) {
      await copyFile(`${database}${ending}`, path.join(state, `audit.db${ending}`)).catch(() => undefined);
    }
    const display = await openDisplay();
    const app = await openDesktopApp(home, display);
    try {
      await app.main.getByText('Supervised').waitFor();
      await app.main.keyboard.press('Control+3');
      await app.main.getByText(/[\d,]{9} entries, newest first/u).waitFor();
      return await measureApp(app);
    } finally {
      await app.close();
      await display.close();
    }
  },
};

async function measureApp(app: DesktopApp): Promise<Row[]> {
  const keys: number[] = [];
  for (const query of queries) keys.push(...(await typed(app.main, query)));
  await shown(app.main, '');
  const frames = await scrolled(app.main);
  const landed = await jumped(app.main);
  const row = (what: string, all: readonly number[], note: string): Row => ({
    what,
    unit: 'ms',
    measured: median(all),
    runs: all.length,
    note: `${note}at most ${Math.round(Math.max(...all))} ms`,
  });
  return [
    row('key pressed → results on the screen', keys, 'of which 120 ms wait for the next key; '),
    row('frame while scrolling', frames, `95 of 100 within ${Math.round(percentile(frames, 0.95))} ms; `),
    row('jump to any row → its entries on the screen', landed, ''),
    {
      what: 'memory of the window after that',
      unit: 'MiB',
      measured: await windowMiB(app),
      runs: 1,
      note: 'resident, Chromium’s own included',
    },
  ];
}

/** Sets a query and resolves with how long its results took; the page names the query that its results are of. */
async function shown(page: Page, query: string): Promise<number> {
  return z.number().parse(
    await page.evaluate(`new Promise((resolve) => {
      const input = document.querySelector('.timeline-query input');
      const begin = performance.now();
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, ${JSON.stringify(query)});
      input.dispatchEvent(new Event('input', { bubbles: true }));
      const look = () => {
        const shows = document.querySelector('.timeline').dataset.query === ${JSON.stringify(query.trim())};
        if (shows) requestAnimationFrame(() => resolve(performance.now() - begin));
        else setTimeout(look, 1);
      };
      look();
    })`),
  );
}

/** Every beginning of the query that the language understands, as when it is typed slowly. */
async function typed(page: Page, query: string): Promise<number[]> {
  const all: number[] = [];
  const first = query.indexOf(':') < 0 ? 2 : query.length - 4;
  const isName = query.startsWith('decision:');
  for (let length = isName ? query.length : first; length <= query.length; length += 1) {
    const part = query.slice(0, length);
    if (part.trim() !== part || part.endsWith('-')) continue;
    await shown(page, 'kind:log.opened');
    all.push(await shown(page, part));
  }
  return all;
}

/** Times between frames while the list is scrolled as fast as the wheel of a mouse can. */
async function scrolled(page: Page): Promise<number[]> {
  return times.parse(
    await page.evaluate(`new Promise((resolve) => {
      const list = document.querySelector('.timeline-list');
      const all = [];
      let last;
      const frame = (now) => {
        if (last !== undefined) all.push(now - last);
        last = now;
        list.scrollTop += ${scrolledPixels};
        if (all.length < ${scrolledFrames}) requestAnimationFrame(frame);
        else resolve(all);
      };
      requestAnimationFrame(frame);
    })`),
  );
}

/** Times from a jump somewhere until every row in view has its entry. */
async function jumped(page: Page): Promise<number[]> {
  return times.parse(
    await page.evaluate(`(async () => {
      const list = document.querySelector('.timeline-list');
      const all = [];
      for (let jump = 1; jump <= ${jumps}; jump += 1) {
        const begin = performance.now();
        list.scrollTop = Math.floor(((jump * 0.618) % 1) * list.scrollHeight);
        await new Promise((resolve) => {
          const look = () => {
            const rows = list.querySelectorAll('.timeline-row');
            const waits = list.querySelector('.timeline-row-waits') !== null;
            const top = list.getBoundingClientRect().top;
            const isThere = [...rows].some((row) => Math.abs(row.getBoundingClientRect().top - top) < 40);
            if (isThere && !waits) resolve();
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        });
        all.push(performance.now() - begin);
      }
      return all;
    })()`),
  );
}

async function windowMiB({ electron }: DesktopApp): Promise<number> {
  const kib = await electron.evaluate(({ app, BrowserWindow }) => {
    const main = BrowserWindow.getAllWindows().find((window) => window.getTitle() !== 'Gatehouse asks');
    const pid = main?.webContents.getOSProcessId();
    return app.getAppMetrics().find((metric) => metric.pid === pid)?.memory.workingSetSize ?? 0;
  });
  return kib / 1024;
}
