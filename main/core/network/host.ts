/**
 * The one parser of hosts, ports and plain URLs.
 *
 * Guarantee: what comes out is canonical (lower-case ASCII name without trailing dot, or the RFC 5952 / dotted-decimal text
 * of an address), and parsing it again gives the same. Grants, policies, questions and the dialled name all pass here, so
 * no two of them can mean different hosts by one text.
 *
 * Threat: an agent that spells a forbidden host so that one part of the system reads it differently from another: NUL and
 * CR/LF, userinfo, percent-encoding, `127.1`, `0x7f000001`, full-width digits, soft hyphens, IPv6 zones, trailing dots.
 *
 * Limits: names are judged by spelling only. Two different names that look alike to a person stay two names; where a name
 * leads is judged by `address-guard.ts` once it is resolved.
 */
import { domainToASCII, domainToUnicode } from 'node:url';
import ipaddr from 'ipaddr.js';

/** A host in canonical form. An address is IPv6 without brackets, or IPv4. */
export type ParsedHost =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string; readonly family: 4 | 6 };

/** A host with a port. */
export interface ParsedHostPort {
  readonly host: ParsedHost;
  readonly port: number;
}

/** An absolute `http:` or `https:` URL. `path` is path and query as sent, starting with `/`. */
export interface ParsedHttpUrl extends ParsedHostPort {
  readonly scheme: 'http' | 'https';
  readonly path: string;
}

/** The text is not a host, port or URL that Gatehouse accepts; `message` says what is wrong, safe to show. */
export class HostRefused extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'HostRefused';
  }
}

/** RFC 1035 §2.3.4, in characters of the dotted text. */
export const nameCharactersMax = 253;
const labelCharactersMax = 63;
/** As in the contract's `url` resource. */
export const pathCharactersMax = 8192;
/** No spelling of a host that we accept is longer than this before it is mapped to ASCII. */
const hostTextCharactersMax = 1024;

const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;
const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const dottedDecimal = new RegExp(`^${octet}(?:\\.${octet}){3}$`, 'u');
const printableAscii = /^[\x21-\x7e]*$/u;

/** Parses a host: a name, an IPv4 address, or an IPv6 address with or without brackets. Throws `HostRefused`. */
export function parseHost(text: string): ParsedHost {
  if (text === '') throw new HostRefused('the host is empty');
  if (text.length > hostTextCharactersMax) throw new HostRefused('the host is too long');
  if (/[\x00-\x20\x7f-\xa0]|\s/u.test(text)) throw new HostRefused('the host contains a control character or a space');
  if (text.includes('@')) throw new HostRefused('the host contains user information (@)');
  if (text.includes('%')) throw new HostRefused('the host contains a percent sign (encoding or IPv6 zone)');
  if (text.startsWith('[') || text.endsWith(']')) {
    if (!/^\[[^[\]]*\]$/u.test(text)) throw new HostRefused('the brackets of the IPv6 address do not match');
    return parseIPv6(text.slice(1, -1));
  }
  if (text.includes(':')) return parseIPv6(text);
  if (dottedDecimal.test(text)) return { kind: 'address', address: text, family: 4 };
  return { kind: 'name', name: parseName(text) };
}

/**
 * Parses a host that came over the wire as bytes, one character each. Only ASCII: whoever reads bytes beyond it as Latin-1 and
 * whoever reads them as UTF-8 would see two hosts. Throws `HostRefused`.
 */
export function parseWireHost(text: string): ParsedHost {
  if (!/^[\x00-\x7f]*$/u.test(text)) throw new HostRefused('the host contains bytes beyond ASCII');
  return parseHost(text);
}

/**
 * Parses `host:port`; an IPv6 address must be bracketed, since `::1:80` has two readings. Without a port the default is
 * taken, and without a default a missing port is refused. Throws `HostRefused`.
 */
export function parseHostPort(text: string, defaultPort?: number): ParsedHostPort {
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/su.exec(text);
  const hostText = parts?.[1];
  if (hostText === undefined) throw new HostRefused('not of the form host:port (IPv6 addresses need brackets)');
  const host = parseHost(hostText);
  const portText = parts?.[2];
  if (portText !== undefined) return { host, port: parsePort(portText) };
  if (defaultPort === undefined) throw new HostRefused('the port is missing');
  return { host, port: defaultPort };
}

/** Parses a decimal port, 1 to 65535, without sign, space or leading zero. Throws `HostRefused`. */
export function parsePort(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/u.test(text)) throw new HostRefused('the port is not a plain number from 1 to 65535');
  const port = Number(text);
  if (port > 65535) throw new HostRefused('the port is not a plain number from 1 to 65535');
  return port;
}

/**
 * Parses an absolute `http:` or `https:` URL without user information or fragment. Unlike the WHATWG parser it repairs
 * nothing: what is odd is refused. Throws `HostRefused`.
 */
