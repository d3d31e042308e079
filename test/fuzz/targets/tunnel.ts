import { readClientHello } from '../../../main/core/network/client-hello.ts';
import { judgeFirstFlight } from '../../../main/core/network/first-flight.ts';
import { HostRefused, hostText, parseHost, parseHostPort } from '../../../main/core/network/host.ts';
import { readSocksGreeting, readSocksRequest, socksBytesMax } from '../../../main/core/network/socks5.ts';
import { clientHello, tlsRecords } from '../../helpers/client-hello.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';
import { type ReadRequest, ReferenceHttp } from '../reference-http.ts';

const lenient = new ReferenceHttp({ lenient: true });
const named = parseHost('a.test');

/** Whatever a generous server could find as server names: all records joined, every extension of type 0, wherever it ends. */
function namesAnybodyFinds(bytes: Buffer): readonly string[] {
  const parts: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === 0x16; at += 5 + bytes.readUInt16BE(at + 3)) {
    parts.push(bytes.subarray(at + 5, at + 5 + bytes.readUInt16BE(at + 3)));
  }
  const joined = Buffer.concat(parts);
  const message = joined.subarray(4, 4 + (joined.length < 4 ? 0 : joined.readUIntBE(1, 3)));
  const u8 = (at: number) => message[at] ?? 0;
  const u16 = (at: number) => (u8(at) << 8) | u8(at + 1);
  let at = 34;
  at += 1 + u8(at);
  at += 2 + u16(at);
  at += 1 + u8(at);
  const end = at + 2 + u16(at);
  const found: string[] = [];
  for (at += 2; at + 4 <= Math.min(end, message.length); at += 4 + u16(at + 2)) {
    if (u16(at) !== 0) continue;
    for (let name = at + 6; name + 3 <= at + 4 + u16(at + 2); name += 3 + u16(name + 1)) {
      found.push(message.toString('latin1', name + 3, name + 3 + u16(name + 1)));
    }
  }
  return found;
}

function checkHello(bytes: Buffer): string {
  const hello = readClientHello(bytes);
  if (hello.kind !== 'hello') return hello.kind === 'malformed' ? hello.why : hello.kind;
  const names = namesAnybodyFinds(bytes);
  must(names.length <= 1 && names[0] === hello.serverName, 'another server name can be found', hello, names);
  for (const cut of [1, 5, 9, bytes.length >> 1, bytes.length - 1]) {
    const part = readClientHello(bytes.subarray(0, cut));
    const same = part.kind === 'hello' && part.serverName === hello.serverName;
    must(same || part.kind === 'incomplete', 'less of it reads otherwise', cut, part, hello);
  }
  return `hello ${hello.serverName === undefined ? 'without name' : 'with name'}`;
}

/** Judges what came so far each time, as the tunnel does, at a few places and in the end. */
function judge(bytes: Buffer): string {
  const cuts = [1, 2, 5, 16, bytes.length >> 1, bytes.length - 1].filter((cut) => cut > 0 && cut < bytes.length);
  for (const cut of [...new Set(cuts)].sort((a, b) => a - b)) {
    const verdict = judgeFirstFlight(bytes.subarray(0, cut), named, 80);
    if (verdict !== 'more') return verdict === 'pass' ? 'pass' : wordsOf(verdict.refused);
  }
  const last = judgeFirstFlight(bytes, named, 80);
  const verdict = last === 'more' ? judgeFirstFlight(bytes, named, 80, true) : last;
  must(verdict !== 'more', 'no verdict at the end');
  return verdict === 'pass' ? 'pass' : wordsOf(verdict.refused);
}

/** What was refused, without what it names. */
function wordsOf(refused: string): string {
  return refused.replace(/(?<=server |value of |to )\S+/gu, '…');
}

async function checkFlight(bytes: Buffer): Promise<string> {
  const verdict = judge(bytes);
  if (verdict !== 'pass') return verdict;
  if (bytes[0] === 0x16) {
    const hello = readClientHello(bytes);
    for (const name of hello.kind === 'hello' ? namesAnybodyFinds(bytes) : []) {
      must(name.toLowerCase().replace(/\.$/u, '') === 'a.test', 'another TLS name passed', name);
    }
    return `pass TLS ${hello.kind}`;
  }
  const { requests, error } = await lenient.read(bytes);
  const [first] = requests;
  if (first === undefined) return `pass ${error ?? 'no request'}`;
  // A lenient parser takes a target of nothing, which nobody serves.
  if (first.target === '') return 'pass request without target';
  must(!isConnect(first), 'CONNECT passed', first);
  must(first.method !== 'TRACE', 'TRACE passed', first);
  const hosts = first.headers.filter((_, at) => at % 2 === 1 && first.headers[at - 1]?.toLowerCase() === 'host');
  must(hosts.length <= 1, 'two Host headers passed', first);
  for (const value of hosts) {
    must(namesTunnelHost(value), 'another Host passed', first);
  }
  return 'pass request';
}

/** A proxy needs a host and a port to connect to; Node's parser takes anything. */
function isConnect({ method, target }: ReadRequest): boolean {
  return method === 'CONNECT' && /:\d/u.test(target);
}

