import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Terminal } from '../../helpers/agents/terminal.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { openGatehouse } from '../../integration/approvals/asking.ts';

/** What an agent prints changes nothing outside the box of its terminal, and does not make the window stand still. */

const why = whyNoWindows();
let home: TempHome;
let display: Display;
let app: DesktopApp;
let starting: Terminal;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  await writeFile(path.join(home.workspace, 'hostile'), hostile);
  await writeFile(path.join(home.workspace, 'endless'), endless);
  display = await openDisplay();
  app = await openDesktopApp(home, display);
  starting = openGatehouse(home, 'run', '--detach', '--', 'bash', '-c', 'PS1="ready> " exec bash --norc');
  await app.main.getByRole('link', { name: /bash/u }).first().click();
  await app.main.locator('[data-attached="typing"]').waitFor();
  await screen().getByText('ready>').first().waitFor();
  await app.electron.evaluate(({ clipboard }) => clipboard.writeText('as before'));
});

afterAll(async () => {
  starting?.kill();
  await app?.close();
  await home?.close();
  await display?.close();
});

beforeEach((context) => {
  if (why !== undefined) context.skip(why);
});

/** Whatever a terminal may be asked to do to the world around it; `HOSTILE` must be seen inside its box and nowhere else. */
const hostile = [
  '\x1b]0;HOSTILE\x07\x1b]2;HOSTILE\x1b\\\x1b]l HOSTILE\x1b\\',
  `\x1b]52;c;${Buffer.from('HOSTILE').toString('base64')}\x07\x1b]52;p;${Buffer.from('HOSTILE').toString('base64')}\x07`,
  '\x1b]8;;https://evil.test/\x1b\\HOSTILE link\x1b]8;;\x1b\\ https://evil.test/HOSTILE',
  '\x1b]8;;gatehouse://settings\x1b\\HOSTILE place\x1b]8;;\x1b\\ gatehouse://settings',
  '\x1b]9;HOSTILE\x07\x1b]777;notify;HOSTILE;HOSTILE\x07\x1b]1337;File=inline=1:SE9TVElMRQ==\x07',
  '\x1b[8;5;5t\x1b[3;0;0t\x1b[2t\x1b[21t\x1bP$qm\x1b\\',
  '<img src=x onerror="document.title=\'HOSTILE\'"><script>document.title="HOSTILE"</script>HOSTILE markup',
  '\u202eHOSTILE\u2066\u202e bidi\u0301\u0301\u0301\u0301',
  '',
].join('\r\n');

/** What costs far more to draw than to print; the first ones alone would take hours. */
const endless = [
  ...['L', 'M', 'S', 'T', 'I', 'Z', 'b', '@', 'P', 'X'].map((command) => `x\x1b[2147483647${command}`),
  `a${'\u0301'.repeat(1_000_000)}\x1b[100b`,
  '\x1bc'.repeat(10_000),
  '\x1b[?1049h\x1b[?1049l'.repeat(100),
  '\x1b]4;1;red\x07\x1b]104\x07\x1b]10;#123456\x07'.repeat(100),
  // Never ended: what comes then would be part of it, were there no bound.
  `\x1b]0;${'x'.repeat(1_000_000)}\x1b\\`,
  '\r\nnot endless\r\n',
].join('');

function screen() {
  return app.main.locator('.xterm-rows');
}

/** Everything of the page outside the terminal's box that output could have changed, and the clipboard. */
async function outside() {
  const page = await app.main.evaluate(() => {
    const body = document.body.cloneNode(true);
    if (!(body instanceof HTMLElement)) throw new Error('no body');
    for (const box of body.querySelectorAll('.terminal-box')) box.remove();
    return {
      title: document.title,
      place: window.location.href,
      says: (body.textContent ?? '').includes('HOSTILE'),
      loads: document.querySelectorAll('img, iframe, object, embed, base, script').length,
      leads: document.querySelectorAll('.terminal-box a[href]').length,
      overflows: document.documentElement.scrollWidth > window.innerWidth,
    };
  });
  const shell = await app.electron.evaluate(({ BrowserWindow, clipboard }) => ({
    clipboard: clipboard.readText(),
    windows: BrowserWindow.getAllWindows()
      .map((each) => `${each.getTitle()} ${JSON.stringify(each.getBounds())}`)
      .sort(),
  }));
  return { ...page, ...shell };
}

async function type(text: string): Promise<void> {
  await app.main.locator('.terminal-box').click();
  await app.main.keyboard.type(`${text}\n`);
}

test('[RUN-3] sequences for the world outside, markup and reordered text stay in the box', async () => {
  const before = await outside();
  expect(before).toMatchObject({ clipboard: 'as before', says: false, leads: 0, overflows: false });
  await type('cat hostile');
  await screen().getByText('HOSTILE markup').first().waitFor();
  expect(await outside()).toEqual(before);
});

test('[RUN-3] what would take hours to draw is over at once', async () => {
  await type('cat endless');
  await screen().getByText('not endless').first().waitFor();
  expect(await screen().textContent()).not.toMatch(/\u0301{25}/u);
});

test('[RUN-3] a line of 100 MB: the window takes clicks meanwhile, its memory stays bounded, nothing outside changes', async () => {
  const before = await outside();
  await type("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo the end of it: $((2 + 3)); touch over");
  await screen().getByText('xxxxxxxx').first().waitFor();
  // Clicks are answered while it comes; out of sight it is not drawn, which is the faster half.
  await app.main.getByRole('tab', { name: 'Grants' }).click();
  await app.main.getByRole('tab', { name: 'Grants', selected: true }).waitFor();
  await eventually(() => existsSync(path.join(home.workspace, 'over')), { what: 'all of it to be printed' });
  await app.main.getByRole('tab', { name: 'Terminal' }).click();
  await screen().getByText('the end of it: 5').waitFor();
  expect(await outside()).toEqual(before);
  const kilobytes = await app.electron.evaluate(({ app: shell }) =>
    shell.getAppMetrics().map(({ memory }) => memory.workingSetSize),
  );
  // A copy of it that anybody kept would be 100 MB more than the 250 of the largest.
  expect(Math.max(...kilobytes)).toBeLessThan(600_000);
});
