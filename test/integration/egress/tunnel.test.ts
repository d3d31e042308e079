import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientHello, tlsRecords } from '../../helpers/client-hello.ts';
import { eventually } from '../../helpers/poll.ts';
import {
  allowed,
  answerHttp,
  converse,
  type EgressFixture,
  gateClosed,
  guardedDecision,
  openClient,
  type RawClient,
  type Recorder,
  sessionId,
  startFixture,
  startRecorder,
} from './fixture.ts';

let fixture: EgressFixture;
let echo: Recorder;

beforeAll(async () => {
  fixture = await startFixture();
  echo = await startRecorder((socket) => socket.pipe(socket));
});
afterAll(async () => {
  await fixture.close();
  await echo.close();
  expect(fixture.log).toEqual([]);
});
afterEach(() => fixture.decideWith((question) => Promise.resolve(guardedDecision(question))));

async function tunnelTo(target: string, host = target): Promise<RawClient> {
  const client = openClient(fixture.socketPath);
  client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await client.until('200 Connection established\r\n\r\n');
  return client;
}

/** A SOCKS5 greeting and request for a domain name or an address in text. */
function socksRequest(name: string, port: number, command = 1): Buffer {
  const bytes = Buffer.from(name, 'latin1');
  return Buffer.from([5, 1, 0, 5, command, 0, 3, bytes.length, ...bytes, port >> 8, port & 255]);
}

describe('[GRT-1] CONNECT', () => {
  it('asks, carries bytes both ways, and reports them', async () => {
    const client = await tunnelTo(`127.0.0.1:${echo.port}`);
    expect(fixture.questions.at(-1)).toEqual({
      sessionId,
      protocol: 'connect',
      action: 'net.connect',
      host: '127.0.0.1',
      port: echo.port,
      addresses: ['127.0.0.1'],
    });
    const payload = Buffer.alloc(3_000_000, '\x00\x01binary\xff\n', 'latin1');
    client.send(payload);
    client.socket.end();
    const answer = await client.ended();
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4) === payload.toString('latin1')).toBe(true);
    const report = await fixture.report(({ bytesSent }) => bytesSent === payload.length);
    expect(report).toMatchObject({
      protocol: 'connect',
      address: '127.0.0.1',
      bytesReceived: payload.length,
      end: 'closed',
    });
  });

  it('[MON-2] tells what a session sends while it flows, and goes on from there when connections end', async () => {
    const sentSince = (before: number) => (fixture.sent.at(-1)?.bytes ?? 0) - before;
    const begun = fixture.reports.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    const reports = fixture.reports.length;
    const one = await tunnelTo(`127.0.0.1:${echo.port}`);
    const two = await tunnelTo(`127.0.0.1:${echo.port}`);
    one.send(Buffer.alloc(400_000));
    two.send(Buffer.alloc(300_000));
    await eventually(() => sentSince(begun) >= 700_000, { what: 'both uploads to be told' });
    expect(fixture.reports).toHaveLength(reports);
    expect(fixture.sent.at(-1)?.hosts).toEqual([`127.0.0.1:${echo.port}`]);
    one.socket.end();
    await one.ended();
    two.send(Buffer.alloc(100_000));
    await eventually(() => sentSince(begun) === 800_000, { what: 'the rest to be added to what ended' });
    two.socket.end();
    await two.ended();
  });

  it('lets the server speak first and either side end first', async () => {
    const server = await startRecorder((socket) => {
      socket.write('220 ready\r\n');
      socket.on('end', () => socket.end('bye'));
    });
    const client = await tunnelTo(`127.0.0.1:${server.port}`);
    await client.until('220 ready');
    // Half-close: the client has said everything and still gets the answer.
    client.socket.end('quit');
    expect((await client.ended()).endsWith('bye')).toBe(true);
    expect(server.received()).toEqual(['quit']);
    await server.close();
  });

  it('keeps half of the tunnel open when the server ends first', async () => {
    const server = await startRecorder((socket) => socket.end('all'));
    const client = await tunnelTo(`127.0.0.1:${server.port}`);
    expect((await client.ended()).endsWith('all')).toBe(true);
    client.socket.end('\x01late words');
    await eventually(() => server.received()[0] === '\x01late words', { what: 'the words after the end' });
    await server.close();
  });

  it('passes a reset of the server on', async () => {
    const server = await startRecorder((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const client = await tunnelTo(`127.0.0.1:${server.port}`);
    client.send('\x01');
    await client.ended();
    expect(await fixture.report(({ port }) => port === server.port)).toMatchObject({ end: 'reset' });
    await server.close();
  });

  it('lets go of the server when the client is gone', async () => {
    let ended = false;
    const server = await startRecorder((socket) => {
      socket.on('close', () => {
        ended = true;
      });
      socket.on('end', () => socket.end());
    });
    const client = await tunnelTo(`127.0.0.1:${server.port}`);
    client.send('\x01');
    client.socket.destroy();
    await eventually(() => ended, { what: 'the end at the server' });
    await fixture.report(({ port }) => port === server.port);
    await server.close();
  });

  it('denies with the reason, and connects to nothing', async () => {
    fixture.decideWith((question) => Promise.resolve(gateClosed(question)));
    const connections = echo.received().length;
    const answer = await converse(
      fixture.socketPath,
      `CONNECT 127.0.0.1:${echo.port} HTTP/1.1\r\nHost: x:1\r\n\r\n`.replace('x:1', `127.0.0.1:${echo.port}`),
    );
    expect(answer).toContain('403 Forbidden');
    expect(answer).toContain('x-gatehouse-reason: approval_needed');
    expect(answer).toContain(`--grant net.connect:127.0.0.1:${echo.port}`);
    expect(echo.received()).toHaveLength(connections);
  });
});

