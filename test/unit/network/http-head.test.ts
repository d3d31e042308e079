import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkedBody } from '../../../main/core/network/chunked-body.ts';
import { hostPortText } from '../../../main/core/network/host.ts';
import { findHeadEnd, HeadRefused, parseRequestHead } from '../../../main/core/network/http-head.ts';
import { isRefusal, parseProxyRequest } from '../../../main/core/network/proxy-request.ts';

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const host = 'Host: example.org';
const start = 'POST http://example.org/a HTTP/1.1';

/** Heads with more than one reading, or none. */
const refusedHeads: ReadonlyArray<readonly [name: string, text: string]> = [
  ['HTTP/0.9', head('GET /')],
  ['no protocol', head('GET http://example.org/')],
  ['HTTP/2 preface', head('PRI * HTTP/2.0')],
  ['HTTP/1.2', head('GET http://example.org/ HTTP/1.2', host)],
  ['lower-case protocol', head('GET http://example.org/ http/1.1', host)],
  ['two spaces', head('GET  http://example.org/ HTTP/1.1', host)],
  ['a tab as separator', head('GET\thttp://example.org/\tHTTP/1.1', host)],
  ['a space in the target', head('GET http://example.org/a b HTTP/1.1', host)],
  ['lower-case method', head('get http://example.org/ HTTP/1.1', host)],
  ['a method with a colon', head('GE:T http://example.org/ HTTP/1.1', host)],
  ['a very long method', head(`${'A'.repeat(33)} http://example.org/ HTTP/1.1`, host)],
  ['a target beyond ASCII', head('GET http://example.org/\xfc HTTP/1.1', host)],
  ['NUL in the target', head('GET http://example.org/\0 HTTP/1.1', host)],
  ['bare CR in the target', head('GET http://example.org/\r HTTP/1.1', host)],
  ['length and coding', head(start, host, 'Content-Length: 5', 'Transfer-Encoding: chunked')],
  ['two lengths', head(start, host, 'Content-Length: 5', 'Content-Length: 6')],
  ['the same length twice', head(start, host, 'Content-Length: 5', 'content-length: 5')],
  ['a list of lengths', head(start, host, 'Content-Length: 5, 5')],
  ['a signed length', head(start, host, 'Content-Length: +5')],
  ['a negative length', head(start, host, 'Content-Length: -1')],
  ['a hexadecimal length', head(start, host, 'Content-Length: 0x5')],
  ['a fractional length', head(start, host, 'Content-Length: 5.0')],
  ['an empty length', head(start, host, 'Content-Length:')],
  ['an enormous length', head(start, host, 'Content-Length: 9999999999999999')],
  ['two codings', head(start, host, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['a list of codings', head(start, host, 'Transfer-Encoding: gzip, chunked')],
  ['identity', head(start, host, 'Transfer-Encoding: identity')],
  ['xchunked', head(start, host, 'Transfer-Encoding: xchunked')],
  ['a quoted coding', head(start, host, 'Transfer-Encoding: "chunked"')],
  ['a coding with a parameter', head(start, host, 'Transfer-Encoding: chunked;a=b')],
  ['a coding with a vertical tab', head(start, host, 'Transfer-Encoding: \x0bchunked')],
  ['a coding in HTTP/1.0', head('POST http://example.org/a HTTP/1.0', host, 'Transfer-Encoding: chunked')],
  ['a folded header', head(start, host, 'X: a', ' b')],
  ['a folded coding', head(start, host, 'Transfer-Encoding:', ' chunked')],
  ['a first header line that is folded', head(start, ' Host: example.org')],
  ['a space before the colon', head(start, host, 'Transfer-Encoding : chunked')],
  ['a tab before the colon', head(start, host, 'Content-Length\t: 5')],
  ['a header without a colon', head(start, host, 'Transfer-Encoding')],
  ['an empty header name', head(start, host, ': x')],
  ['a header name with a control', head(start, host, 'X\0: y')],
  ['NUL in a value', head(start, host, 'X: a\0b')],
  ['bare CR in a value', head(start, host, 'X: a\rTransfer-Encoding: chunked')],
  ['too many headers', head(start, host, ...Array.from({ length: 128 }, (_, at) => `X-${at}: y`))],
];

/** Heads that are well-formed, but not what a proxy passes on. */
const refusedRequests: ReadonlyArray<readonly [name: string, text: string]> = [
  ['no Host', head('GET http://example.org/ HTTP/1.1')],
  ['two Hosts', head('GET http://example.org/ HTTP/1.1', host, host)],
  ['Host ≠ target', head('GET http://example.org/ HTTP/1.1', 'Host: evil.net')],
  ['Host with another port', head('GET http://example.org/ HTTP/1.1', 'Host: example.org:81')],
  ['Host without the port', head('GET http://example.org:8080/ HTTP/1.1', host)],
  ['a list of Hosts', head('GET http://example.org/ HTTP/1.1', 'Host: example.org, evil.net')],
  ['an empty Host', head('GET http://example.org/ HTTP/1.1', 'Host:')],
  ['user information', head('GET http://example.org@evil.net/ HTTP/1.1', 'Host: evil.net')],
  ['origin form', head('GET / HTTP/1.1', host)],
  ['asterisk form', head('OPTIONS * HTTP/1.1', host)],
  ['https in absolute form', head('GET https://example.org/ HTTP/1.1', host)],
  ['ftp', head('GET ftp://example.org/ HTTP/1.1', host)],
  ['authority form without CONNECT', head('GET example.org:80 HTTP/1.1', host)],
  ['TRACE', head('TRACE http://example.org/ HTTP/1.1', host)],
  ['dot segments', head('GET http://example.org/a/../b HTTP/1.1', host)],
  ['Connection lists Host', head('GET http://example.org/ HTTP/1.1', host, 'Connection: close, Host')],
  ['Connection lists the length', head(start, host, 'Connection: Content-Length', 'Content-Length: 5')],
  [
    'an upgrade with a body',
    head('GET http://example.org/ HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'),
  ],
  ['CONNECT without a port', head('CONNECT example.org HTTP/1.1', host)],
  ['CONNECT to port 0', head('CONNECT example.org:0 HTTP/1.1', 'Host: example.org')],
  ['CONNECT with a URL', head('CONNECT http://example.org:80/ HTTP/1.1', host)],
  ['CONNECT with another Host', head('CONNECT example.org:443 HTTP/1.1', 'Host: evil.net:443')],
  ['CONNECT with another port in Host', head('CONNECT example.org:443 HTTP/1.1', 'Host: example.org:80')],
  ['CONNECT with a body', head('CONNECT example.org:443 HTTP/1.1', host, 'Content-Length: 5')],
  ['CONNECT with a chunked body', head('CONNECT example.org:443 HTTP/1.1', host, 'Transfer-Encoding: chunked')],
  ['CONNECT to an odd address', head('CONNECT 127.1:443 HTTP/1.1', 'Host: 127.1:443')],
];

describe('[GRT-1] parseRequestHead', () => {
  it.each(refusedHeads)('refuses %s', (_name, text) => {
    expect(() => parseRequestHead(text)).toThrow(HeadRefused);
  });

  it('reads framing and headers as sent', () => {
    const parsed = parseRequestHead(head(start, host, 'X-Odd:  \tv\xe9  ', 'content-length: 05'));
    expect(parsed).toMatchObject({ method: 'POST', target: 'http://example.org/a', version: '1.1' });
    expect(parsed.headers[1]).toEqual(['X-Odd', 'v\xe9']);
    expect(parsed.framing).toEqual({ kind: 'length', bytes: 5 });
    expect(parseRequestHead(head(start, host, 'Transfer-Encoding: Chunked')).framing).toEqual({ kind: 'chunked' });
  });

  it('never gives a header that holds a line break, whatever comes', () => {
    const line = fc.string({ unit: fc.constantFrom(...'aB:- \t\r\n\0\xff,;='.split('')), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        try {
          const { headers } = parseRequestHead(head(start, ...lines));
          for (const part of headers.flat()) expect(/[\r\n\0]/u.test(part)).toBe(false);
        } catch (error) {
          expect(isRefusal(error)).toBe(true);
        }
      }),
    );
  });
});

describe('[GRT-1] findHeadEnd', () => {
  it('finds the end wherever the bytes are cut', () => {
    const bytes = Buffer.from(`${head(start, host)}body`);
    const end = bytes.length - 4;
    expect(findHeadEnd(bytes)).toBe(end);
    for (let cut = 0; cut < end; cut += 1) {
      expect(findHeadEnd(bytes.subarray(0, cut))).toBeUndefined();
      expect(findHeadEnd(bytes, cut)).toBe(end);
    }
  });

  it.each(['GET / HTTP/1.1\n', 'GET / HTTP/1.1\r\nA: b\n\n', '\nGET', '\r\nGET / HTTP/1.1\r\n'])(
    'refuses %j at once',
    (text) => {
      expect(() => findHeadEnd(Buffer.from(text))).toThrow(HeadRefused);
    },
  );
});

describe('[GRT-1] parseProxyRequest', () => {
  it.each(refusedRequests)('refuses %s', (_name, text) => {
    let refusal: unknown;
    try {
      parseProxyRequest(parseRequestHead(text));
    } catch (error) {
      refusal = error;
    }
    expect(isRefusal(refusal)).toBe(true);
  });

  it('strips what speaks to the proxy, and what Connection lists', () => {
    const request = parseProxyRequest(
      parseRequestHead(
        head(
          'GET http://EXAMPLE.org:80/a?b HTTP/1.1',
          'Host: example.org.',
          'Connection: keep-alive, X-Private',
          'Proxy-Authorization: Basic eA==',
          'Proxy-Connection: keep-alive',
          'Keep-Alive: timeout=5',
          'TE: trailers',
          'X-Private: 1',
          'Upgrade: h2c',
          'Accept: */*',
        ),
      ),
    );
    expect(request).toMatchObject({ kind: 'forward', method: 'GET', path: '/a?b', port: 80, upgrade: undefined });
    expect(request.kind === 'forward' && request.headers).toEqual([['Accept', '*/*']]);
  });

  it.each([
    ['CONNECT Example.org:443 HTTP/1.1', 'Host: example.org', 'example.org:443'],
    ['CONNECT example.org:443 HTTP/1.1', 'Host: example.org:443', 'example.org:443'],
    ['CONNECT [::1]:443 HTTP/1.1', 'Host: [::1]:443', '[::1]:443'],
    ['CONNECT example.org:443 HTTP/1.0', 'X: y', 'example.org:443'],
  ])('reads %s', (line, header, canonical) => {
    const request = parseProxyRequest(parseRequestHead(head(line, header)));
    expect(hostPortText(request.host, request.port)).toBe(canonical);
  });
});

describe('[GRT-1] ChunkedBody', () => {
  const read = (pieces: readonly Uint8Array[]): { content: string; rest: string; done: boolean } => {
    const body = new ChunkedBody();
    const content: Uint8Array[] = [];
    let rest = '';
    for (const bytes of pieces) {
      if (body.done) rest += Buffer.from(bytes).toString('latin1');
      else {
        const piece = body.push(bytes);
        content.push(...piece.content);
        rest += Buffer.from(piece.rest ?? []).toString('latin1');
      }
    }
    return { content: Buffer.concat(content).toString('latin1'), rest, done: body.done };
  };

  it('gives the content wherever it is cut', () => {
    const text = '5\r\nhello\r\n00a\r\n, chunked!\r\n0\r\n\r\nGET /';
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => Buffer.from(text.slice(at[index], end)));
        expect(read(pieces)).toEqual({ content: 'hello, chunked!', rest: 'GET /', done: true });
      }),
    );
  });

  it.each([
    '5;a=b\r\nhello\r\n0\r\n\r\n',
    '5 \r\nhello\r\n0\r\n\r\n',
    ' 5\r\nhello\r\n0\r\n\r\n',
    '5\nhello\r\n0\r\n\r\n',
    '5\r\nhello\n0\r\n\r\n',
    '5\r\nhelloX\r\n0\r\n\r\n',
    '0x5\r\nhello\r\n0\r\n\r\n',
    '-1\r\n',
    '\r\n',
    'g\r\n',
    '000000005\r\nhello',
    'fffffffff\r\n',
    '0\r\nTrailer: x\r\n\r\n',
    '0\n\n',
  ])('refuses %j', (text) => {
    expect(() => read([Buffer.from(text)])).toThrow(HeadRefused);
  });
});
