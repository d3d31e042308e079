import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DelegationStart, delegationLineBytesMax } from '#contract/delegation.ts';
import { operatingError } from '#contract/operating-error.ts';
import { type DelegationSocket, openDelegation } from '../../../main/supervisor/delegation-server.ts';

let folder: string;
let socketPath: string;
let delegation: DelegationSocket;
let started: DelegationStart[];
let garbled: string[];
let closed: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gh-'));
  socketPath = path.join(folder, 'nested.sock');
  [started, garbled, closed] = [[], [], []];
  delegation = await openDelegation({
    socketPath,
    product: { folder, node: process.execPath },
    start: async (wanted) => {
      started.push(wanted);
      throw operatingError('agent_unknown', 'Nobody brought that in.');
    },
    leave: async () => {},
    onRefused: (why) => garbled.push(why),
    onClosed: (why) => closed.push(why),
    log: pino({ level: 'silent' }),
  });
});
afterEach(async () => {
  delegation.close();
  await rm(folder, { recursive: true, force: true });
});

const good = { v: 1, command: ['true'], cwd: '/w', grants: [], variables: [], limits: {} };

/** Sends bytes and resolves with everything that comes back, once the other side is done; undefined when nobody listens. */
function send(bytes: string | Buffer, end = false): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const socket: Socket = connect(socketPath, () => (end ? socket.end(bytes) : socket.write(bytes)));
    socket.on('data', (chunk) => {
      said += chunk.toString('utf8');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
    });
    socket.once('close', () => resolve(said));
  });
}
const refusal = (text: string | undefined) =>
  (JSON.parse(text ?? '{}') as { refused?: { code: string } }).refused?.code;

describe('[IDN-9] a delegation socket', () => {
  test('takes a request, and says why nothing came of it', async () => {
    expect(refusal(await send(`${JSON.stringify(good)}\n`))).toBe('agent_unknown');
    expect(started).toEqual([good]);
  });

  test.each<[what: string, line: string | Buffer]>([
    ['no JSON', 'hello\n'],
    ['nothing', '\n'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
    ['a list', '[]\n'],
    ['null', 'null\n'],
    ['another version', `${JSON.stringify({ ...good, v: 2 })}\n`],
    ['a method of the control API', '{"jsonrpc":"2.0","id":1,"method":"approval.list","params":{"all":true}}\n'],
    ['no command', `${JSON.stringify({ ...good, command: [] })}\n`],
    ['an agent', `${JSON.stringify({ ...good, agent: 'claude-code' })}\n`],
    ['a value for a variable', `${JSON.stringify({ ...good, variables: ['A=b'] })}\n`],
    ['an environment', `${JSON.stringify({ ...good, environment: { PATH: '/x' } })}\n`],
    ['a task', `${JSON.stringify({ ...good, taskId: 't-00000000' })}\n`],
    ['a port', `${JSON.stringify({ ...good, expose: [{ port: 1, hostPort: 1 }] })}\n`],
    ['whom to ask', `${JSON.stringify({ ...good, ask: 'deny' })}\n`],
    ['a limit below zero', `${JSON.stringify({ ...good, limits: { processes: -1 } })}\n`],
    ['a prototype', `{"__proto__":{"agent":"x"},${JSON.stringify(good).slice(1, -1)},"constructor":1}\n`],
    ['a line over the bound', `${'x'.repeat(delegationLineBytesMax + 1)}\n`],
    ['a line over the bound that never ends', 'y'.repeat(2 * delegationLineBytesMax)],
    ['deep nesting', `${'['.repeat(100_000)}\n`],
  ])('refuses %s, on record, and stands', async (_, line) => {
    expect(refusal(await send(line))).toBe('invalid_request');
    expect(garbled).toHaveLength(1);
    expect(started).toEqual([]);
    expect(refusal(await send(`${JSON.stringify(good)}\n`))).toBe('agent_unknown');
  });

  test('a client that goes away in the middle of its line starts nothing', async () => {
    await send(JSON.stringify(good), true);
    expect(started).toEqual([]);
  });

  test('whoever keeps sending garbage loses the socket, which is told once', async () => {
    let answers = 0;
    while ((await send('garbage\n')) !== undefined) answers += 1;
    expect(answers).toBeLessThan(50);
    expect(closed).toEqual([expect.stringContaining('were no request')]);
  });

  test('whoever connects over and over loses it as well', async () => {
    const all = await Promise.all(Array.from({ length: 300 }, () => send('', true)));
    expect(all.filter((said) => said === undefined).length + all.filter((said) => said === '').length).toBeGreaterThan(
      0,
    );
    expect(closed).toHaveLength(1);
    expect(started).toEqual([]);
  });
});