describe('[GRT-1] names', () => {
  it('asks before a name is looked up: a denied name has no second question', async () => {
    fixture.decideWith((question) => Promise.resolve(gateClosed(question)));
    const before = fixture.questions.length;
    const answer = await converse(
      fixture.socketPath,
      'CONNECT secret-data.example.test:443 HTTP/1.1\r\nHost: secret-data.example.test\r\n\r\n',
    );
    expect(answer).toContain('403 Forbidden');
    const asked = fixture.questions.slice(before);
    expect(asked).toHaveLength(1);
    expect(asked[0]).not.toHaveProperty('addresses');
  });

  it('asks again with every address, and refuses a name that leads to loopback', async () => {
    const before = fixture.questions.length;
    const connections = echo.received().length;
    const answer = await converse(
      fixture.socketPath,
      `CONNECT LocalHost.:${echo.port} HTTP/1.1\r\nHost: localhost:${echo.port}\r\n\r\n`,
    );
    expect(answer).toContain('403 Forbidden');
    expect(answer).toContain('x-gatehouse-reason: address_forbidden');
    const [first, second, ...more] = fixture.questions.slice(before);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ host: 'localhost' });
    expect(first).not.toHaveProperty('addresses');
    expect(second?.addresses?.length).toBeGreaterThan(0);
    expect(echo.received()).toHaveLength(connections);
  });

  it('control: the same name connects when the second answer allows it', async () => {
    fixture.decideWith(() => Promise.resolve(allowed));
    const client = await tunnelTo(`localhost:${echo.port}`);
    client.send('\x01ping');
    await client.until('\x01ping');
    client.socket.end();
    await client.ended();
    const asked = fixture.questions.at(-1)?.addresses ?? [];
    const report = await fixture.report(({ host }) => host === 'localhost');
    expect(asked).toContain(report.address);
  });

  it('says that a name does not resolve, only after it was allowed', async () => {
    fixture.decideWith(() => Promise.resolve(allowed));
    // No resolver knows a name under `.invalid` (RFC 6761 §6.4); without a network the look-up fails as well.
    const answer = await converse(
      fixture.socketPath,
      'CONNECT nothing.invalid:443 HTTP/1.1\r\nHost: nothing.invalid\r\n\r\n',
    );
    expect(answer).toContain('502 Bad Gateway');
    expect(answer).toContain('x-gatehouse-reason: name_unresolved');
    expect(fixture.refusals.at(-1)).toMatchObject({
      what: 'nothing.invalid:443',
      decision: { reason: 'name_unresolved' },
    });
  });
});

