import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Proposal, proposalSchema, windowMethods } from '#contract/bridge.ts';
import { type ControlClient, connectControl } from '../../../main/adapters/control/client.ts';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import type { Terminal } from '../../helpers/agents/terminal.ts';
import { answerInWindow, armedAnswer } from '../../helpers/app/answer-in-window.ts';
import { type DesktopApp, type Display, openDesktopApp, openDisplay } from '../../helpers/app/desktop-app.ts';
import { whyNoWindows } from '../../helpers/app/no-windows.ts';
import { type KeyedHome, keyedPassphrase, openKeyedHome } from '../../helpers/keyed-home.ts';
import { eventually } from '../../helpers/poll.ts';
import {
  awaitCode,
  type CountingServer,
  fetchOf,
  openGatehouse,
  startServer,
} from '../../integration/approvals/asking.ts';

/** Everything that widens authority, wanted by a script in the main window: in effect only once the approval window confirmed it. */

const why = whyNoWindows();
const secret = 'canary-ghp_4f1d2b9c7e6a5d3f2b1c';
let home: KeyedHome;
let display: Display;
let app: DesktopApp;
let server: CountingServer;
let agent: Terminal;
let outside: ControlClient;
let session: string;
let task: string;

beforeAll(async () => {
  if (why !== undefined) return;
  home = await openKeyedHome();
  await home.install('claude', 'exit 0');
  await home.install('codex', 'exit 0');
  display = await openDisplay();
  server = await startServer();
  app = await openDesktopApp(home, display);
  await app.main.getByText('Supervised').waitFor();
  outside = await connectControl({ controlSocket: statePaths(home.environment).controlSocket });
  const shell = 'stty -echo; echo ready; exec bash --norc';
  agent = openGatehouse(home, 'run', '--env', `MY_TOKEN=${secret}`, '--', 'bash', '-c', shell);
  await eventually(() => agent.text().includes('ready'), { what: 'the session to run' });
  const [found] = (await outside.call('session.list', { all: false })).sessions;
  if (found === undefined) throw new Error('no session runs');
  session = found.id;
  task = found.taskId;
  await propose({ kind: 'agent', name: 'claude-code' });
  await answerInWindow(app, /claude-code/u);
  await propose({ kind: 'agent-rotate', name: 'claude-code' });
  await answerInWindow(app, /claude-code/u);
  await outside.call('agent.suspend', { name: 'claude-code' });
  await outside.call('session.pause', { id: session });
});

afterAll(async () => {
  outside?.close();
  agent?.kill();
  await app?.close();
  server?.close();
  await home?.close();
  await display?.close();
});

beforeEach((context) => {
  if (why !== undefined) context.skip(why);
});

/** Proposes by script, and does not wait. What came of it is in `window.outcomes`, by `kind`. */
async function propose(proposal: Proposal): Promise<void> {
  await app.main.evaluate((wanted) => {
    const { gatehouse, outcomes = {} } = globalThis as unknown as {
      gatehouse: { propose(wanted: object): Promise<object> };
      outcomes?: Record<string, unknown>;
    };
    outcomes[wanted.kind] = 'open';
    Object.assign(globalThis, { outcomes });
    void gatehouse.propose(wanted).then((outcome) => {
      outcomes[wanted.kind] = outcome;
    });
  }, proposal);
}

function outcomeOf(kind: string): Promise<unknown> {
  return eventually(
    async () => {
      const outcome = await app.main.evaluate<unknown>(`window.outcomes['${kind}']`);
      return outcome === 'open' ? undefined : outcome;
    },
    { what: `what became of ${kind}` },
  );
}

