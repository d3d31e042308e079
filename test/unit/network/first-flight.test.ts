import { describe, expect, it } from 'vitest';
import { readClientHello } from '../../../main/core/network/client-hello.ts';
import { judgeFirstFlight } from '../../../main/core/network/first-flight.ts';
import { parseHost } from '../../../main/core/network/host.ts';
import { clientHello, tlsRecords } from '../../helpers/client-hello.ts';

const named = parseHost('example.org');
const literal = parseHost('93.184.216.34');
const request = (...lines: string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');

describe('[GRT-1] judgeFirstFlight on TLS', () => {
  it.each([
    ['the same name', clientHello('example.org'), named, 'pass'],
    ['the same name in upper case', clientHello('EXAMPLE.org'), named, 'pass'],
    ['no name', clientHello(undefined), named, 'pass'],
    ['a name in a tunnel to an address', clientHello('anything.test'), literal, 'pass'],
    ['another name', clientHello('evil.net'), named, 'refused'],
    ['a name with NUL', clientHello('example.org\0.evil.net'), named, 'refused'],
    ['an address as name', clientHello('127.0.0.1'), named, 'refused'],
    ['two names', clientHello('example.org', { names: ['evil.net'] }), named, 'refused'],
    ['two name extensions', clientHello('example.org', { extraServerName: 'evil.net' }), named, 'refused'],
    ['a record that is no ClientHello', Buffer.from([0x16, 3, 1, 0, 4, 2, 0, 0, 0]), named, 'refused'],
    ['an empty record', Buffer.from([0x16, 3, 1, 0, 0, 1]), named, 'refused'],
    ['an oversized record', Buffer.from([0x16, 3, 1, 0xff, 0xff, 1]), named, 'refused'],
    [
      'an alert between',
      Buffer.concat([Buffer.from([0x16, 3, 1, 0, 1, 1]), Buffer.from([0x15, 3, 1, 0, 2, 1, 0])]),
      named,
      'refused',
    ],
    ['lengths that lie', clientHello('example.org', { lie: true }), named, 'refused'],
  ] as const)('%s: %4$s', (_name, bytes, host, expected) => {
    const verdict = judgeFirstFlight(bytes, host, 443);
    expect(typeof verdict === 'string' ? verdict : 'refused').toBe(expected);
  });

  it('waits for the whole hello, however it is cut', () => {
    const whole = clientHello('evil.net');
    for (let cut = 1; cut < whole.length; cut += 1)
      expect(judgeFirstFlight(whole.subarray(0, cut), named, 443)).toBe('more');
    expect(judgeFirstFlight(whole, named, 443)).not.toBe('pass');
  });

  it('puts a hello together that is cut into several records', () => {
    for (const size of [20, 50, 100]) {
      expect(judgeFirstFlight(tlsRecords(clientHello('evil.net'), size), named, 443)).toHaveProperty('refused');
      expect(judgeFirstFlight(tlsRecords(clientHello('example.org'), size), named, 443)).toBe('pass');
    }
    expect(judgeFirstFlight(tlsRecords(clientHello('example.org'), 1), named, 443)).toHaveProperty('refused');
  });

  it('gives up on an endless hello', () => {
    expect(readClientHello(clientHello('example.org', { padding: 16_000 }))).toMatchObject({ kind: 'hello' });
    expect(readClientHello(clientHello('example.org', { padding: 20_000 }))).toMatchObject({ kind: 'malformed' });
  });

  it('refuses an unfinished hello when nothing more comes', () => {
    expect(judgeFirstFlight(clientHello('example.org').subarray(0, 30), named, 443, true)).toHaveProperty('refused');
  });
});

describe('[GRT-1] judgeFirstFlight on text', () => {
  const get = 'GET / HTTP/1.1';
  it.each([
    ['the same Host', request(get, 'Host: example.org'), 'pass'],
    ['the same Host and port', request(get, 'Host: example.org:8080'), 'pass'],
    ['another Host', request(get, 'Host: evil.net'), 'refused'],
    ['another port', request(get, 'Host: example.org:8081'), 'refused'],
    ['no Host', request(get), 'refused'],
    ['no Host in HTTP/1.0', request('GET / HTTP/1.0'), 'pass'],
    ['two Hosts', request(get, 'Host: example.org', 'Host: evil.net'), 'refused'],
    ['an empty line first', request('', get, 'Host: evil.net'), 'refused'],
    ['a space first', request(` ${get}`, 'Host: evil.net'), 'refused'],
    ['bare line feeds', Buffer.from(`${get}\nHost: evil.net\n\n`), 'refused'],
    ['other white space', request('GET\x0b/\x0bHTTP/1.1', 'Host: evil.net'), 'refused'],
    ['a lower-case method', request('get / HTTP/1.1', 'Host: evil.net'), 'refused'],
    ['CONNECT inside', request('CONNECT example.org:8080 HTTP/1.1', 'Host: example.org:8080'), 'refused'],
    ['TRACE inside', request('TRACE / HTTP/1.1', 'Host: example.org'), 'refused'],
    ['the HTTP/2 preface', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'refused'],
    ['an unfinished request line', Buffer.from('GET /aaa'), 'more'],
    ['an unfinished method', Buffer.from('GE'), 'more'],
    ['a space, then an unfinished method', Buffer.from(' GE'), 'more'],
    ['an unfinished head', Buffer.from(`${get}\r\nHost: exam`), 'more'],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'), 'pass'],
    ['a binary protocol', Buffer.from([0, 0, 0, 8, 4, 0xd2]), 'pass'],
    ['Redis', Buffer.from('*1\r\n$4\r\nPING\r\n'), 'pass'],
    ['a long word', Buffer.from('A'.repeat(40)), 'pass'],
    ['an endless first line', Buffer.from(`GET /${'a'.repeat(70_000)}`), 'refused'],
    ['an endless head', Buffer.from(`${get}\r\nX: ${'a'.repeat(70_000)}`), 'refused'],
  ] as const)('%s: %3$s', (_name, bytes, expected) => {
    const verdict = judgeFirstFlight(bytes, named, 8080);
    expect(typeof verdict === 'string' ? verdict : 'refused').toBe(expected);
  });

  it('passes a short word when nothing more comes, but no unfinished request', () => {
    expect(judgeFirstFlight(Buffer.from('ping'), named, 7, true)).toBe('pass');
    expect(judgeFirstFlight(Buffer.from('GET / HTTP/1.1\r\nHost: evil.net'), named, 80, true)).toHaveProperty(
      'refused',
    );
  });

  it('holds nothing back that another Host could hide behind, wherever it is cut', () => {
    const whole = request('GET / HTTP/1.1', 'Accept: */*', 'Host: evil.net');
    for (let cut = 1; cut < whole.length; cut += 1)
      expect(judgeFirstFlight(whole.subarray(0, cut), named, 80)).toBe('more');
  });
});

describe('[GRT-1] a request line without a protocol (found by fuzzing)', () => {
  // Node's own parser reads headers behind a request line of HTTP/0.9, and so a Host that nobody compared.
  it.each([
    'GET /\n',
    'GET /\r\n',
    'get / \r\n',
    'PRI /x\n',
    '\r\nGET /\n',
    'GET http://evil.net/\n',
    'OPTIONS *\r\n',
    'CONNECT evil.net:80\r\n',
  ])('refuses %j', (line) => {
    const verdict = judgeFirstFlight(Buffer.from(`${line}Host: evil.net\r\n\r\n`), named, 80);
    expect(verdict).toEqual({ refused: 'an HTTP request without a protocol' });
  });

  it.each([
    'NICK somebody\r\n',
    'EHLO example.org\r\n',
    'get key\r\n',
    'OPTIONS rtsp://example.org/x RTSP/1.0\r\n',
    'PING\r\n',
    'CONNECT {"a":1}\r\n',
  ])('control: passes %j, which is another protocol', (line) => {
    expect(judgeFirstFlight(Buffer.from(line), named, 80)).toBe('pass');
  });
});