describe('[GRT-1] first bytes of a tunnel', () => {
  const names: ReadonlyArray<readonly [what: string, bytes: (port: number) => Buffer]> = [
    ['TLS for another name', () => clientHello('evil.test')],
    ['TLS for another name, cut into records', () => tlsRecords(clientHello('evil.test'), 40)],
    ['HTTP for another host', (port) => Buffer.from(`GET / HTTP/1.1\r\nHost: evil.test:${port}\r\n\r\n`)],
    ['HTTP for another port', () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n')],
    ['CONNECT', (port) => Buffer.from(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`)],
  ];

  it.each(names)('ends a tunnel at %s, and passes nothing of it on', async (_what, bytes) => {
    fixture.decideWith(() => Promise.resolve(allowed));
    const server = await startRecorder();
    const client = await tunnelTo(`localhost:${server.port}`);
    const refusals = fixture.refusals.length;
    client.send(bytes(server.port));
    await client.ended();
    expect(await fixture.report(({ port }) => port === server.port)).toMatchObject({ end: 'refused', bytesSent: 0 });
    expect(server.received().join('')).toBe('');
    await eventually(() => fixture.refusals.length > refusals, { what: 'the refusal' });
    expect(fixture.refusals.at(-1)).toMatchObject({
      what: `localhost:${server.port}`,
      decision: { reason: 'bad_request' },
    });
    client.socket.destroy();
    await server.close();
  });

  it('passes TLS for the same name on, whole, however it comes', async () => {
    fixture.decideWith(() => Promise.resolve(allowed));
    const hello = clientHello('localhost');
    const client = await tunnelTo(`localhost:${echo.port}`);
    for (const byte of hello) client.send(Uint8Array.of(byte));
    await client.until(hello.toString('latin1'));
    client.socket.destroy();
  });

  it('serves plain HTTP inside CONNECT', async () => {
    const server = await startRecorder(answerHttp);
    const client = await tunnelTo(`127.0.0.1:${server.port}`);
    client.send(`GET /inside HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    await client.until('served /inside');
    client.socket.destroy();
    await server.close();
  });
});

describe('[GRT-1] SOCKS5', () => {
  it('connects by address and by name', async () => {
    for (const name of ['127.0.0.1', 'localhost']) {
      fixture.decideWith(() => Promise.resolve(allowed));
      const client = openClient(fixture.socketPath);
      client.send(socksRequest(name, echo.port));
      await client.until('\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00');
      expect(fixture.questions.at(-1)).toMatchObject({
        protocol: 'socks5',
        action: 'net.connect',
        host: name,
        port: echo.port,
      });
      client.send('\x01ping');
      await client.until('\x01ping');
      client.socket.end();
      await client.ended();
      await fixture.report(({ protocol, host }) => protocol === 'socks5' && host === name);
    }
  });

  it('judges the first bytes of its tunnels too', async () => {
    fixture.decideWith(() => Promise.resolve(allowed));
    const server = await startRecorder();
    const client = openClient(fixture.socketPath);
    client.send(socksRequest('localhost', server.port));
    await client.until('\x05\x00\x05\x00');
    client.send(clientHello('evil.test'));
    await client.ended();
    expect(server.received().join('')).toBe('');
    client.socket.destroy();
    await server.close();
  });

  it.each([
    ['a denied host', socksRequest('127.0.0.1', 9), 2],
    ['a name that leads to loopback', socksRequest('localhost', 9), 2],
    ['BIND', socksRequest('127.0.0.1', 9, 2), 7],
    ['UDP ASSOCIATE', socksRequest('127.0.0.1', 9, 3), 7],
    ['a host with NUL', socksRequest('127.0.0.1\0.test', 9), 1],
    ['an odd address', socksRequest('127.1', 9), 1],
  ])('refuses %s', async (_name, request, reply) => {
    fixture.decideWith((question) =>
      Promise.resolve(question.host === '127.0.0.1' ? gateClosed(question) : guardedDecision(question)),
    );
    const answer = await converse(fixture.socketPath, request);
    expect(Buffer.from(answer, 'latin1')).toEqual(Buffer.from([5, 0, 5, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
  });

  it('refuses clients that want to authenticate, and other protocols', async () => {
    expect(await converse(fixture.socketPath, Buffer.from([5, 1, 2]))).toBe('\x05\xff');
    expect(await converse(fixture.socketPath, Buffer.from([4, 1, 0, 80, 127, 0, 0, 1, 0]))).toContain('this is SOCKS4');
    expect(await converse(fixture.socketPath, clientHello('localhost'))).toContain('this is TLS');
    expect(await converse(fixture.socketPath, '{"json":true}\n')).toContain('400 Bad Request');
  });
});
