/** What the first bytes of a TLS connection say. */
export type ClientHello =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'hello'; readonly serverName: string | undefined };

/** Bytes of TLS records looked at before giving up: one full record and its header (RFC 8446 §5.1). */
export const clientHelloBytesMax = 16_384 + 5;

/** Records that one ClientHello may be cut into; no client needs more than two. */
const recordsMax = 32;
const recordHeaderBytes = 5;
const handshakeHeaderBytes = 4;

/** Whether bytes begin as a TLS handshake record does. */
export function looksLikeTls(bytes: Uint8Array): boolean {
  return bytes[0] === 0x16 && (bytes.length < 2 || bytes[1] === 0x03);
}

/**
 * Reads the server name of a ClientHello (RFC 8446 §4.1.2, RFC 6066 §3). The handshake message is put together over all
 * records it is cut into: a name that starts in one record and ends in the next must not slip by unread.
 */
export function readClientHello(bytes: Uint8Array): ClientHello {
  const message = joinHandshake(bytes);
  if (typeof message === 'string') return { kind: 'malformed', why: message };
  if (message === undefined) {
    if (bytes.length < clientHelloBytesMax) return { kind: 'incomplete' };
    return { kind: 'malformed', why: 'the TLS ClientHello is too long' };
  }
  try {
    return { kind: 'hello', serverName: readServerName(new Cursor(message)) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: 'malformed', why: 'the TLS ClientHello is malformed' };
  }
}

/** The body of the first handshake message; undefined when bytes are missing, a string when it is no ClientHello. */
function joinHandshake(bytes: Uint8Array): Uint8Array | string | undefined {
  const fragments: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (!looksLikeTls(bytes.subarray(at))) return 'the TLS handshake is interrupted by another record';
    if (fragments.length >= recordsMax) return 'the TLS ClientHello is cut into too many records';
    if (bytes.length < at + recordHeaderBytes) return undefined;
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    if (length === 0 || length > 16_384) return 'a TLS record has a forbidden length';
    fragments.push(bytes.subarray(at + recordHeaderBytes, at + recordHeaderBytes + length));
    at += recordHeaderBytes + length;
    const joined = concat(fragments);
    if (joined.length > 0 && joined[0] !== 0x01) return 'the TLS connection does not start with a ClientHello';
    const end = messageEnd(joined);
    if (end !== undefined && end > clientHelloBytesMax) return 'the TLS ClientHello is too long';
    if (end !== undefined && joined.length >= end) return joined.subarray(handshakeHeaderBytes, end);
  }
  return undefined;
}

function messageEnd(joined: Uint8Array): number | undefined {
  if (joined.length < handshakeHeaderBytes) return undefined;
  const length = ((joined[1] ?? 0) << 16) | ((joined[2] ?? 0) << 8) | (joined[3] ?? 0);
  return handshakeHeaderBytes + length;
}

function readServerName(hello: Cursor): string | undefined {
  hello.take(2 + 32); // legacy_version, random
  hello.take(hello.number(1)); // legacy_session_id
  hello.take(hello.number(2)); // cipher_suites
  hello.take(hello.number(1)); // legacy_compression_methods
  if (hello.left === 0) return undefined;
  const extensions = new Cursor(hello.take(hello.number(2)));
  if (hello.left !== 0) throw new RangeError('bytes after the extensions');
  let found: string | undefined;
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const body = new Cursor(extensions.take(extensions.number(2)));
    if (type !== 0) continue;
    // Two server_name extensions: which one the server takes is anybody's guess.
    if (found !== undefined) throw new RangeError('two server names');
    found = readNameList(body);
  }
  return found;
}

function readNameList(body: Cursor): string {
  const list = new Cursor(body.take(body.number(2)));
  const type = list.number(1);
  const name = list.take(list.number(2));
  if (type !== 0 || list.left !== 0 || body.left !== 0 || name.length === 0)
    throw new RangeError('odd server name list');
  return String.fromCharCode(...name);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Reads big-endian fields; a read past the end throws a RangeError. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(bytes: number): number {
    return this.take(bytes).reduce((value, byte) => value * 256 + byte, 0);
  }

  take(bytes: number): Uint8Array {
    if (bytes > this.left) throw new RangeError('the message ends early');
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }
}
