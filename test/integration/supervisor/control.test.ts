import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameBytesMax } from '#contract/control-frame.ts';
import { type ControlClient, connectControl } from '../../../main/adapters/control/client.ts';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

/** What a confused or hostile client of the same user may send; the supervisor answers with types and lives on. */
describe('control API', () => {
  let home: TempHome;
  let socketPath: string;
  let client: ControlClient;

  beforeAll(async () => {
    home = await openTempHome();
    const started = await home.run(['supervisor', 'start']);
    expect(started.status, started.stderr).toBe(0);
    socketPath = statePaths(home.environment).controlSocket;
    client = await connectControl({ controlSocket: socketPath });
  });
  afterAll(async () => {
    client?.close();
    await home?.close();
  });

  async function open(): Promise<Socket> {
    const socket = connect(socketPath);
    await once(socket, 'connect');
    return socket;
  }

  /** Sends text and collects answers until `count` lines came or the supervisor closed the connection. */
  async function exchange(text: string | Buffer, count: number): Promise<Record<string, unknown>[]> {
    const socket = await open();
    socket.on('error', () => undefined);
    socket.write(text);
    let held = '';
    for await (const chunk of socket) {
      held += String(chunk);
      if (held.split('\n').length > count) break;
    }
    socket.destroy();
    return held
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  const request = (method: string, params?: unknown, id: unknown = 1) =>
    `${JSON.stringify({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) })}\n`;

  it.each([
    ['text that is not JSON', 'hello\n', -32700, null],
    ['an empty line', '\n', -32700, null],
    ['an array', '[]\n', -32600, null],
    ['a batch', `[${request('supervisor.status').trim()}]\n`, -32600, null],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"supervisor.status"}\n', -32600, 1],
    ['no method', '{"jsonrpc":"2.0","id":7}\n', -32600, 7],
    ['parameters by position', request('session.list', [true]), -32600, 1],
    ['an id that is an object', request('supervisor.status', {}, {}), -32600, null],
    ['a fractional id', request('supervisor.status', {}, 1.5), -32600, 1.5],
    [
      'a cancellation with an id that is an object',
      '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{}}}\n',
      -32600,
      null,
    ],
    ['a cancellation sent as a request', request('$/cancelRequest', { id: 1 }), -32600, 1],
    ['an internal method', request('$/progress', {}), -32600, 1],
    ['an unknown method', request('session.destroy', {}), -32601, 1],
    ['a method of Object', request('constructor', {}), -32601, 1],
    ['a method named like the prototype', request('__proto__', {}), -32601, 1],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x0a]), -32700, null],
  ])('answers %s with a typed error', async (_, text, code, id) => {
    const [answer] = await exchange(text, 1);
    expect(answer).toMatchObject({ jsonrpc: '2.0', id, error: { code } });
    await client.call('supervisor.status', {});
  });

  it.each([
    ['session.list', {}, 'all'],
    ['session.list', { all: 'yes' }, 'all'],
    ['session.stop', { id: '' }, ''],
    ['log.query', { query: 'x', limit: 1e9 }, 'limit'],
    ['task.end', { id: '../../etc/passwd' }, 'id'],
    [
      'session.start',
      { command: [], cwd: '/', grants: [], callerEnvironment: {}, environment: {}, limits: {} },
      'command',
    ],
    ['why.event', { seq: -1 }, 'seq'],
  ])('%s with %o names the field that is wrong', async (method, params, field) => {
    const [answer] = await exchange(request(method, params), 1);
    expect(answer).toMatchObject({ error: { code: -32000, data: { code: 'invalid_request' } } });
    expect(JSON.stringify(answer)).toContain(field);
  });

  it('refuses a line over the bound, says so and closes that connection alone', async () => {
    const [answer] = await exchange(Buffer.alloc(frameBytesMax + 10, 0x61), 1);
    expect(answer).toMatchObject({ error: { data: { code: 'frame_too_large' } } });
    await client.call('supervisor.status', {});
  });

  it('takes a message that arrives byte by byte, and several in one piece', async () => {
    const socket = await open();
    let held = '';
    socket.on('data', (chunk) => {
      held += String(chunk);
    });
    for (const byte of Buffer.from(request('supervisor.status', {}, 'slow'))) socket.write(Buffer.from([byte]));
    socket.write(request('supervisor.status', {}, 'a') + request('supervisor.status', {}, 'b'));
    while (held.split('\n').length < 4) await once(socket, 'data');
    socket.destroy();
    const ids = held
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids.sort()).toEqual(['a', 'b', 'slow']);
  });

  it('ignores answers to questions it never asked, unknown notifications and cancellations of nothing', async () => {
    const noise =
      '{"jsonrpc":"2.0","id":99,"result":{}}\n' +
      '{"jsonrpc":"2.0","id":98,"error":{"code":1,"message":"x"}}\n' +
      '{"jsonrpc":"2.0","method":"nobody.knows","params":{}}\n' +
      '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":12345}}\n';
    const [answer] = await exchange(noise + request('supervisor.status', {}, 'after'), 1);
    expect(answer).toMatchObject({ id: 'after', result: { pid: expect.any(Number) } });
  });

  it('bounds what waits on one connection and still answers everything', async () => {
    const many = 500;
    const answers = await exchange(
      Array.from({ length: many }, (_, index) => request('log.verify', {}, index)).join(''),
      many,
    );
    expect(answers).toHaveLength(many);
    const refused = answers.filter((answer) => 'error' in answer);
    for (const each of refused) expect(each).toMatchObject({ error: { data: { code: 'too_many' } } });
    await client.call('supervisor.status', {});
  });

  it('cancels a start that nobody waits for any more, and leaves no session behind', async () => {
    const start = {
      command: ['sleep', '600'],
      cwd: home.workspace,
      grants: [],
      callerEnvironment: { PATH: home.environment['PATH'] ?? '' },
      environment: {},
      limits: {},
    };
    const cancel = '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"s"}}\n';
    const [answer] = await exchange(request('session.start', start, 's') + cancel, 1);
    expect(answer).toMatchObject({ id: 's', error: { code: -32800 } });
    await eventually(async () => (await client.call('supervisor.status', {})).sessions === 0, { what: 'no session' });
    const { sessions } = await client.call('session.list', { all: true });
    for (const session of sessions) expect(session).toMatchObject({ state: 'ended' });
  });

  it('survives clients that leave in the middle of a message and of an answer', async () => {
    for (let round = 0; round < 20; round += 1) {
      const socket = await open();
      socket.on('error', () => undefined);
      socket.write(round % 2 === 0 ? '{"jsonrpc":"2.0","id":1,"met' : request('log.verify', {}));
      socket.destroy();
    }
    await client.call('supervisor.status', {});
  });

  it('drops stream connections with a wrong token, none, or one that never ends', async () => {
    const { streamSocket } = statePaths(home.environment);
    for (const text of ['wrong\n', '\n', 'x'.repeat(1000)]) {
      const socket = connect(streamSocket);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(text);
      socket.resume();
      await once(socket, 'close');
    }
    await client.call('supervisor.status', {});
  });

  it('keeps its sockets to its owner', async () => {
    const { stat } = await import('node:fs/promises');
    for (const each of [socketPath, statePaths(home.environment).streamSocket]) {
      expect((await stat(each)).mode & 0o077).toBe(0);
      expect((await stat(path.dirname(each))).mode & 0o077).toBe(0);
    }
  });
});