function namesTunnelHost(value: string): boolean {
  try {
    return hostText(parseHostPort(value, 80).host) === 'a.test';
  } catch (error) {
    if (error instanceof HostRefused) return false;
    throw error;
  }
}

/** RFC 1928 §4 read plainly. */
function checkSocks(bytes: Buffer): string {
  const greeting = readSocksGreeting(bytes);
  if (greeting.kind === 'read') {
    must(greeting.bytes === 2 + (bytes[1] ?? 0) && greeting.bytes <= bytes.length, 'the greeting has another length');
    must(greeting.value.plain === bytes.subarray(2, greeting.bytes).includes(0), 'another method was offered');
  }
  const step = readSocksRequest(bytes);
  if (step.kind === 'refused') return `${greeting.kind} ${step.why}`;
  if (step.kind === 'more') {
    must(bytes.length < socksBytesMax, 'more is wanted than a request can have', bytes.length);
    return `${greeting.kind} more`;
  }
  const { host, port } = step.value;
  must(step.bytes <= bytes.length && port === bytes.readUInt16BE(step.bytes - 2) && port > 0, 'another port');
  const type = bytes[3];
  const raw = bytes.subarray(type === 3 ? 5 : 4, step.bytes - 2);
  if (type === 3)
    must(hostText(host) === hostText(parseHost(raw.toString('latin1'))), 'another name', raw.toString('hex'));
  else if (type === 1) must(hostText(host) === [...raw].join('.'), 'another IPv4 address', host);
  else must(host.kind === 'address', 'no address', host);
  for (let cut = 0; cut < step.bytes; cut += 1) {
    must(readSocksRequest(bytes.subarray(0, cut)).kind === 'more', 'a part of the request is read', cut);
  }
  return `${greeting.kind} socks ${type} ${host.kind}`;
}

async function check(text: string): Promise<string> {
  const bytes = Buffer.from(text.slice(1), 'latin1');
  const kind = text.charCodeAt(0) % 3;
  if (kind === 0) return `socks: ${checkSocks(bytes)}`;
  if (kind === 1) return `hello: ${checkHello(bytes)}`;
  return `flight: ${await checkFlight(bytes)}`;
}

const nameTexts = ['a.test', 'A.TEST', 'a.test.', 'b.test', '127.0.0.1', 'a.test\0', '\xe4', ''];

function hello(random: Random): string {
  const made = clientHello(random.oneIn(6) ? undefined : random.pick(nameTexts), {
    ...(random.oneIn(6) && { names: [random.pick(nameTexts)] }),
    ...(random.oneIn(6) && { extraServerName: random.pick(nameTexts) }),
    ...(random.oneIn(6) && { padding: random.below(600) }),
    lie: random.oneIn(10),
  });
  const cut = random.oneIn(3) ? tlsRecords(made, 5 + random.below(60)) : made;
  return cut.subarray(0, random.oneIn(4) ? random.below(cut.length) : cut.length).toString('latin1');
}

function generate(random: Random): string {
  const which = random.below(4);
  if (which === 0) {
    const type = random.pick([1, 3, 4, 4, random.below(256)]);
    const name = random.pick([...nameTexts, 'x'.repeat(255), '0x7f.1', '::1']);
    const address =
      type === 3
        ? String.fromCharCode(name.length) + name
        : random.times(type === 1 ? 4 : 16, () => String.fromCharCode(random.below(256)));
    return `\0${String.fromCharCode(5, random.pick([1, 1, 2, 3]), random.few(2), type)}${address}${String.fromCharCode(random.few(256), random.below(256))}`;
  }
  if (which === 1) return `\x01${hello(random)}`;
  if (which === 2) return `\x02${hello(random)}`;
  const method = random.pick(['GET', 'POST', 'CONNECT', 'get', 'PRI', '\n\nGET', ' GET', 'GE T', 'x'.repeat(40)]);
  const end = random.pick(['\r\n', '\r\n', '\r\n', '\n', '\r']);
  const host = random.pick(['a.test', 'b.test', 'a.test:80', 'a.test:81', 'A.TEST.', '']);
  return `\x02${method}${random.pick([' ', '\t', '  ', '\x0b'])}/x${random.pick([' HTTP/1.1', ' http/1.1', ' HTTP/1.0', ' HTTP/2.0', '', '\tHTTP/1.1'])}${end}${random.oneIn(5) ? ' ' : ''}Host${random.oneIn(8) ? ' ' : ''}: ${host}${end}${end}`;
}

/** The first bytes of SOCKS, of TLS, and of a tunnel. */
export const tunnel: FuzzTarget = {
  name: 'tunnel',
  property:
    "A ClientHello that is read has no server name but the one found, however it is cut; a first flight that passes names no other host to a generous TLS reader or to Node's lenient HTTP parser; a SOCKS request is read whole, and says what RFC 1928 says.",
  generate,
  words: [
    '\x16\x03\x01',
    '\x05\x01\x00\x03\x06a.test',
    'Host: b.test\r\n',
    ' HTTP/1.1\r\n',
    '\r\n\r\n',
    '\x00\x00',
    'b.test',
  ],
  seeds: [
    `\x01${clientHello('a.test').toString('latin1')}`,
    '\x02GET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
    '\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50',
  ],
  check,
};
