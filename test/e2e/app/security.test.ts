import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

/** The main window as if what an agent printed had taken it over: a script of the test's runs in it. */

const why = whyNoWindows();
let home: TempHome;
let display: Display;
let app: DesktopApp;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openTempHome();
  display = await openDisplay();
  app = await openDesktopApp(home, display);
  await app.main.getByText('Supervised').waitFor();
});

afterAll(async () => {
  await app?.close();
  await home?.close();
  await display?.close();
});

/** What `gatehouse.call` answers to a method, parameters of any shape. */
async function callOf(method: string, params: unknown): Promise<{ ok: boolean; error?: { what: string } }> {
  return app.main.evaluate(
    async ([name, given]) => {
      const { call } = (globalThis as unknown as { gatehouse: { call(...words: unknown[]): Promise<never> } })
        .gatehouse;
      return call(name, given);
    },
    [method, params] as const,
  );
}

describe('a main window that was taken over', () => {
  beforeEach((context) => {
    if (why !== undefined) context.skip(why);
  });

  test('control: it reads what it is there to read', async () => {
    expect(await callOf('session.list', { all: true })).toMatchObject({ ok: true });
  });

  test.each([
    [
      'answers no question',
      'approval.answer',
      { id: 'a-00000001', digest: '0'.repeat(64), answer: 'allow-once', code: 'AAA' },
    ],
    ['becomes no approver', 'approver.open', { surface: 'window' }],
    ['starts nothing', 'session.start', { command: ['true'] }],
    ['grants nothing', 'grant.add', { digest: '0'.repeat(64), code: 'AAA' }],
    [
      'proposes no grant past the desk',
      'grant.propose',
      { taskId: 't-00000000', spec: 'net.connect:a.test', cwd: '/' },
    ],
    [
      'proposes no rules past the desk',
      'policy.propose',
      { file: 'mine.cedar', text: 'permit (principal, action, resource);' },
    ],
    ['saves no rules', 'policy.save', { digest: '0'.repeat(64), code: 'AAA' }],
    ['accepts no agent', 'agent.accept', { digest: '0'.repeat(64), code: 'AAA' }],
    ['lets no agent start again', 'agent.resume', { name: 'claude-code' }],
    ['erases nothing', 'log.compact', { before: '2100-01-01T00:00:00Z' }],
    ['changes no retention', 'log.retention.set', { retention: {} }],
    ['stops no supervisor', 'supervisor.stop', { force: true }],
    ['calls nothing that is inherited', 'constructor', {}],
  ])('[APR-5] %s', async (_, method, params) => {
    expect(await callOf(method, params)).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
  });

  test('sends no shapes that a method does not take', async () => {
    for (const params of [null, 'x', [], { all: 'yes' }]) {
      expect(await callOf('session.list', params)).toMatchObject({ ok: false });
    }
  });

  // As text: what runs there runs in a page, which this file's types know nothing of.
  test('[APR-5] has no Node, no channel but its own, and nothing of the approval window', async () => {
    const seen = await app.main.evaluate<{ node: string[]; bridge: string[]; frames: number; opener: boolean }>(`({
      node: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter((name) => name in globalThis),
      bridge: Object.keys(globalThis.gatehouse),
      frames: window.frames.length,
      opener: window.opener === null,
    })`);
    expect(seen.node).toEqual([]);
    expect(seen.frames).toBe(0);
    expect(seen.opener).toBe(true);
    expect(seen.bridge.filter((name) => /answer|confirm|question/u.test(name))).toEqual([]);
  });

  test('goes nowhere, opens nothing, and is given no permission', async () => {
    const before = app.main.url();
    const approval = app.approval.url();
    const result = await app.main.evaluate<{ opened: boolean[]; permission: string }>(`(async () => {
      const opened = [window.open('https://example.test/'), window.open('${approval}')];
      const asked = await navigator.permissions.query({ name: 'notifications' });
      window.location.href = 'https://example.test/';
      return { opened: opened.map((each) => each === null), permission: asked.state };
    })()`);
    expect(result.opened).toEqual([true, true]);
    expect(result.permission).not.toBe('granted');
    await app.main.evaluate(`void (window.location.href = '${approval}')`);
    expect(app.main.url()).toBe(before);
    expect(await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(2);
  });

  test('talks to nobody, reads no file, and runs no script that is not ours', async () => {
    // From a timer: the evaluation itself is allowed more than a page is.
    const result = await app.main.evaluate<
      Record<string, string | string[]>
    >(`new Promise((resolve) => setTimeout(async () => {
      const tried = (url) => fetch(url).then(() => 'reached', () => 'refused');
      const run = (make) => { try { make(); return 'ran'; } catch { return 'refused'; } };
      const urls = ['https://example.test/', 'http://127.0.0.1:1/', 'file:///etc/passwd', 'app://gatehouse/../main.cjs', '${app.approval.url()}'];
      resolve({
        urls: await Promise.all(urls.map(tried)),
        evaluated: run(() => new Function('return 1')()),
        markup: run(() => { document.createElement('div').innerHTML = '<b>x</b>'; }),
        script: run(() => { document.createElement('script').text = 'globalThis.taken = 1'; }),
        worker: run(() => new Worker('data:text/javascript,0')),
      });
    }, 0))`);
    expect(result['urls']).toEqual(Array.from({ length: 5 }, () => 'refused'));
    expect(result).toMatchObject({ evaluated: 'refused', markup: 'refused', script: 'refused', worker: 'refused' });
  });

  test('floods of proposals are bounded, and none takes effect by itself', async () => {
    const before = await home.run(['grants', 'list', '--json']);
    const outcomes = await app.main.evaluate(async () => {
      const { propose } = (globalThis as unknown as { gatehouse: { propose(each: object): Promise<{ ok: boolean }> } })
        .gatehouse;
      const many = Array.from({ length: 50 }, () =>
        propose({ kind: 'grant', taskId: 't-00000000', spec: 'net.connect:a.test' }),
      );
      return (await Promise.all(many)).filter(({ ok }) => ok).length;
    });
    expect(outcomes).toBe(0);
    expect((await home.run(['grants', 'list', '--json'])).stdout).toBe(before.stdout);
  });
});
