import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerInWindow } from '../../helpers/app/answer-in-window.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const why = whyNoWindows();
let home: TempHome;
let display: Display;
let app: DesktopApp;

/** Only ends what hangs: the machine may be busy. */
const patience = { timeout: 60_000 };

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  await writeFile(path.join(home.workspace, 'hostile'), hostile);
  display = await openDisplay();
  app = await openDesktopApp(home, display);
  app.main.setDefaultTimeout(patience.timeout);
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

/** Whatever a terminal may be asked to do to the world around it; `HOSTILE` must be seen inside its box and nowhere else. */
const hostile = [
  '\x1b]0;HOSTILE\x07\x1b]2;HOSTILE\x1b\\\x1b]l HOSTILE\x1b\\',
  `\x1b]52;c;${Buffer.from('HOSTILE').toString('base64')}\x07\x1b]52;p;${Buffer.from('HOSTILE').toString('base64')}\x07`,
  '\x1b]8;;https://evil.test/\x1b\\HOSTILE link\x1b]8;;\x1b\\ https://evil.test/HOSTILE',
  '\x1b]9;HOSTILE\x07\x1b]777;notify;HOSTILE;HOSTILE\x07\x1b]1337;File=inline=1:SE9TVElMRQ==\x07',
  '\x1b[8;5;5t\x1b[3;0;0t\x1b[2t\x1b[21t\x1bP$qm\x1b\\',
  '<img src=x onerror="document.title=\'HOSTILE\'"><script>document.title="HOSTILE"</script>HOSTILE markup',
  '\u202eHOSTILE\u2066\u202e bidi\u0301\u0301\u0301\u0301',
  '',
].join('\r\n');

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
    titles: BrowserWindow.getAllWindows()
      .map((each) => each.getTitle())
      .sort(),
  }));
  return { ...page, ...shell };
}

test('[RUN-3] starts a session, types into it, is not reached by what it prints, pauses and kills it, and keeps its page', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  const terminal = main.locator('.xterm-rows');
  await app.electron.evaluate(({ clipboard }) => {
    clipboard.writeText('as before');
  });

  await main.getByRole('link', { name: 'New session', exact: true }).click();
  await main.getByLabel('Agent', { exact: true }).selectOption({ label: 'Another command…' });
  await main.getByLabel('Command', { exact: true }).fill('bash --norc -c \'PS1="ready> " exec bash --norc\'');
  await main.getByLabel('Folder', { exact: true }).fill(home.workspace);
  await main.getByLabel('Task', { exact: true }).fill('Try the window');
  await main.getByText('Can read and write this folder.').waitFor();
  await main.getByLabel('Time', { exact: true }).selectOption({ label: '30 minutes' });
  await main.getByText('Ends in 30 m.').waitFor();
  await main.getByRole('button', { name: 'Start' }).click();
  await answerInWindow(app, /^Start bash --norc/u);

  await main.locator('[data-attached="typing"]').waitFor();
  await terminal.getByText('ready>').first().waitFor();
  await main.getByRole('heading', { name: /bash.*Running/u }).waitFor();
  await main.keyboard.type('echo typed: $((20 + 22)); touch made-here\n');
  await terminal.getByText('typed: 42').waitFor();

  const before = await outside();
  expect(before).toMatchObject({ clipboard: 'as before', says: false, leads: 0 });
  await main.keyboard.type('cat hostile\n');
  await terminal.getByText('HOSTILE markup').first().waitFor();
  expect(await outside()).toEqual(before);
  await main.keyboard.type("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo five million: $((2 + 3))\n");
  await terminal.getByText('five million: 5').waitFor();
  expect(await outside()).toEqual(before);

  await main.getByRole('button', { name: 'Pause' }).click();
  await main.getByRole('heading', { name: /bash.*Paused/u }).waitFor();
  await main.getByRole('button', { name: 'Resume…' }).click();
  await app.approval.locator('.facts').getByText('you paused it').waitFor();
  await answerInWindow(app, 'Let generic go on');
  await main.getByRole('heading', { name: /bash.*Running/u }).waitFor();
  await main.getByRole('tab', { name: 'Files' }).click();
  await main.getByRole('option', { name: /^made-here, created/u }).waitFor();

  // The second click has to come while it is asked for: on a busy machine that may take several.
  const kill = main.getByRole('button', { name: /^Kill/u });
  await kill.click();
  await main.getByRole('button', { name: 'Kill now' }).waitFor();
  await eventually(
    async () => {
      if ((await main.getByText('It was killed.').count()) > 0) return true;
      await kill.click({ timeout: 1000 });
      return false;
    },
    { what: 'the session to be killed', deadlineMs: patience.timeout },
  );
  await main.getByRole('heading', { name: /bash.*Ended/u }).waitFor();
  await main.getByRole('tab', { name: 'Terminal' }).click();
  await terminal.getByText('five million: 5').waitFor();

  await main.getByRole('link', { name: 'New session', exact: true }).click();
  await main.getByRole('list', { name: 'Ended sessions' }).getByRole('link').click();
  await main.getByText('It was killed.').waitFor();
  await main.getByRole('tab', { name: 'Activity', selected: true }).waitFor();
});
