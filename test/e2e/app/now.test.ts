import { afterAll, beforeAll, test } from 'vitest';
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
  display = await openDisplay();
  app = await openDesktopApp(home, display);
  app.main.setDefaultTimeout(patience.timeout);
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

test('[RUN-3] starts a session, types into it, pauses and kills it, and keeps its page', async (context) => {
  if (why !== undefined) return context.skip(why);
  const { main } = app;
  const terminal = main.locator('.xterm-rows');
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

  await main.getByRole('button', { name: 'Pause' }).click();
  await main.getByRole('heading', { name: /bash.*Paused/u }).waitFor();
  await main.getByRole('button', { name: 'Resume…' }).click();
  await app.approval.locator('.facts').getByText('you paused it').waitFor();
  await answerInWindow(app, 'Let generic go on');
  await main.getByRole('heading', { name: /bash.*Running/u }).waitFor();
  await main.getByRole('tab', { name: 'Files' }).click();
  await main.getByRole('option', { name: /created made-here/u }).waitFor();

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
  await terminal.getByText('typed: 42').waitFor();

  await main.getByRole('link', { name: 'New session', exact: true }).click();
  await main.getByRole('list', { name: 'Ended sessions' }).getByRole('link').click();
  await main.getByText('It was killed.').waitFor();
  await main.getByRole('tab', { name: 'Activity', selected: true }).waitFor();
});
