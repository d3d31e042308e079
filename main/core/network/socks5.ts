import { HostRefused, type ParsedHost, parseWireHost } from './host.ts';

/** Reply codes of RFC 1928 §6. */
export const socksReply = {
  succeeded: 0,
  generalFailure: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  connectionRefused: 5,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;
export type SocksReply = (typeof socksReply)[keyof typeof socksReply];

/** A step of the SOCKS5 exchange: more bytes needed, refused with a reply code, or read. */
export type SocksStep<T> =
  | { readonly kind: 'more' }
  | { readonly kind: 'refused'; readonly reply: SocksReply; readonly why: string }
  | { readonly kind: 'read'; readonly value: T; readonly bytes: number };

/** Bytes of greeting or request; the longest legal ones are 257 and 262. */
export const socksBytesMax = 262;

/** Reads the greeting. The value says whether the client offers "no authentication", the only method here. */
export function readSocksGreeting(bytes: Uint8Array): SocksStep<{ readonly plain: boolean }> {
  const count = bytes[1];
  if (count === undefined || bytes.length < 2 + count) return { kind: 'more' };
  return { kind: 'read', value: { plain: bytes.subarray(2, 2 + count).includes(0) }, bytes: 2 + count };
}

/** Reads a request. Only CONNECT is served: BIND would listen, UDP ASSOCIATE would open a way past every check. */
export function readSocksRequest(bytes: Uint8Array): SocksStep<{ readonly host: ParsedHost; readonly port: number }> {
  if (bytes.length < 5) return { kind: 'more' };
  const [version, command, reserved, type, first = 0] = bytes;
  if (version !== 5 || reserved !== 0) return refuse(socksReply.generalFailure, 'the SOCKS request is malformed');
  if (command !== 1) return refuse(socksReply.commandNotSupported, 'only the SOCKS command CONNECT is served');
  const at = type === 3 ? 5 : 4;
  const length = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? first : undefined;
  if (length === undefined) return refuse(socksReply.addressTypeNotSupported, 'the SOCKS address type is unknown');
  const end = at + length + 2;
  if (bytes.length < end) return { kind: 'more' };
  const port = ((bytes[end - 2] ?? 0) << 8) | (bytes[end - 1] ?? 0);
  if (port === 0) return refuse(socksReply.generalFailure, 'the port is zero');
  try {
    const host = parseWireHost(addressText(type ?? 0, bytes.subarray(at, at + length)));
    return { kind: 'read', value: { host, port }, bytes: end };
  } catch (error) {
    if (!(error instanceof HostRefused)) throw error;
    return refuse(socksReply.generalFailure, error.message);
  }
}

/** The reply to a request. The bound address is not told. */
export function socksReplyBytes(reply: SocksReply): Uint8Array {
  return Uint8Array.of(5, reply, 0, 1, 0, 0, 0, 0, 0, 0);
}

function refuse(reply: SocksReply, why: string): { kind: 'refused'; reply: SocksReply; why: string } {
  return { kind: 'refused', reply, why };
}

function addressText(type: number, bytes: Uint8Array): string {
  if (type === 1) return bytes.join('.');
  if (type === 3) return String.fromCharCode(...bytes);
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return groups.join(':');
}
