import { ChunkedBody } from '../../../main/core/network/chunked-body.ts';
import { authorityText, hostText, parseHostPort, parseHttpUrl } from '../../../main/core/network/host.ts';
import {
  type Framing,
  findHeadEnd,
  type Header,
  headerValues,
  parseRequestHead,
} from '../../../main/core/network/http-head.ts';
import { isRefusal, type ProxyRequest, parseProxyRequest } from '../../../main/core/network/proxy-request.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';
import { type ReadRequest, ReferenceHttp } from '../reference-http.ts';

/** One message as we read it. */
interface Message {
  readonly request: ProxyRequest;
  readonly method: string;
  readonly framing: Framing;
  /** Content without framing, Latin-1. */
  readonly body: string;
  readonly complete: boolean;
}

const strict = new ReferenceHttp({ lenient: false });
const lenient = new ReferenceHttp({ lenient: true });

/** Takes the bytes apart as the egress worker does: head, request, body, and what follows is the next request. */
function readAll(bytes: Buffer): { readonly messages: Message[]; readonly end: string } {
  const messages: Message[] = [];
  let rest = bytes;
  try {
    while (rest.length > 0) {
      const end = findHeadEnd(rest);
      if (end === undefined) return { messages, end: 'unfinished head' };
      const head = parseRequestHead(rest.toString('latin1', 0, end));
      const request = parseProxyRequest(head);
      mustHaveOneReading(rest.toString('latin1', 0, end));
      const { framing, method } = head;
      rest = rest.subarray(end);
      if (request.kind === 'connect') {
        messages.push({ request, method, framing, body: '', complete: true });
        return { messages, end: 'connect' };
      }
      const body = takeBody(framing, rest);
      messages.push({ request, method, framing, body: body.text, complete: body.rest !== undefined });
      if (body.refused !== undefined) return { messages, end: body.refused };
      if (body.rest === undefined) return { messages, end: 'unfinished body' };
      rest = body.rest;
    }
  } catch (error) {
    if (isRefusal(error)) return { messages, end: error.message };
    throw error;
  }
  return { messages, end: 'all' };
}

/** What no head may hold that is passed on, looked for in its text alone: servers read each of it in two ways. */
function mustHaveOneReading(head: string): void {
  const lines = head.split('\n').slice(1, -2);
  const named = lines.map((line) => line.split(':', 1)[0]?.trim().toLowerCase().replace('_', '-'));
  const framing = named.filter((name) => name === 'content-length' || name === 'transfer-encoding');
  must(framing.length <= 1, 'a message that is framed twice', head);
  must(named.filter((name) => name === 'host').length <= 1, 'a message with two hosts', head);
  must(!/\0|\r(?!\n)|(?<!\r)\n/u.test(head), 'a control character', head);
  must(!lines.some((line) => /^[ \t]|^[^:]*[ \t]+:/u.test(line)), 'a folded line, or a space before a colon', head);
}

interface Body {
  readonly text: string;
  readonly rest?: Buffer;
  readonly refused?: string;
}

function takeBody(framing: Framing, bytes: Buffer): Body {
  if (framing.kind === 'none') return { text: '', rest: bytes };
  if (framing.kind === 'length') {
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, framing.bytes));
    return bytes.length < framing.bytes ? { text } : { text, rest: bytes.subarray(framing.bytes) };
  }
  const whole = takeChunked(bytes, bytes.length);
  const single = takeChunked(bytes, 1);
  must(whole.text === single.text || whole.refused !== undefined, 'chunks depend on how they arrive', whole, single);
  must(whole.refused === single.refused, 'a refusal depends on how chunks arrive', whole, single);
  must(whole.rest?.length === single.rest?.length, 'the end depends on how chunks arrive', whole, single);
  return whole;
}

function takeChunked(bytes: Buffer, size: number): Body {
  const body = new ChunkedBody();
  let text = '';
  try {
    for (let at = 0; at < bytes.length; at += size) {
      const piece = body.push(bytes.subarray(at, at + size));
      text += piece.content.map((part) => Buffer.from(part).toString('latin1')).join('');
      if (piece.rest !== undefined)
        return { text, rest: bytes.subarray(Math.min(bytes.length, at + size) - piece.rest.length) };
    }
    return { text };
  } catch (error) {
    if (isRefusal(error)) return { text, refused: error.message };
    throw error;
  }
}

