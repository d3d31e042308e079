import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';
import { classifyAddress, forbiddenForNames } from '../../../main/core/network/address-guard.ts';
import {
  authorityText,
  HostRefused,
  hostPortText,
  hostText,
  type ParsedHost,
  parseHost,
  parseHostPort,
  parseHttpUrl,
  parsePath,
  parseWireHost,
  sameHost,
} from '../../../main/core/network/host.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

const names = ['example.org', 'a.b', 'localhost', 'xn--bcher-kva.example', 'bücher.example', 'straße.de', 'faß.de'];
const addresses = [
  '127.0.0.1',
  '169.254.169.254',
  '::1',
  '::ffff:7f00:1',
  '2001:db8::1',
  'fe80::1',
  '64:ff9b::a00:1',
  '2002:7f00:1::',
  '2001:0:7f00:1::f5ff:fffe',
  '64:ff9b:1::a00:1',
];
const oddAddresses = [
  '127.1',
  '0x7f000001',
  '0177.0.0.1',
  '2130706433',
  '１２７.0.0.1',
  '127。0。0。1',
  '[::1',
  '::1%lo',
];

function generate(random: Random): string {
  const label = () => random.times(1 + random.few(12), () => random.pick([...'abcxyz019-', 'ß', 'é', 'x', 'n', '--']));
  const name = random.oneIn(2) ? random.pick(names) : random.times(1 + random.few(5), label, '.');
  const number = () => random.pick(['0', '1', '127', '255', '256', '010', '0x7f', '0xff', String(random.below(300))]);
  const group = () => random.pick(['', '0', '1', 'ffff', '7f00', random.below(65536).toString(16)]);
  const host = random.pick([
    name,
    `${name}.`,
    random.pick(addresses),
    random.pick(oddAddresses),
    random.times(1 + random.below(5), number, '.'),
    name.repeat(random.below(200)),
    `${random.times(200, label, '.')}`,
    random.times(2 + random.below(8), group, ':'),
    `[${random.times(2 + random.below(8), group, ':')}]`,
    `::ffff:${random.times(4, number, '.')}`,
    `${name}.${number()}`,
  ]);
  const path = random.times(
    random.below(4),
    () => `/${random.pick(['a', '..', '%2e%2e', '.;x', '%2f', 'b?c=/../d', '#'])}`,
  );
  return random.pick([
    host,
    `${host}:${random.pick(['80', '443', '0', '065', '65536', ''])}`,
    `${random.pick(['http', 'https', 'HTTP', 'ftp'])}://${random.oneIn(8) ? 'user@' : ''}${host}${path}`,
  ]);
}

/** How the C library reads an address (inet_aton(3)): one to four parts, decimal, octal or hexadecimal. */
function readsAsAddress(text: string): boolean {
  const parts = text.replace(/\.$/u, '').split('.');
  return parts.length <= 4 && parts.every((part) => /^(?:0x[0-9a-f]*|[0-9]+)$/iu.test(part));
}

function attempt<T>(parse: () => T): { readonly value: T } | { readonly refused: string } {
  try {
    return { value: parse() };
  } catch (error) {
    if (error instanceof HostRefused) return { refused: error.message };
    throw error;
  }
}

/** The address as Node and WHATWG write it: they keep the mapped form that the kernel takes for IPv4. */
function whatwgText(host: ParsedHost, hostname: string): string {
  if (host.kind === 'address' && host.family === 4 && hostname.startsWith('[')) {
    return authorityText(parseHost(hostname));
  }
  return hostname.replace(/(?<=[^.])\.$/u, '');
}

function checkAccepted(text: string, host: ParsedHost): void {
  const canonical = hostText(host);
  must(sameHost(parseHost(canonical), host), 'the canonical text is another host', text, canonical);
  must(hostText(parseHost(canonical)) === canonical, 'the canonical text is not canonical', text, canonical);
  must(sameHost(parseHost(authorityText(host)), host), 'the authority is another host', text);
  must(sameHost(parseHostPort(hostPortText(host, 443)).host, host), 'host:port is another host', text);
  must(sameHost(parseHttpUrl(`http://${authorityText(host)}/`).host, host), 'in a URL it is another host', text);
  must(sameHost(parseWireHost(canonical), host), 'over the wire it is another host', text);
  must(
    new URL(`http://${authorityText(host)}/`).hostname === whatwgCanonical(host),
    'WHATWG has another canonical text',
    text,
  );
  const grant = parseGrantSpec(`net.connect:${hostPortText(host, 443)}`, { cwd: '/', home: '/home' });
  must(
    grant.action === 'net.connect' && grant.host.kind !== 'below' && sameHost(grant.host, host),
    'a grant names another host',
    text,
  );
  if (host.kind === 'address') checkAddress(text, host);
  else checkName(text, host.name);
  checkSpellings(text, host);
}

