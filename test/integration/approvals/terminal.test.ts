import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { awaitCode, type CountingServer, eventsOf, fetchOf, openAgent, typeUntil } from './asking.ts';
import { openAskingGround } from './asking-ground.ts';

let home: TempHome;
let server: CountingServer;
openAskingGround((ground) => {
  ({ home, server } = ground);
});

describe('the terminal of a session asks', () => {
  test('[APR-1] [APR-2] [APR-7] a call waits, the facts are shown, and allowing once lets exactly that through', async () => {
    const agent = await openAgent(home, '--task', 'Fetch a page', '--grant', 'net.connect:never.test:443');
    const before = server.seen.length;
    agent.type(fetchOf(server.port, '/one', 'first'));
    const code = await awaitCode(agent);
    expect(server.seen).toHaveLength(before);
    for (const fact of [
      `send GET http://127.0.0.1:${server.port}/one`,
      'High risk',
      'Because',
      'for the task “Fetch a page”',
      'SHA-256',
      "this machine's loopback",
      'never to this host and port by a command that is no known agent',
    ]) {
      expect(agent.text()).toContain(fact);
    }
    await typeUntil(agent, `once ${code}\r`, () => agent.text().includes('first=200'), 'the call to go through');
    expect(server.seen.slice(before)).toEqual(['/one']);

    agent.type(fetchOf(server.port, '/one', 'second'));
    await awaitCode(agent, code);
    expect(agent.text()).toContain('let through once to this host and port for commands that are no known agent');
    await typeUntil(agent, 'no\r', () => agent.text().includes('second=403'), 'the call to be denied');
    expect(server.seen.slice(before)).toEqual(['/one']);
    agent.type('exit\n');
    await agent.exited;
    expect(agent.text()).toContain('not used  net.connect:never.test:443');
    const answers = await eventsOf(home, 'approval.answered');
    expect(answers.map(({ detail }) => detail['answer'])).toEqual(['allow-once', 'deny-once']);
    const decisions = await home.run(['log', 'reason:denied_by_person']);
    expect(decisions.stdout).toContain('/one');
  });

  test('[APR-5] Enter held down, a wrong code, and words without one allow nothing', async () => {
    const agent = await openAgent(home);
    const before = server.seen.length;
    agent.type(fetchOf(server.port, '/two', 'result'));
    const code = await awaitCode(agent);
    await typeUntil(agent, 'once\r', () => agent.text().includes(`Type once ${code}.`), 'the missing code to be named');
    agent.type('\r'.repeat(200));
    const wrong = code === '222' ? '333' : '222';
    await typeUntil(
      agent,
      `task ${wrong}\r`,
      () => agent.text().includes('That is not the code'),
      'the code to be refused',
    );
    expect(server.seen).toHaveLength(before);
    // Ctrl-C denies.
    await typeUntil(agent, '\x03', () => agent.text().includes('result=403'), 'the call to be denied');
    expect(server.seen).toHaveLength(before);
    agent.type('exit\n');
    await agent.exited;
  });

  test('[APR-3] [GRT-2] for the task: no more questions, until it is taken back, which closes what is open', async () => {
    const agent = await openAgent(home);
    agent.type(fetchOf(server.port, '/three', 'result'));
    const code = await awaitCode(agent);
    await typeUntil(agent, `task ${code}\r`, () => agent.text().includes('result=200'), 'the call to go through');
    agent.type(fetchOf(server.port, '/four', 'again'));
    await eventually(() => agent.text().includes('again=200'), { what: 'the second call to go through unasked' });

    agent.type(`curl -s --noproxy '' http://127.0.0.1:${server.port}/hang; echo cut=$?\n`);
    await eventually(() => server.hanging.length > 0 && agent.text().includes('begun'), { what: 'an open connection' });
    const { stdout } = await home.run(['grants', 'list', '--json']);
    const grant = stdout
      .split('\n')
      .map((line) => (line === '' ? {} : JSON.parse(line)))
      .find(({ uses }) => uses > 0);
    expect(grant).toMatchObject({ giver: 'person', uses: 3, spec: `net.connect:127.0.0.1:${server.port}` });
    const revoked = await home.run(['grants', 'revoke', grant.id]);
    expect(revoked).toMatchObject({ status: 0 });
    expect(revoked.stderr).toContain('1 open connection was closed');
    await eventually(() => /cut=[1-9]/u.test(agent.text()), { what: 'the open connection to be cut' });

    agent.type(fetchOf(server.port, '/five', 'after'));
    await awaitCode(agent, code);
    await typeUntil(agent, 'stop\r', () => agent.text().includes('was stopped'), 'the session to be stopped');
    await agent.exited;
    expect(server.seen).not.toContain('/five');
    expect(await eventsOf(home, 'grant.ended')).toMatchObject([{ detail: { grant: grant.id, closed: 1 } }]);
  });

  test('[APR-3] [RUN-3] denied and paused: the session stands still until it may go on', async () => {
    const agent = await openAgent(home);
    agent.type(`(while :; do echo tick >> ticks; sleep 0.05; done) & ${fetchOf(server.port, '/six', 'result')}`);
    await awaitCode(agent);
    const isPaused = async () => (await home.run(['sessions'])).stdout.includes('paused');
    await typeUntil(agent, 'pause\r', isPaused, 'the session to be paused');
    const ticks = path.join(home.workspace, 'ticks');
    const { size } = await stat(ticks);
    await pause(300);
    expect((await stat(ticks)).size).toBe(size);
    expect((await home.run(['resume', '--all'])).stdout).toContain('goes on');
    await eventually(async () => (await stat(ticks)).size > size, { what: 'the session to go on' });
    await eventually(() => agent.text().includes('result=403'), { what: 'the denial to arrive' });
    await home.run(['kill', '--all']);
    await agent.exited;
    expect(await eventsOf(home, 'session.paused')).toHaveLength(1);
    expect(await eventsOf(home, 'session.resumed')).toHaveLength(1);
  });

  test('[APR-7] a full-screen agent loses nothing it drew, and no key meant for the question', async () => {
    const agent = await openAgent(home);
    agent.type(`printf '\\033[?1049h\\033[?1000hfull screen'; ${fetchOf(server.port, '/seven', 'result')}`);
    await awaitCode(agent);
    await typeUntil(agent, 'never\r', () => agent.text().includes('result=403'), 'the call to be denied');
    agent.type('stty size; exit\n');
    await agent.exited;
    // Its size is what it was, and nothing typed at the question was typed at its shell.
    expect(agent.text()).toContain('30 100');
    expect(agent.text()).not.toContain('never: command not found');
  });
});

describe('nobody to ask', () => {
  test.each([
    ['piped, with no surface open', []],
    ['--ask deny', ['--ask', 'deny']],
  ])('[APR-5] %s: denied at once, and says so', async (_, options) => {
    const before = server.seen.length;
    const { stdout } = await home.run([
      'run',
      ...options,
      '--',
      'bash',
      '-c',
      fetchOf(server.port, '/eight', 'result'),
    ]);
    expect(stdout).toContain('result=403');
    expect(server.seen).toHaveLength(before);
  });
});
