/**
 * Judges the first bytes that a client sends through a tunnel, and nothing after them.
 *
 * Guarantee: a tunnel that was decided on for one name does not begin a TLS connection or an HTTP/1.x request that names
 * another.
 *
 * Threat: domain fronting: a CONNECT to a granted host at a provider that serves many, and inside it the name of another
 * customer (the attacker's) in the SNI or the Host header.
 *
 * Limits: later requests in the same tunnel, the Host header inside TLS, and an encrypted inner ClientHello are not seen.
 * Hosts where that matters are to be decrypted. Bytes that are neither TLS nor HTTP pass unread.
 */
import { clientHelloBytesMax, looksLikeTls, readClientHello } from './client-hello.ts';
import { HostRefused, hostText, type ParsedHost, parseWireHost, sameHost } from './host.ts';
import { findHeadEnd, HeadRefused, parseRequestHead, singleHeader } from './http-head.ts';
import { checkHostHeader } from './proxy-request.ts';

/** `more`: too few bytes to tell; `pass`: nothing against them. */
export type FirstFlight = 'more' | 'pass' | { readonly refused: string };

/** Bytes held back at most while judging. */
export const firstFlightBytesMax = 65_536;

/**
 * Judges everything the client sent so far through a tunnel to `host` and `port`; `ended` says that it sends no more. Then an
 * unfinished message is refused when it is TLS or HTTP, since some servers answer those, and passed when it is neither.
 */
export function judgeFirstFlight(bytes: Uint8Array, host: ParsedHost, port: number, ended = false): FirstFlight {
  if (bytes.length === 0) return ended ? 'pass' : 'more';
  try {
    const verdict = looksLikeTls(bytes) ? judgeTls(bytes, host) : judgeText(bytes, host, port, ended);
    return verdict === 'more' && ended ? { refused: 'the first message of the tunnel is incomplete' } : verdict;
  } catch (error) {
    if (error instanceof HostRefused || error instanceof HeadRefused) return { refused: error.message };
    throw error;
  }
}

function judgeTls(bytes: Uint8Array, host: ParsedHost): FirstFlight {
  if (bytes.length < 2) return 'more';
  const hello = readClientHello(bytes.subarray(0, clientHelloBytesMax));
  if (hello.kind === 'incomplete') return 'more';
  if (hello.kind === 'malformed') return { refused: hello.why };
  if (hello.serverName === undefined || host.kind === 'address') return 'pass';
  const named = parseWireHost(hello.serverName);
  if (sameHost(named, host)) return 'pass';
  return { refused: `TLS names the server ${hostText(named)}, but the tunnel was opened to ${hostText(host)}` };
}

/** A request line, or what may become one. RFC 9112 §3 lets servers take any white space as its separator. */
const maybeRequestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{0,32}(?:(?<=.)\s.*)?$/su;

/**
 * A whole request line without a protocol (HTTP/0.9, RFC 1945 §4.1). It should end the request, but Node's parser for one goes on
 * to read headers and so a Host. A path, a URL or `CONNECT host:port` tells it from a line of another protocol.
 */
const bareRequestLine =
  /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+\s+(?:\/|\*\s*$|[a-z][a-z0-9+.-]*:\/\/)\S*|connect\s+[^\s{]*:\d*)\s*$/iu;

function judgeText(bytes: Uint8Array, host: ParsedHost, port: number, ended: boolean): FirstFlight {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const [start = ''] = /^\s*/u.exec(text) ?? [];
  const lineEnd = text.indexOf('\n', start.length);
  const line = lineEnd === -1 ? text.slice(start.length) : text.slice(start.length, lineEnd);
  const http = /HTTP\//iu.test(line);
  if (lineEnd === -1 && !http) {
    if (ended || !maybeRequestLine.test(line)) return 'pass';
    return bytes.length < firstFlightBytesMax ? 'more' : { refused: 'the first line is too long' };
  }
  if (!http && bareRequestLine.test(line.split('\r', 1)[0] ?? ''))
    return { refused: 'an HTTP request without a protocol' };
  if (!http) return 'pass';
  const end = findHeadEnd(bytes);
  if (end === undefined) {
    return bytes.length < firstFlightBytesMax ? 'more' : { refused: 'the head of the request is too long' };
  }
  const head = parseRequestHead(text.slice(0, end));
  if (head.method === 'CONNECT' || head.method === 'TRACE') return { refused: `${head.method} inside a tunnel` };
  const named = singleHeader(head.headers, 'host');
  if (named === undefined && head.version === '1.1') return { refused: 'the Host header is missing' };
  if (named !== undefined) checkHostHeader(named, host, port, port);
  return 'pass';
}
