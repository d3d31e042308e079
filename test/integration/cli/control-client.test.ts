import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { frameBytesMax } from '#contract/control-frame.ts';
import { type ControlClient, connectControl } from '../../../main/adapters/control/client.ts';

/** What the client makes of a supervisor that answers well, badly, or not at all. */
describe('the client of the control API', () => {
  let folder: string;
  let server: Server;
  let client: ControlClient;
  let peer: Socket;
  let heard: AsyncIterator<string>;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'gh-'));
    const controlSocket = path.join(folder, 'control.sock');
    server = createServer();
    server.listen(controlSocket);
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    client = await connectControl({ controlSocket });
    [peer] = (await accepted) as [Socket];
    peer.on('error', () => undefined);
    heard = createInterface({ input: peer })[Symbol.asyncIterator]();
  });
  afterEach(async () => {
    client.close();
    peer.destroy();
    server.close();
    await rm(folder, { recursive: true });
  });

  const hear = async () => JSON.parse((await heard.next()).value) as { id: number; method: string; params: unknown };
  const say = (message: object) => peer.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const code = (wanted: string) => ({ data: expect.objectContaining({ code: wanted }) });

  test('answers find their calls, in whatever order and pieces they come', async () => {
    const calls = [client.call('session.list', { all: true }), client.call('session.list', { all: false })];
    const [first, second] = [await hear(), await hear()];
    const lines = [second, first].map(({ id, params }) => JSON.stringify({ jsonrpc: '2.0', id, result: params }));
    for (const byte of Buffer.from(`${lines.join('\n')}\n`)) peer.write(Buffer.of(byte));
    expect(await Promise.all(calls)).toEqual([{ all: true }, { all: false }]);
  });

  test('an operating error keeps its facts; any other error is told in words', async () => {
    const data = { code: 'task_ended', what: 'Over.', why: 'It ended.' };
    const first = client.call('session.list', { all: true });
    say({ id: (await hear()).id, error: { code: -32000, message: 'Over.', data } });
    await expect(first).rejects.toMatchObject({ name: 'GatehouseError', data });
    const second = client.call('session.list', { all: true });
    say({ id: (await hear()).id, error: { code: -32601, message: 'There is no such method.' } });
    await expect(second).rejects.toMatchObject({ data: { code: 'invalid_request', why: 'There is no such method.' } });
  });

  test('aborting a call cancels it at the supervisor', async () => {
    const abort = new AbortController();
    const call = client.call('session.list', { all: true }, { signal: abort.signal });
    const { id } = await hear();
    abort.abort();
    expect(await hear()).toMatchObject({ method: '$/cancelRequest', params: { id } });
    say({ id, error: { code: -32800, message: 'Cancelled.' } });
    await expect(call).rejects.toMatchObject(code('invalid_request'));
  });

  test('notifications reach their listeners until they stop listening', async () => {
    const events: unknown[] = [];
    const stop = client.on('log.appended', ({ event }) => events.push(event));
    const sendAndWait = async (event: number) => {
      say({ method: 'log.appended', params: { event } });
      const call = client.call('session.list', { all: true });
      say({ id: (await hear()).id, result: {} });
      await call;
    };
    await sendAndWait(1);
    stop();
    await sendAndWait(2);
    expect(events).toEqual([1]);
  });

  describe('of which it is said how long it may be silent', () => {
    let patient: ControlClient;
    let far: Socket;
    let lines: AsyncIterator<string>;

    beforeEach(async () => {
      const accepted = once(server, 'connection');
      patient = await connectControl({ controlSocket: path.join(folder, 'control.sock') }, { silentMs: 400 });
      [far] = (await accepted) as [Socket];
      far.on('error', () => undefined);
      lines = createInterface({ input: far })[Symbol.asyncIterator]();
    });
    afterEach(() => {
      patient.close();
      far.destroy();
    });
    const next = async () => JSON.parse((await lines.next()).value) as { id: number; method: string };
    const answer = (message: object) => far.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

    test('a call that gets no answer ends after three signs of life were asked for', async () => {
      const call = patient.call('session.list', { all: true });
      const refused = expect(call).rejects.toMatchObject(code('supervisor_silent'));
      expect(await next()).toMatchObject({ method: 'session.list' });
      for (let asked = 0; asked < 3; asked += 1) expect(await next()).toMatchObject({ method: 'supervisor.ping' });
      await refused;
      await patient.closed;
    });

    test('a call that takes its time is waited for as long as there are signs of life, refusals among them', async () => {
      const call = patient.call('session.list', { all: true });
      const { id } = await next();
      for (let asked = 0; asked < 8; asked += 1) {
        const sign = await next();
        answer(
          asked % 2 === 0 ? { id: sign.id, result: {} } : { id: sign.id, error: { code: -32000, message: 'No.' } },
        );
      }
      answer({ id, result: { sessions: [] } });
      expect(await call).toEqual({ sessions: [] });
    });

    test('while no call waits, nothing is asked', async () => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      const call = patient.call('session.list', { all: true });
      const { id, method } = await next();
      expect(method).toBe('session.list');
      answer({ id, result: {} });
      await call;
    });
  });

  test.each([
    ['text that is not JSON', () => 'hello\n'],
    ['an array', () => '[]\n'],
    ['another version', () => '{"jsonrpc":"1.0","id":1,"result":{}}\n'],
    ['an answer to nothing', () => '{"jsonrpc":"2.0","id":77,"result":{}}\n'],
    ['a line without end', () => Buffer.alloc(frameBytesMax + 1, 0x61)],
    ['nothing but its end', () => undefined],
  ])('%s ends the connection and settles every call', async (_, bytes) => {
    const calls = [client.call('session.list', { all: true }), client.call('supervisor.status', {})];
    const said = bytes();
    if (said === undefined) peer.destroy();
    else peer.write(said);
    const settled = await Promise.allSettled(calls);
    for (const each of settled) expect(each).toMatchObject({ reason: code('supervisor_unreachable') });
    await client.closed;
    await expect(client.call('supervisor.status', {})).rejects.toMatchObject(code('supervisor_unreachable'));
  });

  test('a refusal without an id, and closing, settle every call too', async () => {
    const refused = client.call('session.list', { all: true });
    say({
      id: null,
      error: { code: -32000, message: 'Too long.', data: { code: 'frame_too_large', what: 'Too long.' } },
    });
    await expect(refused).rejects.toMatchObject(code('frame_too_large'));
    const open = client.call('session.list', { all: true });
    client.close();
    await expect(open).rejects.toMatchObject(code('supervisor_unreachable'));
  });
});