/** Everything that any of the acts would change, seen from outside the shell. */
async function authority() {
  const folder = path.join(home.state, 'config', 'policies');
  const files = await readdir(folder).catch(() => []);
  const [grants, agents, sessions, review] = await Promise.all([
    outside.call('grant.list', { all: true }),
    outside.call('agent.list', {}),
    outside.call('session.list', { all: true }),
    outside.call('review.show', {}),
  ]);
  return {
    grants: grants.grants.map(({ id }) => id),
    rules: grants.rules.map(({ id }) => id),
    agents: agents.agents.map(({ name, state, fingerprint }) => [name, state, fingerprint]),
    sessions: sessions.sessions.map(({ id, state }) => [id, state]),
    reviewed: review.reviewedAt,
    policies: await Promise.all(files.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')])),
  };
}

/** Everything a script could try so that what it proposed is confirmed. */
async function tryToConfirm(): Promise<string[]> {
  return app.main.evaluate<string[]>(`(async () => {
    const tried = async (act) => { try { return JSON.stringify(await act()) ?? 'nothing'; } catch (error) { return String(error); } };
    const ids = Array.from({ length: 40 }, (_, number) => 'p-' + number);
    const outcomes = [];
    for (const id of ids) {
      for (const kind of ['confirm', 'answer', 'show']) outcomes.push(await tried(() => gatehouse.propose({ kind, id, approval: id, confirmed: true })));
    }
    for (const method of ['approval.answer', 'grant.add', 'policy.save', 'agent.accept', 'approval:confirm', 'approval:answer']) {
      outcomes.push(await tried(() => gatehouse.call(method, { id: 'p-1', confirmed: true, digest: '0'.repeat(64), code: 'AAA' })));
    }
    outcomes.push(await tried(() => gatehouse.confirm('p-1', true)), await tried(() => gatehouse.streams.confirm('p-1', true)));
    for (const name of ['approval', 'gatehouse', 'Gatehouse asks']) {
      new BroadcastChannel(name).postMessage({ confirm: true });
      window.postMessage({ confirm: true }, '*');
    }
    for (const key of ['Tab', 'Enter', ' ']) document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    return outcomes;
  })()`);
}

describe('what a script in the main window proposes', () => {
  const rule = '@id("mine")\n@reason("As I like it.")\nforbid (principal, action, resource);\n';
  const acts: readonly (readonly [string, () => Proposal, RegExp])[] = [
    ['a grant', () => ({ kind: 'grant', taskId: task, spec: 'net.connect:evil.test:443' }), /evil\.test/u],
    ['an agent', () => ({ kind: 'agent', name: 'codex' }), /codex/u],
    ['an agent that was suspended', () => ({ kind: 'agent-resume', name: 'claude-code' }), /claude-code start again/u],
    ['another key', () => ({ kind: 'agent-rotate', name: 'claude-code' }), /claude-code a new key/u],
    ['rules', () => ({ kind: 'policy', file: 'mine.cedar', text: rule }), /your rules in mine/u],
    ['no rules', () => ({ kind: 'policy', file: 'mine.cedar', text: '' }), /your rules in mine/u],
    ['a review', () => ({ kind: 'review' }), /looked through/u],
    ['a paused session', () => ({ kind: 'session-resume', session }), /go on/u],
    [
      'a start with a grant',
      () => ({
        kind: 'start',
        command: ['true'],
        workspace: home.workspace,
        grants: ['net.connect:evil.test:443'],
        size: { columns: 80, rows: 24 },
      }),
      /Start true/u,
    ],
  ];

  test('every kind is tried here', () => {
    const tried = acts.map(([, wanted]) => wanted().kind);
    const kinds = proposalSchema.options.map((option) => option.shape.kind.value);
    expect(new Set([...tried, 'show'])).toEqual(new Set(kinds));
  });

  test.each(acts)(
    '[APR-5] %s: shown, not in effect, declined without a trace, in effect once confirmed',
    async (_, wanted, heading) => {
      const proposal = wanted();
      const before = await authority();
      await propose(proposal);
      await app.approval.getByRole('heading', { name: heading }).waitFor();
      await eventually(() => app.approvalShows(), { what: 'the window to come up' });
      for (const outcome of await tryToConfirm())
        expect(outcome).not.toMatch(/"ok":true,"value":(?!\{"confirmed":false\})/u);
      expect(await authority()).toEqual(before);
      await armedAnswer(app, 'cancel').click();
      expect(await outcomeOf(proposal.kind)).toEqual({ ok: true, value: { confirmed: false } });
      expect(await authority()).toEqual(before);

      await propose(proposal);
      await answerInWindow(app, heading);
      expect(await outcomeOf(proposal.kind)).toMatchObject({ ok: true, value: { confirmed: true } });
      expect(await authority()).not.toEqual(before);
    },
  );
});

test('[APR-4] a session that was paused anew while it was asked about stays paused, whatever is answered', async () => {
  await outside.call('session.pause', { id: session });
  await propose({ kind: 'session-resume', session });
  await app.approval.getByRole('heading', { name: /go on/u }).waitFor();
  await outside.call('session.resume', { id: session });
  await outside.call('session.pause', { id: session });
  await answerInWindow(app, /go on/u);
  expect(await outcomeOf('session-resume')).toMatchObject({ ok: false, error: { code: 'approval_refused' } });
  expect((await authority()).sessions).toContainEqual([session, 'paused']);
  await outside.call('session.resume', { id: session });
});

test('terminals of a session are few, however many are asked for at once, and one that takes nothing is let go', async () => {
  // A session of its own: what was typed and not taken still reaches it when it goes on.
  const deaf = openGatehouse(home, 'run', '--', 'bash', '-c', 'echo ready; exec sleep 1000');
  await eventually(() => deaf.text().includes('ready'), { what: 'the session to run' });
  const found = (await outside.call('session.list', { all: false })).sessions.find(({ id }) => id !== session);
  if (found === undefined) throw new Error('no other session runs');
  const { id } = found;
  await outside.call('session.pause', { id });
  const opened = await app.main.evaluate<number>(`(async () => {
    window.ends = [];
    gatehouse.onEvent((event) => void (event.type === 'stream-end' && window.ends.push(event.why)));
    const asked = await Promise.all(Array.from({ length: 40 }, () => gatehouse.streams.open('${id}', false)));
    const streams = asked.flatMap((outcome) => (outcome.ok ? [outcome.value.stream] : []));
    for (let each = 0; each < 6; each += 1) gatehouse.streams.write(streams[0], 'x'.repeat(1_000_000));
    return streams.length;
  })()`);
  expect(opened).toBeGreaterThan(0);
  expect(opened).toBeLessThanOrEqual(4);
  await eventually(() => app.main.evaluate<boolean>("window.ends.some((why) => why.includes('It takes nothing'))"), {
    what: 'the terminal to be let go',
  });
  // Nothing of it holds up the supervisor.
  await outside.call('session.resume', { id });
  await outside.call('session.kill', { id });
  await deaf.exited;
});

describe('a question, while a script in the main window reads all it can and floods', () => {
  /** Parameters with which each method answers something. */
  const params = (): Readonly<Record<string, object>> => ({
    'session.list': { all: true },
    'session.diff': { session, paths: ['made'] },
    'task.list': { all: true },
    'grant.list': { all: true },
    'approval.list': { all: true },
    'agent.show': { name: 'claude-code' },
    'home.list': { agent: 'claude-code' },
    'policy.check': { file: 'mine.cedar', text: 'forbid (principal, action, resource);' },
    'log.query': { query: '', limit: 10_000 },
    'audit.facets': { query: '', limit: 1000 },
    'audit.activity': { query: '', bars: 10 },
    'log.prove': { seq: 1 },
    'why.event': { seq: 5 },
    'why.hypothetical': { agent: 'claude-code', action: 'net.connect', resource: 'a.test:443', cwd: home.workspace },
  });
  const harmful = /\.(?:stop|kill|pause|end|revoke|suspend|retire|save|remove)$/u;

  test('[APR-5] [APR-6] it comes up and is answered in its window; nothing the script reads holds a secret or a code', async () => {
    await app.main.evaluate(`(() => {
      window.events = [];
      window.flooding = true;
      gatehouse.onEvent((event) => void window.events.push(event.type === 'output' ? event.type : event));
      const rules = 'forbid (principal, action, resource);'.repeat(100);
      window.flood = (async () => {
        while (window.flooding) {
          const calls = Array.from({ length: 50 }, () => gatehouse.call('policy.check', { file: 'a.cedar', text: rules }));
          const other = Array.from({ length: 50 }, () => gatehouse.call('log.query', { query: '', limit: 10000 }));
          const proposals = Array.from({ length: 20 }, () => gatehouse.propose({ kind: 'agent', name: 'codex' }));
          // To terminals that are not there: what it types into its own reaches the session.
          for (let at = 10_000; at < 10_200; at += 1) gatehouse.streams.write(at, 'x');
          await Promise.allSettled([...calls, ...other, ...proposals]);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
    })()`);
    agent.type(fetchOf(server.port, '/wanted', 'wanted'));
    const code = await awaitCode(agent);
    await app.approval.getByRole('heading', { name: /wanted/u }).waitFor();
    await eventually(() => app.approvalShows(), { what: 'the window to come up' });

    // It came up in spite of that; what can be read is read without it, since calls of the window wait for each other.
    await app.main.evaluate('(window.flooding = false, window.flood)');
    const reading = windowMethods.filter((method) => !harmful.test(method));
    const read = await app.main.evaluate(
      async ([methods, given, id]) => {
        const { gatehouse } = globalThis as unknown as {
          gatehouse: {
            call(method: string, params: object): Promise<{ ok: boolean }>;
            streams: { open(session: string, readOnly: boolean): Promise<object> };
          } & Record<string, () => Promise<object>>;
        };
        const answers: Record<string, { ok: boolean }> = {};
        for (const method of methods) answers[method] = await gatehouse.call(method, given[method] ?? {});
        const others = [
          await gatehouse['shell']?.(),
          await gatehouse['findAgents']?.(),
          await gatehouse.streams.open(id, true),
        ];
        return { answers, others, events: (globalThis as unknown as { events: object[] }).events };
      },
      [reading, params(), session] as const,
    );
    // Nothing was changed that could be compared.
    const unanswered = Object.entries(read.answers).flatMap(([method, { ok }]) => (ok ? [] : [method]));
    expect(unanswered).toEqual(['session.diff']);
    expect(read.events.length).toBeGreaterThan(0);
    const texts = textsOf({ ...read, answers: Object.values(read.answers).filter(({ ok }) => ok) });
    // The control: what it may read is there.
    expect(texts).toContain('claude-code');
    expect(texts).toContain('MY_TOKEN');
    expect(texts.filter((text) => text === code || text.includes(secret) || text.includes(keyedPassphrase))).toEqual(
      [],
    );
    expect(texts.filter((text) => /^(?:code|streamToken|token|passphrase|secret|privateKey)$/u.test(text))).toEqual([]);

    await answerInWindow(app, /wanted/u, 'allow-once');
    await eventually(() => agent.text().includes('wanted=200'), { what: 'the call to come through' });
    await outside.call('session.kill', { id: session });
  });
});

/** Every text in a value, names of fields too. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [name, ...textsOf(each)]);
}
