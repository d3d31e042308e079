import { HostRefused, type ParsedHost, parseHostPort, parseHttpUrl, sameHost } from './host.ts';
import { type Header, HeadRefused, headerTokens, type RequestHead, singleHeader } from './http-head.ts';

/** What a client of the proxy wants: a tunnel, or one request forwarded. */
export type ProxyRequest =
  | { readonly kind: 'connect'; readonly host: ParsedHost; readonly port: number }
  | {
      readonly kind: 'forward';
      readonly host: ParsedHost;
      readonly port: number;
      readonly method: string;
      readonly path: string;
      /** The protocol to switch to, when the client asks for one that we pass on. */
      readonly upgrade: 'websocket' | undefined;
      /** End-to-end headers, without Host and framing. */
      readonly headers: readonly Header[];
    };

/** RFC 9110 §7.6.1 and its older kin: they speak to the next hop only. Host and framing are written anew. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'content-length',
  'upgrade',
  'http2-settings',
  'expect',
  'host',
]);

/** A Connection header that lists one of these would make us drop what the decision was made on. */
const neverListed: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'cookie',
]);

/** Reads a head as a proxy must: CONNECT or an absolute `http:` target. Throws `HeadRefused` or `HostRefused`. */
export function parseProxyRequest(head: RequestHead): ProxyRequest {
  const hostHeader = singleHeader(head.headers, 'host');
  if (hostHeader === undefined && head.version === '1.1') throw new HeadRefused('the Host header is missing');
  if (head.method === 'CONNECT') return parseConnect(head, hostHeader);
  return parseForward(head, hostHeader);
}

/**
 * Checks that a Host header names the host and port that the message goes to. Servers choose the site by this header, so one
 * that names another host would reach what nobody decided on. A missing port fits any for CONNECT: clients differ.
 */
export function checkHostHeader(value: string, host: ParsedHost, port: number, portWhenMissing: number): void {
  if (!/^[\x21-\x7e]*$/u.test(value)) throw new HeadRefused('the Host header contains bytes beyond ASCII');
  const named = parseHostPort(value, portWhenMissing);
  if (!sameHost(named.host, host) || named.port !== port) {
    throw new HeadRefused('the Host header names another host than the request');
  }
}

function parseConnect(head: RequestHead, hostHeader: string | undefined): ProxyRequest {
  const { host, port } = parseHostPort(head.target);
  if (hostHeader !== undefined) checkHostHeader(hostHeader, host, port, port);
  // RFC 9110 §9.3.6: content of a CONNECT has no meaning; it would be read as the tunnel's first bytes.
  if (head.framing.kind === 'chunked' || (head.framing.kind === 'length' && head.framing.bytes > 0)) {
    throw new HeadRefused('CONNECT with a body');
  }
  return { kind: 'connect', host, port };
}

function parseForward(head: RequestHead, hostHeader: string | undefined): ProxyRequest {
  if (!/^[a-z][a-z0-9+.-]*:\/\//iu.test(head.target)) {
    throw new HeadRefused('a proxy request needs an absolute URL or CONNECT');
  }
  const url = parseHttpUrl(head.target);
  if (url.scheme !== 'http') throw new HeadRefused('https goes through CONNECT, not through an absolute URL');
  if (hostHeader !== undefined) checkHostHeader(hostHeader, url.host, url.port, 80);
  // TRACE answers with what it was sent, which would show the agent headers that were added on its behalf.
  if (head.method === 'TRACE') throw new HeadRefused('the method TRACE is not passed on');
  const listed = headerTokens(head.headers, 'connection');
  if (listed.some((name) => neverListed.has(name))) throw new HeadRefused('Connection lists a header that must stay');
  const headers = head.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return !hopByHop.has(lower) && !listed.includes(lower);
  });
  const upgrade = parseUpgrade(head, listed);
  return { kind: 'forward', host: url.host, port: url.port, method: head.method, path: url.path, upgrade, headers };
}

/** Only WebSocket: HTTP/2 in clear (`h2c`) would carry further requests that nobody judged. Others are not passed on. */
function parseUpgrade(head: RequestHead, listed: readonly string[]): 'websocket' | undefined {
  const wanted = headerTokens(head.headers, 'upgrade');
  if (!listed.includes('upgrade') || !wanted.includes('websocket')) return undefined;
  if (head.method !== 'GET' || head.framing.kind !== 'none') throw new HeadRefused('a WebSocket upgrade with a body');
  return 'websocket';
}

/** Whether an error is one of the parsers' refusals, whose message may be shown. */
export function isRefusal(error: unknown): error is HostRefused | HeadRefused {
  return error instanceof HostRefused || error instanceof HeadRefused;
}
