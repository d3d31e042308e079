/**
 * Parses the head of an HTTP/1.x request, strictly.
 *
 * Guarantee: a head that comes out has one reading. What a lenient server could read differently (two lengths, folded
 * lines, a bare line feed, a space before the colon, an unknown transfer coding) is refused, never repaired.
 *
 * Threat: request smuggling: a message that we judge as one request and the server takes as two, the second to a path or
 * host nobody allowed; and header injection through CR, LF and NUL.
 *
 * Limits: values of headers other than those that frame or route the message are passed on as they are.
 */

/** One header as sent: name in the sender's case, value without surrounding white space, both Latin-1. */
export type Header = readonly [name: string, value: string];

/** How long the body is. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' };

/** A request head that has one reading. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly headers: readonly Header[];
  readonly framing: Framing;
}

/** The head is not one we pass on; `message` says why, safe to show. */
export class HeadRefused extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'HeadRefused';
  }
}

/** Headers in one head. */
export const headerCountMax = 128;
const methodCharactersMax = 32;
/** More than any upload; far below where numbers lose precision. */
const contentLengthDigitsMax = 15;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u;
const framingInDisguise = /^(?:transfer_encoding|content_length)$/iu;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/u;

/**
 * Finds where a head ends: the index after its empty line, or undefined when more bytes are needed. Throws at the first
 * line that does not end in CRLF, so that a sender of bare line feeds is refused at once instead of waited for.
 */
export function findHeadEnd(bytes: Uint8Array, from = 0): number | undefined {
  for (let at = bytes.indexOf(0x0a, from); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at - 1] !== 0x0d) throw new HeadRefused('a line ends in a bare line feed');
    if (at === 1) throw new HeadRefused('the request starts with an empty line');
    if (bytes[at - 2] === 0x0a) return at + 1;
  }
  return undefined;
}

/** Parses a head that ends with its empty line, decoded as Latin-1. Throws `HeadRefused`. */
export function parseRequestHead(text: string): RequestHead {
  if (!text.endsWith('\r\n\r\n')) throw new HeadRefused('the head is incomplete');
  const [requestLine = '', ...lines] = text.slice(0, -4).split('\r\n');
  const { method, target, version } = parseRequestLine(requestLine);
  if (lines.length > headerCountMax) throw new HeadRefused(`more than ${headerCountMax} headers`);
  const headers = lines.map(parseHeader);
  return { method, target, version, headers, framing: parseFraming(headers, version) };
}

/** All values of a header, by lower-case name. */
export function headerValues(headers: readonly Header[], name: string): string[] {
  return headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
}

/** The value of a header that may stand once. Throws `HeadRefused` when it stands more often. */
export function singleHeader(headers: readonly Header[], name: string): string | undefined {
  const values = headerValues(headers, name);
  if (values.length > 1) throw new HeadRefused(`more than one ${name} header`);
  return values[0];
}

/** The lower-case items of a comma-separated header, over all its lines. */
export function headerTokens(headers: readonly Header[], name: string): string[] {
  return headerValues(headers, name)
    .flatMap((value) => value.split(','))
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '');
}

function parseRequestLine(line: string): Pick<RequestHead, 'method' | 'target' | 'version'> {
  const parts = line.split(' ');
  const [method = '', target = '', protocol = ''] = parts;
  // Two parts would be HTTP/0.9, which has no headers and so names no host.
  if (parts.length !== 3) throw new HeadRefused('the request line is not "METHOD TARGET HTTP/1.1"');
  // Upper case only: servers disagree on whether `get` is GET, and so would rules that name methods.
  if (!/^[A-Z][A-Z0-9_-]*$/u.test(method) || method.length > methodCharactersMax) {
    throw new HeadRefused('the method is not an upper-case word');
  }
  if (!/^[\x21-\x7e]+$/u.test(target)) throw new HeadRefused('the request target has a character that must be encoded');
  if (protocol !== 'HTTP/1.1' && protocol !== 'HTTP/1.0')
    throw new HeadRefused('the protocol is not HTTP/1.1 or HTTP/1.0');
  return { method, target, version: protocol === 'HTTP/1.0' ? '1.0' : '1.1' };
}

function parseHeader(line: string): Header {
  // RFC 9112 §5.2: a line that starts with white space continues the one before (obs-fold); servers differ on it.
  if (line.startsWith(' ') || line.startsWith('\t')) throw new HeadRefused('a header is folded over several lines');
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  // RFC 9112 §5.1: also catches white space before the colon, which some servers take as part of the name.
  if (!token.test(name)) throw new HeadRefused('a header name is malformed');
  // Servers that hand headers on as variables (CGI) read `Content_Length` as Content-Length: a second framing.
  if (framingInDisguise.test(name)) throw new HeadRefused('a header name imitates one that frames the message');
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/gu, '');
  if (!fieldValue.test(value)) throw new HeadRefused(`the value of ${name} contains a control character`);
  return [name, value];
}

function parseFraming(headers: readonly Header[], version: '1.0' | '1.1'): Framing {
  const coding = singleHeader(headers, 'transfer-encoding');
  const length = singleHeader(headers, 'content-length');
  if (coding !== undefined) {
    // RFC 9112 §6.1: both, or a coding in HTTP/1.0, is how smuggling begins.
    if (length !== undefined) throw new HeadRefused('both Content-Length and Transfer-Encoding');
    if (version === '1.0') throw new HeadRefused('Transfer-Encoding in HTTP/1.0');
    if (coding.toLowerCase() !== 'chunked') throw new HeadRefused('a transfer coding other than chunked');
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'none' };
  if (!/^[0-9]+$/u.test(length) || length.length > contentLengthDigitsMax) {
    throw new HeadRefused('Content-Length is not a plain number');
  }
  return { kind: 'length', bytes: Number(length) };
}
