import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Terminal } from '../../helpers/agents/terminal.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { processesWithArgument } from '../../helpers/processes.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { type CountingServer, fetchOf, openAgent, startServer } from '../../integration/approvals/asking.ts';

const why = whyNoWindows();
let home: TempHome;
let display: Display;
let server: CountingServer;
let agent: Terminal | undefined;
let app: DesktopApp | undefined;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  display = await openDisplay();
  server = await startServer();
});

afterAll(async () => {
  agent?.kill();
  server?.close();
  await app?.close();
  await home?.close();
  await display?.close();
});

/** Ends the process that draws a window's page, as a bug in Chromium would. */
async function crashPage(shell: DesktopApp, scheme: string): Promise<void> {
  await shell.electron.evaluate(
    ({ BrowserWindow }, start) =>
      BrowserWindow.getAllWindows()
        .find((each) => each.webContents.getURL().startsWith(start))
        ?.webContents.forcefullyCrashRenderer(),
    `${scheme}:`,
  );
}

/** Where a window is and what its page says, asked of the shell: the driver of the tests loses a page that crashed. */
function pageOf(shell: DesktopApp, scheme: string): Promise<{ readonly url: string; readonly text: string }> {
  return shell.electron.evaluate(async ({ BrowserWindow }, start) => {
    const contents = BrowserWindow.getAllWindows().find((each) =>
      each.webContents.getURL().startsWith(start),
    )?.webContents;
    if (contents === undefined || contents.isCrashed() || contents.isLoading()) return { url: '', text: '' };
    // A page that goes while it is asked never answers; it is asked again.
    const gone = new Promise((resolve) => setTimeout(resolve, 2_000, ''));
    const text: unknown = await Promise.race([contents.executeJavaScript('document.body.innerText'), gone]);
    return { url: contents.getURL(), text: String(text) };
  }, `${scheme}:`);
}

/** In the command line of a process inside the walls, and of no other on this machine. */
function sign(): string {
  return `6000${server.port}.${process.pid}`;
}

async function waiting(): Promise<unknown[]> {
  return parseJsonLines((await home.run(['approvals', 'list', '--json'])).stdout);
}

test('starts a supervisor, shows what it says, and no question while nothing is asked', async (context) => {
  if (why !== undefined) return context.skip(why);
  app = await openDesktopApp(home, display);
  await app.main.getByText('Supervised').waitFor();
  expect(await app.approvalShows()).toBe(false);
  expect((await home.run(['supervisor', 'status'])).status).toBe(0);
});

test('[RUN-6] [APR-1] a shell that crashes takes nothing along: sessions go on, what they ask waits, and the next one shows both', async (context) => {
  if (why !== undefined || app === undefined) return context.skip(why ?? 'the app did not open');
  agent = await openAgent(home, '--ask', 'app', '--task', 'Go on regardless');
  agent.type(`sleep ${sign()} &\n${fetchOf(server.port, '/asked', 'answered')}`);
  await app.approval.getByRole('heading', { name: '/asked' }).waitFor();
  const shell = app.electron.process();
  const gone = new Promise((resolve) => shell.once('exit', resolve));
  shell.kill('SIGKILL');
  await gone;
  expect(await waiting()).toHaveLength(1);
  app = await openDesktopApp(home, display);
  await app.approval.getByRole('heading', { name: '/asked' }).waitFor();
  await app.main.getByText('Go on regardless').first().click();
  await app.main.locator('.xterm-rows').getByText('ready').first().waitFor();
  expect(server.seen).toEqual([]);
});

test('[RUN-6] [APR-1] a page that crashes is drawn again where it was; nothing is answered by it', async (context) => {
  if (why !== undefined || app === undefined) return context.skip(why ?? 'the app did not open');
  const shell = app;
  await shell.main.keyboard.press('Control+3');
  await shell.main.waitForURL(/#\/timeline/u);
  for (const scheme of ['approval', 'app']) await crashPage(shell, scheme);
  await eventually(async () => (await pageOf(shell, 'approval')).text.includes('/asked'), {
    what: 'the question again',
  });
  await eventually(async () => (await pageOf(shell, 'app')).text.includes('Supervised'), { what: 'the window again' });
  expect((await pageOf(shell, 'app')).url).toContain('#/timeline');
  expect(await shell.approvalShows()).toBe(true);
  expect(server.seen).toEqual([]);
  expect(await waiting()).toHaveLength(1);
});

test('[RUN-6] a supervisor that hangs is told, what runs is not called over, and it is as before once it answers', async (context) => {
  if (why !== undefined || app === undefined) return context.skip(why ?? 'the app did not open');
  const shell = app;
  const { pid } = JSON.parse((await home.run(['supervisor', 'status', '--json'])).stdout) as { pid: number };
  process.kill(pid, 'SIGSTOP');
  try {
    await eventually(async () => (await pageOf(shell, 'app')).text.includes('The supervisor does not answer.'), {
      what: 'it to be said',
    });
    expect((await pageOf(shell, 'app')).text).not.toContain('Supervised');
    expect(await processesWithArgument(sign())).not.toEqual([]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await eventually(async () => (await pageOf(shell, 'app')).text.includes('Supervised'), { what: 'its answer' });
  expect(await waiting()).toHaveLength(1);
});

test('[RUN-6] with a supervisor that is gone every agent is, the window says so, and the next one holds the whole record', async (context) => {
  if (why !== undefined || app === undefined) return context.skip(why ?? 'the app did not open');
  const shell = app;
  expect(await processesWithArgument(sign())).not.toEqual([]);
  const { pid } = JSON.parse((await home.run(['supervisor', 'status', '--json'])).stdout) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await eventually(async () => !(await pageOf(shell, 'app')).text.includes('Supervised'), { what: 'it to be said' });
  await eventually(async () => !(await shell.approvalShows()), { what: 'the question to go' });
  await eventually(async () => (await processesWithArgument(sign())).length === 0, { what: 'the agent to end' });
  // The shell starts another one by itself.
  await eventually(async () => (await pageOf(shell, 'app')).text.includes('Supervised'), { what: 'the next one' });
  const log = async (query: string) => parseJsonLines((await home.run(['log', query, '--json'])).stdout);
  expect(await log('kind:supervisor.started')).toHaveLength(2);
  expect(await log('kind:approval.asked')).toHaveLength(1);
  expect(await log('kind:session.ended')).toMatchObject([{ detail: { reason: 'supervisor_died' } }]);
  expect((await home.run(['log', 'verify'])).status).toBe(0);
  expect(server.seen).toEqual([]);
});