/** The message as it goes to the server: our own Host and framing, and the headers that were let through. */
function forwarded({ request, method, framing, body }: Message): Buffer {
  if (request.kind !== 'forward') return Buffer.alloc(0);
  const authority =
    request.port === 80 ? authorityText(request.host) : `${authorityText(request.host)}:${request.port}`;
  const lines: Header[] = [['Host', authority], ...request.headers];
  if (framing.kind === 'chunked') lines.push(['Transfer-Encoding', 'chunked']);
  else if (framing.kind === 'length') lines.push(['Content-Length', String(framing.bytes)]);
  lines.push(['Connection', 'close']);
  const head = `${method} ${request.path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
  return Buffer.from(head + (framing.kind === 'chunked' ? `${chunk}0\r\n\r\n` : body), 'latin1');
}

/** Whether Node names the same host for the request, by its target. */
function mustBeSameRequest(message: Message, read: ReadRequest): void {
  const { request } = message;
  must(read.method === message.method, 'two methods', message, read);
  const { host, port } = request.kind === 'connect' ? parseHostPort(read.target) : parseHttpUrl(read.target);
  must(hostText(host) === hostText(request.host) && port === request.port, 'two hosts', message, read);
  const named = pairs(read.headers).filter(([name]) => name.toLowerCase() === 'host');
  must(named.length <= 1, 'two Host headers passed', message, read);
  if (message.complete && read.complete) must(read.body === message.body, 'two bodies', message, read);
}

function pairs(raw: readonly string[]): Header[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
}

async function check(text: string): Promise<string> {
  const bytes = Buffer.from(text, 'latin1');
  const { messages, end } = readAll(bytes);
  // 1. Where Node's strict parser reads on as long as we do, it reads the same requests.
  if (messages.length > 0) {
    const read = await strict.read(bytes);
    for (const [index, request] of read.requests.entries()) {
      const message = messages[index];
      if (message !== undefined) mustBeSameRequest(message, request);
      const waits = end === 'unfinished body' && index === messages.length - 1;
      must(!waits || !request.complete, 'Node sees an end where we wait for more', message, request);
    }
    if (read.error === undefined && end === 'all') {
      must(read.requests.length === messages.length, 'another number of requests', messages, read);
    }
  }
  // 2. What goes to the server is one request to everybody, even to a parser as lenient as Node's can be.
  for (const message of messages) {
    if (message.request.kind !== 'forward' || !message.complete) continue;
    const { requests, error } = await lenient.read(forwarded(message));
    const [only] = requests;
    must(requests.length === 1 || (requests.length === 0 && error !== undefined), 'not one request', message, requests);
    // It knows the registered methods only.
    if (only === undefined) continue;
    must(only.target === message.request.path && only.method === message.method, 'another request', message, only);
    must(only.body === message.body, 'another body', message, only);
    must(headerValues(pairs(only.headers), 'host').length === 1, 'two hosts passed on', message, only);
  }
  const kinds = messages.map(({ request, framing }) => `${request.kind} ${framing.kind}`).slice(0, 3);
  return `${kinds.join(', ')}: ${end.replace(/(?<=value of )\S+/u, '…')}`;
}

const methods = [
  'GET',
  'POST',
  'PUT',
  'CONNECT',
  'TRACE',
  'OPTIONS',
  'PRI',
  'get',
  'M-SEARCH',
  'QUERY',
  'HEAD',
  'DELETE',
];
const targets = [
  'http://a.test/x',
  'http://a.test',
  'http://b.test:81/y?q',
  'a.test:443',
  '/x',
  '*',
  'https://a.test/',
  'http://a.test/../x',
  'HTTP://A.test/',
];
const headers = [
  'Host: a.test',
  'Host: a.test:80',
  'Host: b.test:81',
  'host : a.test',
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length: 0005',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding\t: chunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer_Encoding: chunked',
  'Connection: close',
  'Connection: Host, keep-alive',
  'Connection: Content-Length',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'X: y\n z',
  ' folded',
  'X: \xe9\xff',
  'X: a\rb',
  'X: a\0b',
  ': nothing',
  '',
];
const bodies = [
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '5;a=b\r\nhello\r\n0\r\n\r\n',
  '5;ab\r\nhello\r\n0\r\n\r\n',
  '5\nhello\n0\n\n',
  '0\r\nX: y\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  'fffffffff\r\n',
  '00000005\r\nhello\r\n000\r\n\r\n',
  '',
];

function generate(random: Random): string {
  const end = () => (random.oneIn(40) ? random.pick(['\n', '\r', '\r\r\n', '\n\r\n']) : '\r\n');
  const message = () => {
    const plain = random.oneIn(2);
    const target = plain ? 'http://a.test/x' : random.pick(targets);
    const first = `${random.pick(methods)}${random.oneIn(30) ? '\t' : ' '}${target} HTTP/${random.pick(['1.1', '1.1', '1.1', '1.0', '2.0', '1.10', '0.9'])}`;
    const more = random.times(random.few(5), () => random.pick(headers) + end());
    return `${first}${end()}${random.oneIn(6) ? '' : `Host: a.test${end()}`}${more}${end()}${random.oneIn(2) ? '' : random.pick(bodies)}`;
  };
  return random.times(1 + random.few(4), message);
}

const post = 'POST http://a.test/x HTTP/1.1\r\nHost: a.test\r\n';
/** The classes of request smuggling, each with a second request behind. */
const smuggled = [
  'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n',
  'Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello',
  'Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
  'X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n\r\n5;ab\r\nhello\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n\r\n0\r\nHost: b.test\r\n\r\n',
  'Host: b.test\r\n\r\n',
].map((rest) => `${post}${rest}GET http://a.test/s HTTP/1.1\r\nHost: a.test\r\n\r\n`);

/** What clients send to the proxy as HTTP. */
export const http: FuzzTarget = {
  name: 'http',
  property:
    "Where Node's parser reads a request that we read too, it has the same method, host, port and body, and there are as many; what is passed on is one request with the same path and body to Node's lenient parser; chunks do not depend on how they arrive.",
  generate,
  words: [
    ...headers.map((header) => `${header}\r\n`),
    ...targets,
    ...bodies,
    '\r\n\r\n',
    ' HTTP/1.1\r\n',
    'GET http://a.test/s HTTP/1.1\r\nHost: a.test\r\n\r\n',
  ],
  seeds: [
    ...smuggled,
    'GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\nGET http://a.test/y HTTP/1.1\r\nHost: a.test\r\n\r\n',
    'POST http://a.test/x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhelloGET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n',
    'POST http://a.test/x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n',
    'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n',
    'GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  check,
};
