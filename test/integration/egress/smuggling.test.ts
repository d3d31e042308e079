import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  allowed,
  answerHttp,
  converse,
  type EgressFixture,
  openClient,
  type Recorder,
  startFixture,
  startRecorder,
} from './fixture.ts';

let fixture: EgressFixture;
let upstream: Recorder;
let authority: string;

beforeAll(async () => {
  fixture = await startFixture();
  fixture.decideWith(() => Promise.resolve(allowed));
  upstream = await startRecorder(answerHttp);
  authority = `127.0.0.1:${upstream.port}`;
});
afterAll(async () => {
  await fixture.close();
  await upstream.close();
  expect(fixture.log).toEqual([]);
});

/** `@` stands for the server's authority; lines end as written. */
const text = (given: string): string => given.replaceAll('@', authority);
const smuggled = 'GET http://@/smuggled HTTP/1.1\r\nHost: @\r\n\r\n';
const post = 'POST http://@/front HTTP/1.1\r\nHost: @\r\n';

/** Messages that two servers could take apart differently. Nothing of them may reach the server. */
const refused: ReadonlyArray<readonly [name: string, message: string]> = [
  ['CL.TE', `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['TE.CL', `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`],
  ['two lengths', `${post}Content-Length: 0\r\nContent-Length: 44\r\n\r\n${smuggled}`],
  ['a list of lengths', `${post}Content-Length: 0, 44\r\n\r\n${smuggled}`],
  ['a length with a sign', `${post}Content-Length: +44\r\n\r\n${smuggled}`],
  ['a negative length', `${post}Content-Length: -1\r\n\r\n${smuggled}`],
  ['a hexadecimal length', `${post}Content-Length: 0x2c\r\n\r\n${smuggled}`],
  ['a length beyond counting', `${post}Content-Length: 18446744073709551617\r\n\r\n${smuggled}`],
  ['an empty length', `${post}Content-Length:\r\n\r\n${smuggled}`],
  ['a length in disguise', `${post}Content_Length: 44\r\n\r\n${smuggled}`],
  ['a coding in disguise', `${post}Transfer_Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['TE.TE', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a coding twice', `${post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a coding before chunked', `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a coding with a parameter', `${post}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a listed length', `${post}Connection: Content-Length\r\nContent-Length: 44\r\n\r\n${smuggled}`],
  ['a listed Host', `${post}Connection: Host\r\n\r\n`],
  ['a header without a name', `${post}: chunked\r\n\r\n${smuggled}`],
  ['a header without a colon', `${post}Transfer-Encoding\r\n\r\n${smuggled}`],
  ['a folded first header', 'GET http://@/front HTTP/1.1\r\n Host: @\r\n\r\n'],
  ['HTTP/2 in clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['identity', `${post}Transfer-Encoding: identity\r\n\r\n${smuggled}`],
  ['a hidden coding', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a space before the colon', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a folded coding', `${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a coding behind a tab and a vertical tab', `${post}Transfer-Encoding:\t\x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['bare line feeds', `POST http://@/front HTTP/1.1\nHost: @\nContent-Length: 0\n\n${smuggled}`],
  ['one bare line feed', `${post}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a bare CR', `${post}X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['NUL', `${post}X: y\0\r\nContent-Length: 0\r\n\r\n${smuggled}`],
  [
    'a coding in HTTP/1.0',
    `POST http://@/front HTTP/1.0\r\nHost: @\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  ['HTTP/0.9', `GET http://@/front\r\n\r\n${smuggled}`],
  ['two Hosts', `${post}Host: evil.test\r\n\r\n${smuggled}`],
  ['another Host', 'GET http://@/front HTTP/1.1\r\nHost: evil.test\r\n\r\n'],
  ['a request line in the target', 'GET http://@/front HTTP/1.1 HTTP/1.1\r\nHost: @\r\n\r\n'],
  ['an empty line first', `\r\n${smuggled}`],
  ['TRACE', 'TRACE http://@/front HTTP/1.1\r\nHost: @\r\n\r\n'],
  ['CONNECT with a body', `CONNECT @ HTTP/1.1\r\nHost: @\r\nContent-Length: 44\r\n\r\n${smuggled}`],
];

/** Bodies that go wrong after their head was passed on: what follows must not become a request. */
const brokenBodies: ReadonlyArray<readonly [name: string, message: string]> = [
  ['a chunk extension', `${post}Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size in disguise', `${post}Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size with a sign', `${post}Transfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size of 36 bits', `${post}Transfer-Encoding: chunked\r\n\r\n100000001\r\nx\r\n0\r\n\r\n${smuggled}`],
  ['a chunk without a size', `${post}Transfer-Encoding: chunked\r\n\r\n\r\nx\r\n0\r\n\r\n${smuggled}`],
  ['a space behind a chunk size', `${post}Transfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n${smuggled}`],
  ['a bare line feed behind a chunk', `${post}Transfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n${smuggled}`],
  ['a chunk that is too long', `${post}Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n${smuggled}`],
  ['bare line feeds in chunks', `${post}Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n${smuggled}`],
  ['trailers', `${post}Transfer-Encoding: chunked\r\n\r\n0\r\nHost: evil.test\r\n\r\n${smuggled}`],
];

describe('[GRT-1] request smuggling', () => {
  let seen = 0;
  beforeEach(() => {
    seen = upstream.received().length;
  });

  it('control: the same requests, well-formed, are served', async () => {
    const answer = await converse(
      fixture.socketPath,
      text(`${post}Content-Length: 0\r\n\r\n${smuggled.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}`),
    );
    expect(answer).toContain('served /front');
    expect(answer).toContain('served /smuggled');
    expect(upstream.received().slice(seen)).toHaveLength(2);
  });

  it.each(refused)('refuses %s and passes nothing on', async (_name, message) => {
    const refusals = fixture.refusals.length;
    const answer = await converse(fixture.socketPath, text(message));
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/u);
    expect(answer).toContain('x-gatehouse-reason: bad_request');
    expect(answer.match(/^HTTP\/1\.1 /gmu)).toHaveLength(1);
    expect(upstream.received().slice(seen)).toEqual([]);
    expect(fixture.refusals.slice(refusals)).toMatchObject([{ decision: { outcome: 'deny', reason: 'bad_request' } }]);
  });

  it.each(brokenBodies)('ends the request at %s', async (_name, message) => {
    await converse(fixture.socketPath, text(message));
    expect(upstream.received().slice(seen).join()).not.toContain('smuggled');
    expect(fixture.questions.at(-1)?.path).toBe('/front');
  });

  it('sends a body with its own framing, to the byte', async () => {
    const body = '4\r\nGET \r\n00b\r\n/x HTTP/1.1\r\n0\r\n\r\n';
    await converse(fixture.socketPath, text(`${post}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`));
    expect(upstream.received().at(-1)).toBe(
      text('POST /front HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n') +
        '4\r\nGET \r\nb\r\n/x HTTP/1.1\r\n0\r\n\r\n',
    );
  });

  it('passes on no more of a body than its head announced', async () => {
    const message = `${post}Content-Length: 3\r\n\r\nabc${smuggled.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}`;
    await converse(fixture.socketPath, text(message));
    const [front = '', second = ''] = upstream.received().slice(seen);
    expect(front.endsWith('\r\n\r\nabc')).toBe(true);
    expect(second.startsWith('GET /smuggled ')).toBe(true);
  });

  it('reads a head that comes byte by byte', async () => {
    const client = openClient(fixture.socketPath);
    client.socket.setNoDelay(true);
    for (const character of text('GET http://@/slow HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n'))
      client.send(character);
    expect(await client.ended()).toContain('served /slow');
    client.socket.destroy();
  });
});