export function parseHttpUrl(text: string): ParsedHttpUrl {
  const parts = /^(https?):\/\/([^/?#\\]*)(.*)$/isu.exec(text);
  const authority = parts?.[2];
  if (parts === null || authority === undefined) throw new HostRefused('not an absolute http or https URL');
  const scheme = parts[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  const rest = parts[3] ?? '';
  const { host, port } = parseHostPort(authority, scheme === 'https' ? 443 : 80);
  return { scheme, host, port, path: parsePath(rest.startsWith('/') ? rest : `/${rest}`) };
}

/**
 * Checks a path with its query and returns it unchanged. Dot segments, also encoded, are refused rather than resolved:
 * a rule for `/public/` must not be passed by `/public/..%2fprivate`, which many servers resolve. Throws `HostRefused`.
 */
export function parsePath(text: string): string {
  if (!text.startsWith('/')) throw new HostRefused('the path does not start with /');
  if (text.length > pathCharactersMax) throw new HostRefused('the path is too long');
  if (!printableAscii.test(text)) throw new HostRefused('the path contains a character that must be percent-encoded');
  if (text.includes('#')) throw new HostRefused('the path contains a fragment (#)');
  if (text.includes('\\')) throw new HostRefused('the path contains a backslash');
  if (/%(?![0-9a-f]{2})/iu.test(text)) throw new HostRefused('the path contains a broken percent-encoding');
  if (/%00/u.test(text)) throw new HostRefused('the path contains an encoded NUL');
  const [path = ''] = text.split('?', 1);
  const dotSegment = /^(?:\.|%2e){1,2}(?:;.*)?$/iu;
  if (path.split(/\/|%2f|%5c/iu).some((segment) => dotSegment.test(segment))) {
    throw new HostRefused('the path contains a dot segment');
  }
  return text;
}

/** The canonical text of a host, without brackets: what questions, records and grants carry. */
export function hostText(host: ParsedHost): string {
  return host.kind === 'name' ? host.name : host.address;
}

/** `host:port` with brackets around an IPv6 address, for headers and people. */
export function hostPortText(host: ParsedHost, port: number): string {
  return `${authorityText(host)}:${port}`;
}

/** The host as it stands in a URL or a Host header: an IPv6 address in brackets. */
export function authorityText(host: ParsedHost): string {
  return host.kind === 'address' && host.family === 6 ? `[${host.address}]` : hostText(host);
}

/** Whether two parsed hosts are the same. */
export function sameHost(one: ParsedHost, other: ParsedHost): boolean {
  return one.kind === other.kind && hostText(one) === hostText(other);
}

function parseIPv6(text: string): ParsedHost {
  const groups = withoutDots(text);
  if (groups === undefined || !/^[0-9a-f:]{2,39}$/iu.test(groups) || !ipaddr.IPv6.isValid(groups)) {
    throw new HostRefused('not a well-formed IPv6 address');
  }
  const address = ipaddr.IPv6.parse(groups);
  // An IPv4-mapped address *is* the IPv4 address to the kernel: one host, one text.
  if (address.isIPv4MappedAddress()) {
    return { kind: 'address', address: address.toIPv4Address().toString(), family: 4 };
  }
  return { kind: 'address', address: address.toRFC5952String(), family: 6 };
}

/** Writes an IPv4 tail as two groups: the library reads `::1.2.3.4` as `::ffff:1.2.3.4`, which the kernel does not. */
function withoutDots(text: string): string | undefined {
  const at = text.lastIndexOf(':') + 1;
  const tail = text.slice(at);
  if (!tail.includes('.')) return text;
  if (!dottedDecimal.test(tail)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
  return `${text.slice(0, at)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function parseName(text: string): string {
  const folded = text.toLowerCase();
  const undotted = folded.endsWith('.') ? folded.slice(0, -1) : folded;
  const name = printableAscii.test(undotted) ? undotted : toAscii(undotted);
  if (name.length > nameCharactersMax) throw new HostRefused('the name is longer than 253 characters');
  const labels = name.split('.');
  for (const part of labels) checkLabel(part);
  // WHATWG URL §3.5 ("ends in a number"): resolvers read `127.1`, `0x7f.1` and `2130706433` as IPv4 addresses.
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/u.test(labels.at(-1) ?? '')) {
    throw new HostRefused('an IPv4 address must be written as four decimal numbers without leading zeros');
  }
  if (labels.some((part) => part.startsWith('xn--'))) checkInternational(name);
  return name;
}

function checkLabel(part: string): void {
  if (part === '') throw new HostRefused('the name has an empty label');
  if (part.length > labelCharactersMax) throw new HostRefused('the name has a label longer than 63 characters');
  if (!label.test(part)) throw new HostRefused('the name has a character other than letters, digits and inner dashes');
}

/**
 * Maps a Unicode name to ASCII (UTS #46), accepting only the form that maps back to itself. Full-width digits, invisible
 * characters and other dots would otherwise be a second spelling of another host.
 */
function toAscii(text: string): string {
  const ascii = domainToASCII(text);
  if (ascii === '' || domainToUnicode(ascii) !== text) {
    throw new HostRefused('the international name is not in its canonical form');
  }
  return ascii;
}

function checkInternational(name: string): void {
  const unicode = domainToUnicode(name);
  const decodes = unicode !== '' && !unicode.split('.').some((part) => part.startsWith('xn--'));
  if (!decodes || domainToASCII(unicode) !== name) {
    throw new HostRefused('the international name (xn--) does not decode and encode to itself');
  }
}
