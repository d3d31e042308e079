import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { auditEventSchema } from '#contract/audit.ts';
import { type ScriptedModel, startScriptedModel } from '../../fixtures/model/scripted-model.mjs';
import { driveAgent, keyForModel, task as told } from '../../helpers/agents/drive-agent.ts';
import { agentPackages, installAgent } from '../../helpers/agents/install-agents.ts';
import { answerInWindow, armedAnswer } from '../../helpers/app/answer-in-window.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { eventually } from '../../helpers/poll.ts';
import { descendantsOf, findProcess, type ProcessFacts } from '../../helpers/processes.ts';
import { type CountingServer, startServer } from '../../integration/approvals/asking.ts';

/** A real agent from its start to its end, everything a person does done in the windows; what it did is seen from outside. */

const agent = agentPackages.find(({ preset }) => preset === 'claude-code');
let why = whyNoWindows();
let home: KeyedHome;
let display: Display;
let app: DesktopApp;
let server: CountingServer;
let model: ScriptedModel;
let variables: Readonly<Record<string, string>>;

const sentence = 'Fetch what the build needs';
/** Only ends what hangs: installing the agent, when no test did before, takes most of it. */
const deadlineMs = 900_000;

beforeAll(async () => {
  if (why !== undefined) return;
  const command = await (agent && installAgent(agent).catch(() => undefined));
  if (agent === undefined || command === undefined) {
    why = 'the agent could not be installed: test/e2e/agents.test.ts says why';
    return;
  }
  home = await openKeyedHome();
  server = await startServer();
  model = await startScriptedModel({ steps: steps(server.port), final: 'That was all.' });
  ({ variables } = driveAgent(agent, model));
  display = await openDisplay();
  const folders = [path.dirname(command), path.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'];
  app = await openDesktopApp(home, display, { environment: { PATH: folders.join(':') } });
}, deadlineMs);

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
  await model?.close();
  server?.close();
});

/** What the model has the agent run, one after the other; each fetches past what the agent was given, and prints what came of it. */
function steps(port: number): { shell: string }[] {
  const fetched = (place: string) =>
    `curl -s --noproxy '' -o /dev/null -w '${place}=%{http_code} ' http://127.0.0.1:${port}/${place}`;
  return [
    { shell: fetched('first') },
    { shell: fetched('second') },
    // The second of these does not end until its connection is closed.
    { shell: `${fetched('third')}; ${fetched('hang')}` },
    { shell: fetched('after') },
  ];
}

/** What the agent told its model of a step. */
function resultOf(place: string): Promise<string> {
  return eventually(() => model.results.find((result) => result.includes(`${place}=`)), {
    what: `the agent to come back from ${place}`,
  });
}

