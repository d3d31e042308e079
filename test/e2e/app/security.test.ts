import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { channels } from '#contract/channels.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { eventually } from '../../helpers/poll.ts';
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
    ['lets no paused session go on', 'session.resume', { all: true }],
    ['attaches past the shell to no session', 'session.attach', { id: 'a', readOnly: false }],
    ['learns no code', 'agent.code', { digest: '0'.repeat(64) }],
    ['reads no text that was pinned', 'memory.texts', { digest: '0'.repeat(64), index: 0 }],
    ['lets no agent be told something else', 'memory.accept', { digest: '0'.repeat(64), code: 'AAA' }],
    ['looks into no start past the desk', 'session.examine', { command: ['true'] }],
    ['makes no task', 'task.create', { text: 'x', cwd: '/' }],
    ['resets no home', 'home.reset', { agent: 'claude-code', login: true }],
    ['puts no review on record', 'review.record', {}],
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
  test('[APR-5] has no Node, no channel of its own making, and nothing of the approval window', async () => {
    const seen = await app.main.evaluate<Record<string, string[]>>(`({
      node: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron', 'global'].filter((name) => name in globalThis),
      bridge: [...Object.keys(gatehouse), ...Object.keys(gatehouse.streams)],
      inside: Object.values(gatehouse).flatMap((each) => Object.keys(each.constructor?.prototype ?? {})),
      frames: [String(window.frames.length), String(window.opener)],
    })`);
    expect(seen).toMatchObject({ node: [], inside: [], frames: ['0', 'null'] });
    expect(seen['bridge']?.filter((name) => /answer|confirm|question|invoke|send|channel/u.test(name))).toEqual([]);
  });

  /** Whatever a page could send, were the words of its bridge others: sent from the very context of its preload. */
  test.each([
    ['main', 'approval'],
    ['approval', 'main'],
  ] as const)(
    '[APR-5] no channel answers the %s page that is for the other one, or is not there',
    async (from, other) => {
      const own = (name: string) => (name.startsWith('approval:') ? 'approval' : 'main');
      const foreign = Object.values(channels).filter((name) => own(name) === other);
      const tried = [...foreign, 'gatehouse:nothing', 'ELECTRON_BROWSER_REQUIRE', 'GUEST_VIEW_MANAGER_CALL'];
      const words = { main: ['session.list', { all: true }], approval: ['p-1', true] }[other];
      // The shell does what it does for a message of this page: the sender is the page's own.
      const outcomes = await app.electron.evaluate(
        async ({ ipcMain, BrowserWindow }, [scheme, names, given]) => {
          const contents = BrowserWindow.getAllWindows().find((each) =>
            each.webContents.getURL().startsWith(scheme),
          )?.webContents;
          const handlers: unknown = Reflect.get(ipcMain, '_invokeHandlers');
          const event = { sender: contents, senderFrame: contents?.mainFrame };
          return Promise.all(
            names.map(async (name) => {
              const handler: unknown = handlers instanceof Map ? handlers.get(name) : undefined;
              if (typeof handler !== 'function') return ipcMain.emit(name, event, ...given) ? 'heard' : 'no handler';
              return Promise.resolve()
                .then(() => handler(event, ...given))
                .then(() => 'answered', String);
            }),
          );
        },
        [from === 'main' ? 'app:' : 'approval:', tried, words] as const,
      );
      expect(outcomes.filter((outcome) => outcome === 'answered')).toEqual([]);
      expect(outcomes.filter((outcome) => outcome.includes('refused')).length).toBeGreaterThan(1);
      expect(outcomes.slice(-3)).toEqual(['no handler', 'no handler', 'no handler']);
      expect(await app.approvalShows()).toBe(false);
    },
  );

  test('goes nowhere, opens nothing, names no window, keeps none open, and is given no permission', async () => {
    const before = app.main.url();
    const approval = app.approval.url();
    const result = await app.main.evaluate<Record<string, unknown>>(`(async () => {
      const soon = (act) => Promise.race([act(), new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))]);
      const tried = async (act) => String(await soon(() => Promise.resolve().then(act).then(() => 'done', () => 'refused')));
      const names = ['notifications', 'geolocation', 'camera', 'microphone', 'midi', 'clipboard-read', 'clipboard-write', 'screen-wake-lock', 'local-fonts', 'window-management', 'idle-detection', 'storage-access'];
      document.title = 'Gatehouse asks';
      const file = document.createElement('webview');
      file.setAttribute('src', 'https://example.test/');
      document.body.append(file);
      const link = Object.assign(document.createElement('a'), { href: 'data:text/plain,x', download: 'x' });
      document.body.append(link);
      link.click();
      const opened = ['https://example.test/', '${approval}', 'about:blank', 'gatehouse://settings', 'file:///etc/passwd'].map((place) => window.open(place));
      const transfer = new DataTransfer();
      transfer.items.add(new File(['<h1>dropped</h1>'], 'x.html', { type: 'text/html' }));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));
      const went = ['https://example.test/', '${approval}', 'file:///etc/passwd', 'gatehouse://settings', 'mailto:a@example.test', 'data:text/html,x', 'app://gatehouse/../main.cjs'];
      for (const place of went) window.location.href = place;
      return {
        opened: opened.filter((each) => each !== null).length,
        granted: (await Promise.all(names.map(async (name) => [name, (await navigator.permissions.query({ name })).state]))).filter(([, state]) => state !== 'denied'),
        views: file.getWebContentsId === undefined,
        asked: await Promise.all([
          () => navigator.clipboard.readText(),
          () => navigator.clipboard.writeText('TAKEN'),
          () => navigator.mediaDevices.getUserMedia({ video: true }),
          () => navigator.mediaDevices.getDisplayMedia({ video: true }),
          () => navigator.wakeLock.request('screen'),
          () => navigator.serviceWorker.register('main-window.js'),
        ].map(tried)),
        boxes: [window.alert('TAKEN'), window.confirm('TAKEN')],
        full: await tried(() => document.documentElement.requestFullscreen()),
      };
    })()`);
    expect(result).toMatchObject({ opened: 0, granted: [], views: true, boxes: [undefined, false] });
    // What is slow to be refused is not given either.
    expect(result['asked']).not.toContain('done');
    expect(result['full']).not.toBe('done');
    expect(app.main.url()).toBe(before);
    const windows = await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((each) => [each.getTitle(), each.isFullScreen()]),
    );
    expect(Object.fromEntries(windows)).toEqual({ Gatehouse: false, 'Gatehouse asks': false });
  });

  test('reads and writes no clipboard by script, with or without a hand at the keys', async () => {
    await app.electron.evaluate(({ clipboard }) => clipboard.writeText('of the person'));
    const read = await app.main.evaluate<string[]>(`(() => {
      const text = document.createElement('textarea');
      document.body.append(text);
      text.focus();
      return [String(document.execCommand('paste')), text.value];
    })()`);
    expect(read).toEqual(['false', '']);
    // Playwright's own evaluation counts as a hand for a while; what a timer runs later does not.
    const copied = await app.main.evaluate<boolean>(`new Promise((resolve) => {
      const text = document.querySelector('textarea');
      text.value = 'TAKEN';
      const tryIt = () => {
        if (navigator.userActivation.isActive) return setTimeout(tryIt, 100);
        text.select();
        resolve(document.execCommand('copy'));
        text.remove();
      };
      setTimeout(tryIt, 100);
    })`);
    expect(copied).toBe(false);
    expect(await app.electron.evaluate(({ clipboard }) => clipboard.readText())).toBe('of the person');
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

  test('sends nothing to any address by what no policy for content knows of', async () => {
    const udp = createSocket('udp4').on('message', () => seen.push('a datagram'));
    const tcp = createServer((socket) => {
      seen.push('a connection');
      socket.destroy();
    });
    const seen: string[] = [];
    udp.bind(0, '127.0.0.1');
    tcp.listen(0, '127.0.0.1');
    await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
    const { port } = udp.address();
    const place = tcp.address();
    const tcpPort = typeof place === 'object' && place !== null ? place.port : 0;
    const gathered = await app.main.evaluate<number>(`new Promise(async (resolve) => {
      for (const rel of ['preconnect', 'prefetch', 'dns-prefetch', 'modulepreload', 'icon', 'manifest']) {
        document.head.append(Object.assign(document.createElement('link'), { rel, href: 'http://127.0.0.1:${tcpPort}/read' }));
      }
      navigator.sendBeacon('http://127.0.0.1:${tcpPort}/read', 'x');
      const peer = new RTCPeerConnection({ iceServers: [
        { urls: 'stun:127.0.0.1:${port}' },
        { urls: 'turn:127.0.0.1:${port}', username: 'what it read', credential: 'x' },
        { urls: 'turn:127.0.0.1:${tcpPort}?transport=tcp', username: 'what it read', credential: 'x' },
      ] });
      let candidates = 0;
      peer.onicecandidate = ({ candidate }) => { if (candidate === null) resolve(candidates); else candidates += 1; };
      peer.createDataChannel('x');
      await peer.setLocalDescription(await peer.createOffer());
    })`);
    expect(gathered).toBe(0);
    expect(seen).toEqual([]);
    udp.close();
    tcp.close();
  });

  test('no shape of a message ends the shell, and none fills it', async () => {
    const thrown = await app.main.evaluate<number>(`(async () => {
      const { streams } = gatehouse;
      let refusals = 0;
      const tried = async (act) => { try { await act(); } catch { refusals += 1; } };
      const odd = [{ toString: null, valueOf: null }, NaN, -1, 1e308, null, undefined, [[[]]], 'x', '9'.repeat(70), {}, new Date(), /x/, new Map([[1, 2]])];
      for (const one of odd) {
        for (const other of odd) {
          await tried(() => streams.write(one, other));
          await tried(() => streams.taken(one, other));
          await tried(() => streams.resize(one, other, one));
          await tried(() => streams.close(one));
        }
        await tried(() => streams.open(one, one));
        await tried(() => gatehouse.propose(one));
        await tried(() => gatehouse.setPreferences(one));
        await tried(() => gatehouse.exportLog(one, one));
        await tried(() => gatehouse.call(one, one));
      }
      const long = 'x'.repeat(50_000_000);
      refusals = 0;
      await tried(() => gatehouse.call('log.query', { query: long, limit: 1 }));
      await tried(() => gatehouse.propose({ kind: 'policy', file: 'a.cedar', text: long }));
      await tried(() => streams.write(1, long));
      await tried(() => Promise.all(Array.from({ length: 2_000 }, () => gatehouse.call('log.verify', {}))));
      return refusals;
    })()`);
    expect(thrown).toBe(4);
    // As many as may stand are still being answered.
    await eventually(async () => (await callOf('session.list', { all: true })).ok === true, {
      what: 'the shell to answer again',
    });
  });

  test('holds neither its window nor the shell back from ending', async () => {
    await app.main.evaluate(`void addEventListener('beforeunload', (event) => event.preventDefault())`);
    const gone = app.main.waitForEvent('close');
    await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((each) => each.webContents.getURL().startsWith('app:'))
        ?.close(),
    );
    // With the handler in force it would stay for ever.
    await gone;
  });
});
