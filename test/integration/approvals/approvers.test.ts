import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { statePaths } from '../../../main/adapters/control/paths.ts';
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
      { method: 'grant.add', params: { taskId: 't-00000000', spec: 'net.connect:example.org', cwd: '/' } },
    ]);
    const errors = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).error?.data?.code);
    expect(errors).toEqual(['approval_refused', 'approval_refused', 'approval_refused', 'approval_refused']);
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
    agent.type('exit\n');
    await agent.exited;
    expect(server.seen).toContain('/two');
  });
});