describe('a real agent, wholly from the window', { timeout: deadlineMs }, () => {
  beforeEach((context) => {
    if (why !== undefined) context.skip(why);
    context.onTestFailed(() => {
      why ??= 'not reached, since something before it failed';
    });
  });

  test('[RUN-1] [RUN-2] [IDN-1] [IDN-2] [APR-5] is started by its panel and one confirmation, which brings it in', async () => {
    const { main } = app;
    await main.getByText('Supervised').waitFor();
    await main.getByRole('link', { name: 'New session', exact: true }).click();
    await main.getByLabel('Agent', { exact: true }).selectOption({ value: 'claude-code' });
    await main.getByLabel('Folder', { exact: true }).fill(home.workspace);
    await main.getByLabel('Task', { exact: true }).fill(sentence);
    await main.getByLabel('What to give').selectOption({ label: 'A server on this machine' });
    await main.getByLabel('Port on this machine').fill(String(model.port));
    await main.getByRole('button', { name: 'Add', exact: true }).click();
    await main.locator('summary', { hasText: 'More' }).click();
    await main.getByLabel('Arguments').fill(`--allowedTools Bash -- '${told}'`);
    for (const [name, value] of Object.entries(variables)) {
      await main.getByLabel('Name of a variable').fill(name);
      await main.getByLabel('Value of the variable').fill(value);
      await main.getByRole('button', { name: 'Add variable' }).click();
    }
    await main.getByLabel('Memory').fill('4G');
    const summary = main.getByRole('region', { name: 'What it will be able to do' });
    await summary.getByText(`Can connect to 127.0.0.1:${model.port}.`).waitFor();
    await summary.getByText('ANTHROPIC_API_KEY looks like a secret').waitFor();
    await summary.getByText('Has at most 4.0 GiB of memory.').waitFor();
    const { violations } = await new AxeBuilder({ page: main }).setLegacyMode().analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await main.getByRole('button', { name: 'Start', exact: true }).click();

    await app.approval
      .getByRole('heading', { name: /^Start claude .*bring it in as the agent claude-code/u })
      .waitFor();
    expect((await home.run(['sessions', '--all'])).stdout).toBe('');
    const facts = (await app.approval.locator('.facts').first().textContent()) ?? '';
    expect(facts).toContain(sentence);
    expect(facts).toContain(`connect to 127.0.0.1:${model.port}`);
    expect(facts).toContain(`ANTHROPIC_BASE_URL = ${model.url}`);
    expect(await app.approval.locator('body').textContent()).not.toContain(keyForModel);
    expect(await main.locator('body').textContent()).not.toContain(keyForModel);
    await answerInWindow(app, /^Start claude/u);
    await main.getByRole('heading', { name: /claude-code.*Running/u }).waitFor();
  });

  test('[APR-1] [APR-3] is asked about what nobody gave it: denied, the server never sees it; allowed for the task, the next passes unasked', async () => {
    const { main } = app;
    const terminal = main.locator('.xterm-rows');
    const first = app.approval.getByRole('heading', { name: '/first' });
    let trusted = false;
    await eventually(
      async () => {
        if ((await first.count()) > 0) return true;
        // It asks once whether the folder is trusted; its first answer is yes.
        if (!trusted && /Yes,\s*(?:I\s*trust|proceed)/iu.test((await terminal.textContent()) ?? '')) {
          trusted = true;
          await main.keyboard.press('Enter');
        }
        return false;
      },
      { what: 'the agent to reach for the server' },
    );
    await eventually(() => app.approvalShows(), { what: 'the window to come up' });
    expect(await app.approval.locator('.facts').first().textContent()).toContain(sentence);
    await answerInWindow(app, '/first', 'deny-once');
    expect(await resultOf('first')).toContain('first=403');
    expect(server.seen).toEqual([]);

    await app.approval.getByRole('heading', { name: '/second' }).waitFor();
    await app.approval.getByRole('button', { name: 'For this task…' }).click();
    await app.approval.getByRole('heading', { name: `until the task “${sentence}” ends` }).waitFor();
    await answerInWindow(app, 'until the task', 'allow-task');
    expect(await resultOf('second')).toContain('second=200');
    await eventually(() => server.hanging.length === 1, { what: 'the answer that does not end to begin' });
    expect(server.seen).toEqual(['/second', '/third', '/hang']);
    await eventually(async () => !(await app.approvalShows()), { what: 'the window to go' });
  });

  test('[GRT-2] what was given is taken back in the window: the open connection closes, and the next try is asked about', async () => {
    const { main } = app;
    await main.getByRole('tab', { name: 'Grants' }).click();
    const given = main.getByRole('row', { name: new RegExp(`127\\.0\\.0\\.1:${server.port}`, 'u') });
    await given.getByRole('button', { name: /^Revoke/u }).click();
    await main.getByText(/^Taken back: .*1 open connection was closed\.$/u).waitFor();
    expect(await resultOf('third')).toMatch(/third=200 hang=/u);
    await app.approval.getByRole('heading', { name: '/after' }).waitFor();
    expect(server.seen).not.toContain('/after');
  });

  test('[RUN-3] is killed in the window while it asks, and with it its question', async () => {
    const { main } = app;
    await main.getByRole('button', { name: /^Kill/u }).click();
    // A double click kills nothing: the second one has to come a moment later, and while it is asked for.
    await eventually(
      async () => {
        if ((await main.getByText('It was killed.').count()) > 0) return true;
        await main.getByRole('button', { name: /^Kill/u }).click({ timeout: 1000 });
        return false;
      },
      { what: 'the session to be killed' },
    );
    await main.getByRole('heading', { name: /claude-code.*Ended/u }).waitFor();
    await eventually(async () => (await armedAnswer(app, 'allow-once').count()) === 0, { what: 'its question to go' });
    expect(server.seen).toEqual(['/second', '/third', '/hang']);
  });

  test('[AUD-1] [AUD-2] [AUD-3] [AUD-5] is all on record: found by typing, proven, and the whole log holds', async () => {
    const { main } = app;
    const id = /#\/now\/([0-9a-z-]+)/u.exec(main.url())?.[1] ?? '';
    const list = main.getByRole('listbox', { name: 'Entries, newest first' });
    await main.keyboard.press('Control+3');
    await list.waitFor();
    await main.keyboard.press('/');
    await main.keyboard.type(`session:${id} decision:deny host:127.0.0.1`);
    await main.keyboard.press('Escape');
    await list.getByRole('option', { name: /first/u }).first().waitFor();
    await list.getByRole('option', { name: /first/u }).first().click();
    const drawer = main.getByRole('region', { name: /^Entry \d+/u });
    await drawer.getByRole('heading', { name: 'Why' }).waitFor();
    expect(await drawer.textContent()).toContain(id);
    await eventually(
      async () => {
        await drawer.getByRole('button', { name: 'Verify this entry' }).click();
        return (await drawer.textContent())?.includes('It holds. This entry is exactly as recorded');
      },
      { what: 'the proof of the entry to hold' },
    );
    await main.getByRole('button', { name: 'Check the log' }).click();
    await main.getByText(/\d entries hold/u).waitFor();
    const verified = await home.run(['log', 'verify']);
    expect(verified.status, verified.stderr).toBe(0);
    const recorded = parseJsonLines((await home.run(['log', '--json', '--limit', '1000'])).stdout).map((line) =>
      auditEventSchema.parse(line),
    );
    const of = (kind: string) => recorded.filter((event) => event.kind === kind).map(({ summary }) => summary);
    expect(of('agent.added')).toEqual([expect.stringContaining('claude-code')]);
    expect(of('grant.ended').filter((text) => text.includes(`127.0.0.1:${server.port}`))).toHaveLength(1);
    expect(of('approval.answered')).toEqual([
      expect.stringContaining('denied'),
      expect.stringContaining('for the task'),
    ]);
    expect(of('session.ended')).toEqual([expect.stringContaining('killed')]);
    expect(JSON.stringify(recorded)).not.toContain(keyForModel);
  });

  test('[APR-5] Chromium’s own sandbox stands around what draws all this', async (context) => {
    if (process.getuid?.() === 0) return context.skip('as root Chromium has to do without it; the ordinary user looks');
    const pid = app.electron.process().pid ?? 0;
    const processes = [await findProcess(pid), ...(await descendantsOf(pid))].flatMap((each) => each ?? []);
    // Chromium writes a title over the command line of what it forks, with blanks between the words.
    const line = ({ argv }: ProcessFacts) => ` ${argv.join(' ')} `;
    expect(processes.map(line).filter((text) => / --(?:no-sandbox|disable-\S*sandbox) /u.test(text))).toEqual([]);
    const renderers = processes.filter((each) => line(each).includes(' --type=renderer '));
    expect(renderers.length).toBeGreaterThanOrEqual(2);
    for (const renderer of renderers) {
      const status = await readFile(`/proc/${renderer.pid}/status`, 'utf8');
      // proc(5): 2 is a filter.
      expect(status).toMatch(/^Seccomp:\t2$/mu);
      expect(status).toMatch(/^NoNewPrivs:\t1$/mu);
    }
  });
});
