import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { awaitCode, type CountingServer, fetchOf, openAgent, openGatehouse, typeUntil } from './asking.ts';
import { openAskingGround } from './asking-ground.ts';

let home: TempHome;
let server: CountingServer;
openAskingGround((ground) => {
  ({ home, server } = ground);
});

/** Calls the control API from a process of its own, without a terminal, and returns the answers as they come. */
async function callFrom(calls: readonly { method: string; params: object }[]): Promise<string> {
  const script = `
import json, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
connection.settimeout(30)
reader = connection.makefile()
for number, call in enumerate(json.loads(sys.argv[2])):
    connection.sendall((json.dumps({'jsonrpc': '2.0', 'id': number + 1, **call}) + '\\n').encode())
    print(reader.readline(), end='')
`;
  const socket = statePaths({ GATEHOUSE_HOME: home.state }).controlSocket;
  const child = spawn('/usr/bin/python3', ['-c', script, socket, JSON.stringify(calls)], {
    cwd: path.dirname(socket),
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return text;
}

describe('who may answer', () => {
  test('[APR-5] a client that is no approver, and a program without a terminal, are refused', async () => {
    const agent = await openAgent(home);
    agent.type(fetchOf(server.port, '/one', 'result'));
    const code = await awaitCode(agent);
    const listed = await home.run(['approvals', 'list', '--json']);
    const { id, digest } = JSON.parse(listed.stdout);
    expect(listed.stdout).not.toContain(code);
    const said = await callFrom([
      { method: 'approval.answer', params: { id, digest, answer: 'allow-once', code } },
      { method: 'approver.open', params: {} },
      { method: 'approval.answer', params: { id, digest, answer: 'allow-once', code } },
      { method: 'grant.propose', params: { taskId: 't-00000000', spec: 'net.connect:example.org', cwd: '/' } },
      { method: 'grant.add', params: { digest: '0'.repeat(64), code } },
      { method: 'memory.code', params: { digest: '0'.repeat(64) } },
      { method: 'memory.accept', params: { digest: '0'.repeat(64), code } },
      { method: 'policy.propose', params: { file: 'mine.cedar', text: 'permit (principal, action, resource);' } },
      { method: 'policy.save', params: { digest: '0'.repeat(64), code } },
    ]);
    const errors = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).error?.data?.code);
    expect(errors).toEqual(Array.from({ length: 9 }, () => 'approval_refused'));
    expect(said).toContain('no terminal');
    expect(server.seen).toEqual([]);
    await typeUntil(agent, 'no\r', () => agent.text().includes('result=403'), 'the call to be denied');
    agent.type('exit\n');
    await agent.exited;
  });

  test('[APR-7] another terminal answers, with a code of its own', async () => {
    const agent = await openAgent(home);
    agent.type(fetchOf(server.port, '/two', 'result'));
    const here = await awaitCode(agent);
    const { id } = JSON.parse((await home.run(['approvals', 'list', '--json'])).stdout);
    const other = openGatehouse(home, 'approvals', 'answer', id);
    const code = await awaitCode(other);
    if (here !== code) {
      await typeUntil(
        other,
        `once ${here}\r`,
        () => other.text().includes('not the code'),
        'the other code to be refused',
      );
    }
    await typeUntil(other, `once ${code}\r`, () => other.text().includes('Allowed'), 'the answer to be taken');
    expect(await other.exited).toMatchObject({ status: 0 });
    await typeUntil(agent, '', () => agent.text().includes('result=200'), 'the call to go through');
    expect(server.seen).toContain('/two');

    // The same for a grant that nobody asked for: nothing is given without the code that this surface shows.
    const { taskId } = JSON.parse((await home.run(['sessions', '--json'])).stdout);
    const granting = openGatehouse(home, 'grants', 'add', `net.connect:127.0.0.1:${server.port}`, '--task', taskId);
    const grantCode = await eventually(() => / grant ([0-9A-Z]{3}) /u.exec(granting.text())?.[1], { what: 'the code' });
    const named = () => granting.text().includes(`Type grant ${grantCode}, or no.`);
    await typeUntil(granting, 'grant\r', named, 'the code to be named');
    expect((await home.run(['grants', 'list'])).stderr).toContain('no grant is in force');
    await typeUntil(granting, `grant ${grantCode}\r`, () => granting.text().includes('ends in'), 'the grant');
    expect(await granting.exited).toMatchObject({ status: 0 });
    agent.type(fetchOf(server.port, '/three', 'granted'));
    await eventually(() => agent.text().includes('granted=200'), { what: 'the granted call to go through unasked' });
    agent.type('exit\n');
    await agent.exited;
  });
});
