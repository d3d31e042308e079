import type { ChildProcess } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { type CountingServer, fetchOf } from '../approvals/asking.ts';
import { openAskingGround } from '../approvals/asking-ground.ts';
import { openWatch, seen, type Watching } from './watching.ts';

let home: TempHome;
let server: CountingServer;
openAskingGround((ground) => {
  ({ home, server } = ground);
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A session without a terminal, which asks once for every line it is given. */
function startAgent() {
  const step = `read -r line; ${fetchOf(server.port, '/$line', 'result').trim().replaceAll("'", '"')}`;
  const child = startGatehouse(
    ['run', '--task', 'Fetch two pages', '--', 'bash', '-c', `${step}; ${step}; read -r line`],
    { environment: home.environment, cwd: home.workspace },
  );
  children.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { ask: (place: string) => void child.stdin?.write(`${place}\n`), output: () => output };
}

/** Types an answer until it is taken: keys that come while the question is not armed are dropped, as they should be. */
async function answer(watching: Watching, typed: string, taken: string): Promise<void> {
  let typedAt = 0;
  await eventually(
    () => {
      if (watching.screen().includes(taken)) return true;
      if (watching.screen().includes('Type an answer') && performance.now() - typedAt > 1_000) {
        typedAt = performance.now();
        watching.type(`\x15${typed}\r`);
      }
      return false;
    },
    { what: `“${taken}” on the screen` },
  );
}

/** Leaves by way of `end`, and looks at how the terminal is left. */
async function expectRestored(watching: Watching, end: () => void | Promise<void>, status: number): Promise<void> {
  await end();
  const isLeft = () => watching.hasExited() && / icanon.* echo /su.test(watching.after());
  await eventually(isLeft, { what: `the screen to be left; it was:\n${watching.screen()}` });
  expect(watching.after()).toContain(`status=${status}`);
  expect(watching.modesLeft()).toBe('');
}

describe('gatehouse watch', () => {
  test('[APR-1] [APR-3] [APR-7] [GRT-2] a session asks, is denied, then allowed for its task, and loses the grant', async () => {
    const watching = openWatch(home);
    await seen(watching, 'No session runs.', 'Nothing waits.');
    const agent = startAgent();
    await seen(watching, '1 session ', 'running', 'Fetch two pages', 'bash -c');
    agent.ask('one');
    await seen(watching, '1 question waits', `GET http://127.0.0.1:${server.port}/one`);
    watching.type('\t');
    await seen(watching, '━━ Waiting');
    watching.type('\r');
    await seen(watching, 'Gatehouse asks', 'High risk', 'for the task “Fetch two pages”', 'deny it and stop');
    await answer(watching, 'no', 'Denied: send GET');
    await eventually(() => agent.output().includes('result=403'), { what: 'the denial to arrive' });
    expect(server.seen).toEqual([]);

    agent.ask('two');
    await seen(watching, '1 question waits', '/two');
    watching.type('\r');
    const question = await seen(watching, 'Gatehouse asks', '/two');
    const code = / task ([0-9A-Z]{3}) /u.exec(question)?.[1] ?? 'none';
    // Held down it answers nothing.
    watching.type('\r'.repeat(100));
    await answer(watching, `task ${code}`, 'Allowed: send GET');
    await eventually(() => agent.output().includes('result=200'), { what: 'the call to go through' });
    expect(server.seen).toEqual(['/two']);
    await seen(watching, 'You allowed it for the task', 'Nothing waits.');

    // Small as it may be, it is drawn; the grant is taken back where it is listed.
    watching.resize(60, 16);
    watching.type('\x1b[Z');
    await seen(watching, '━━ Sessions (1)');
    watching.type('\r');
    await seen(watching, 'Granted to its task (1)', /you +1×/u);
    watching.type('t');
    await seen(watching, 'Taken back: net.connect:127.0.0.1', 'Granted to its task (0)');
    watching.type('k');
    await seen(watching, 'Type kill and Enter');
    watching.type('kill\r');
    await seen(watching, ': killed.', '· ended');
    await expectRestored(watching, () => watching.type('q'), 0);
  });

  test('a supervisor that goes is said, and the next one is found; a signal leaves the terminal as it was', async () => {
    const watching = openWatch(home);
    await seen(watching, 'No session runs.');
    await home.run(['supervisor', 'stop', '--force']);
    await seen(watching, 'no supervisor answers', 'Nothing can be answered until it is back.');
    await home.run(['supervisor', 'start']);
    await seen(watching, '0 sessions', 'Nothing waits.', 'Gatehouse starts');
    await expectRestored(watching, () => watching.terminate(), 143);
  });

  test('Ctrl-C leaves the terminal as it was', async () => {
    const watching = openWatch(home);
    await seen(watching, 'No session runs.');
    await expectRestored(watching, () => watching.type('\x03'), 130);
  });

  test('without a terminal it is refused, with what to do instead', async () => {
    const refused = await home.run(['watch']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('gatehouse log --follow');
    expect(refused.stdout).toBe('');
  });
});