function whatwgCanonical(host: ParsedHost): string {
  return host.kind === 'name' ? host.name : authorityText(host);
}

function checkAddress(text: string, host: Extract<ParsedHost, { kind: 'address' }>): void {
  must(isIP(host.address) === host.family, 'Node does not take it for an address', text, host.address);
  must(classifyAddress(host.address, []) !== 'malformed', 'the guard cannot read it', text);
  must(classifyAddress(text, []) === classifyAddress(host.address, []), 'the guard sees two addresses', text);
  must(host.family === 4 || !/\./u.test(host.address), 'an IPv6 address with dots', text);
}

function checkName(text: string, name: string): void {
  must(/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/u.test(name) && name.length <= 253, 'a name that is none', text, name);
  must(isIP(name) === 0, 'an address passed for a name', text, name);
  must(!readsAsAddress(name), 'the C library reads the name as an address', text, name);
  must(!readsAsAddress(text.normalize('NFKC').replaceAll('\u3002', '.')), 'an address in odd notation passed', text);
  must(domainToASCII(name) === name, 'Node maps the name to another', text, name);
  must(forbiddenForNames([text], []) !== undefined, 'the guard takes a name for a public address', text);
}

function checkSpellings(text: string, host: ParsedHost): void {
  const spellings = [text.replace(/[a-z]/gu, (letter) => letter.toUpperCase()), hostText(host).toUpperCase()];
  if (host.kind === 'name') spellings.push(`${hostText(host)}.`);
  for (const spelling of spellings) {
    const other = attempt(() => parseHost(spelling));
    must('refused' in other || sameHost(other.value, host), 'two spellings are two hosts', text, spelling);
  }
  // What WHATWG reads must be the same host, or nothing.
  const bracketed = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  if (/[/?#\\]/u.test(text)) return;
  const url = URL.parse(`http://${bracketed}/`);
  must(url !== null, 'WHATWG refuses what is accepted', text);
  must(whatwgText(host, url.hostname) === whatwgCanonical(host), 'WHATWG reads another host', text, url.hostname);
}

function checkUrl(text: string): string {
  const result = attempt(() => parseHttpUrl(text));
  if ('refused' in result) return result.refused;
  const { scheme, host, port, path } = result.value;
  const url = URL.parse(text);
  must(url !== null, 'WHATWG refuses a URL that is accepted', text);
  must(url.protocol === `${scheme}:`, 'two schemes', text);
  must(whatwgText(host, url.hostname) === whatwgCanonical(host), 'two hosts', text, url.hostname);
  must(Number(url.port || (scheme === 'http' ? 80 : 443)) === port, 'two ports', text, url.port);
  must(url.username === '' && url.hash === '', 'user or fragment passed', text);
  const [segments = ''] = path.split('?', 1);
  must(url.pathname.split('/').length === segments.split('/').length, 'two paths', text, url.pathname);
  must(parsePath(path) === path, 'the path is not canonical', text);
  checkAccepted(hostText(host), host);
  return `url ${scheme} ${host.kind}`;
}

function check(text: string): string {
  const url = checkUrl(text);
  const withPort = attempt(() => parseHostPort(text, 443));
  if ('value' in withPort) checkAccepted(hostText(withPort.value.host), withPort.value.host);
  const wire = attempt(() => parseWireHost(text));
  const result = attempt(() => parseHost(text));
  must('refused' in wire || 'value' in result, 'the wire accepts more', text);
  if ('value' in result) checkAccepted(text, result.value);
  const verdict =
    'value' in result ? `${result.value.kind} ${classifyAddress(hostText(result.value), [])}` : result.refused;
  return `${verdict}; ${'value' in withPort ? 'port' : withPort.refused}; ${url}`;
}

/** Hosts, ports and plain URLs. */
export const host: FuzzTarget = {
  name: 'host',
  property:
    'A host that is accepted is canonical, reads the same again, in a URL, in a grant and over the wire, and is the host that WHATWG, Node and the address guard see; no odd notation of an address passes.',
  generate,
  words: [...names, ...addresses, ...oddAddresses, 'xn--', '%2e', '.', '..', ':443', '@', 'http://', '0x', '/../'],
  seeds: [...names, ...addresses, ...oddAddresses, 'http://example.org/a?b', 'example.org:443', '[::1]:80'],
  check,
};
