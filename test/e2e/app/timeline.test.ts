import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NewEvent } from '#contract/audit.ts';
import { openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { eventually } from '../../helpers/poll.ts';

const why = whyNoWindows();
let home: KeyedHome;
let display: Display;
let app: DesktopApp;

/** What an agent that wants to be misread would have on record: an escape sequence, markup, and text that runs backwards. */
const hostile: NewEvent = {
  kind: 'decision',
  agent: 'codex',
  session: '00ff-evil-name',
  action: 'file.read',
  resource: { kind: 'path', path: '/tmp/<img src=x onerror=alert(1)>' },
  decision: 'deny',
  reason: 'no_permit',
  summary: 'Blocked: read hostile \u001b[31m<b>bold</b>\u202egnp.exe',
  detail: { policies: ['base/files#workspace'], explanation: '<script>alert(2)</script>', 'na\u202eme': '<i>x</i>' },
};

/** Three sessions of two agents, and the hostile one. */
function recorded(): NewEvent[] {
  const decisions = Array.from({ length: 60 }, (_, index): NewEvent => {
    const [agent, session] = index % 3 === 0 ? ['codex', '0001-two-lamps'] : ['claude', `000${index % 2}-one-lamp`];
    const allowed = index % 4 !== 0;
    return {
      kind: 'decision',
      agent,
      session,
      action: 'net.connect',
      resource: { kind: 'host', host: `h${index % 5}.example.org`, port: 443 },
      decision: allowed ? 'allow' : 'deny',
      reason: allowed ? 'permitted' : 'no_permit',
      summary: `${allowed ? 'Allowed' : 'Blocked'}: connect to h${index % 5}.example.org:443`,
      detail: { host: `h${index % 5}.example.org`, port: 443, gates: ['net.new-host'], explanation: 'As it is.' },
    };
  });
  return [...decisions, hostile];
}

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openKeyedHome();
  const log = await openAuditLog({
    path: path.join(home.state, 'state', 'audit.db'),
    workerPath: path.join(distFolder, 'audit-worker.js'),
  });
  for (const event of recorded()) log.observe(event);
  await log.flush();
  await log.close();
  display = await openDisplay();
  app = await openDesktopApp(home, display);
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

test('[AUD-3][AUD-2] searches as one types, narrows, reads by keyboard alone, proves, and shows hostile texts as text', async (context) => {
  if (why !== undefined) return context.skip(why);
  const page = app.main;
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const found = (query: string) => page.locator(`.timeline[data-query='${query}']`).waitFor();
  const search = page.getByRole('combobox', { name: 'Search the log' });
  const list = page.getByRole('listbox', { name: 'Entries, newest first' });

  // As one types, with what the log knows.
  await page.getByText('Supervised').waitFor();
  await page.keyboard.press('Control+3');
  await list.waitFor();
  await page.getByRole('button', { name: 'codex' }).first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('decision:de');
  await page.getByRole('option', { name: 'decision:deny' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await found('decision:deny');
  await page.getByText('16 entries, newest first').waitFor();

  // A facet narrows it, and lets go again.
  const narrow = page.getByRole('complementary', { name: 'Narrow the results' });
  await narrow.getByRole('button', { name: /^claude/u }).click();
  await found('decision:deny agent:claude');
  await page.getByText('10 entries, newest first').waitFor();
  await narrow.getByRole('button', { name: /^claude/u, pressed: true }).click();
  await found('decision:deny');

  // What cannot be understood is said where it is; what was found stays.
  await search.fill('agnt:x');
  await page.getByText('there is no field "agnt"').waitFor();
  expect(await page.locator('.timeline-query-error mark').textContent()).toBe('agnt:x');
  expect(await list.getByRole('option').count()).toBeGreaterThan(0);

  // By keyboard from the query to the entry, what is in it, and back.
  await search.fill('');
  await page.keyboard.type('hostile');
  await found('hostile');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('region', { name: 'Entry 62' });
  await drawer.getByRole('heading', { name: 'Why' }).waitFor();
  const text = (await drawer.textContent()) ?? '';
  expect(text).toContain('<b>bold</b>\\u{202e}gnp.exe');
  expect(text).toContain('/tmp/<img src=x onerror=alert(1)>');
  expect(text).toContain('na\\u{202e}me');
  expect(text).toContain('base/files#workspace');
  expect(text).not.toMatch(/[\u001b\u202e]/u);
  expect(await page.locator('.timeline b, .timeline i, .timeline img, .timeline script').count()).toBe(0);
  // The first checkpoint is signed a moment after the supervisor started.
  await eventually(
    async () => {
      await drawer.getByRole('button', { name: 'Verify this entry' }).click();
      return (await drawer.textContent())?.includes('It holds. This entry is exactly as recorded');
    },
    { what: 'the proof of an entry to hold' },
  );
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  expect(await list.evaluate((element) => element.matches(':focus'))).toBe(true);

  // A stretch of time is chosen by keyboard, and left again.
  await search.fill('');
  await found('');
  const chart = page.getByRole('slider', { name: /^Entries over time/u });
  await page.getByText(/From .* to .*: \d+ entries, 16 blocked, 45 allowed/u).waitFor();
  await chart.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  expect(await chart.getAttribute('aria-valuetext')).toMatch(/blocked, |nothing/u);
  await page.keyboard.press('Enter');
  await page.locator(".timeline[data-query^='since:']").waitFor();
  await page.getByRole('button', { name: 'search all times again' }).click();
  await found('');

  // The whole log.
  await page.getByRole('button', { name: 'Check the log' }).click();
  await page.getByText(/\d entries hold/u).waitFor();

  // What comes is counted above, and shown when one wants to see it.
  await search.fill('kind:task.created');
  await page.getByText('Nothing on record matches').waitFor();
  const made = await home.run(['task', 'new', 'A thing to do']);
  expect(made.status).toBe(0);
  await page.getByRole('button', { name: '1 new' }).click();
  await list.getByRole('option').first().waitFor();

  // A link to an entry opens it, one to a query searches.
  await page.evaluate("window.location.hash = '#/timeline/2'");
  await page.getByRole('region', { name: 'Entry 2' }).getByText('connect to h0.example.org:443').first().waitFor();
  await page.evaluate("window.location.hash = '#/timeline/session%3A0001-two-lamps'");
  await found('session:0001-two-lamps');
  expect(dialogs).toEqual([]);
});
