import { describe, expect, it } from 'vitest';
import { hostText } from '../../../main/core/network/host.ts';
import { readSocksGreeting, readSocksRequest } from '../../../main/core/network/socks5.ts';

const domain = (name: string, port = 443): number[] => {
  const bytes = Buffer.from(name, 'latin1');
  return [5, 1, 0, 3, bytes.length, ...bytes, port >> 8, port & 255];
};

describe('[GRT-1] SOCKS5', () => {
  it.each([
    ['a name', domain('Example.org'), 'example.org'],
    ['IPv4', [5, 1, 0, 1, 127, 0, 0, 1, 0, 80], '127.0.0.1'],
    ['IPv6', [5, 1, 0, 4, ...Array.from({ length: 15 }, () => 0), 1, 0, 80], '::1'],
    [
      'IPv4-mapped IPv6',
      [5, 1, 0, 4, ...Array.from({ length: 10 }, () => 0), 255, 255, 127, 0, 0, 1, 0, 80],
      '127.0.0.1',
    ],
    ['an address as name', domain('127.0.0.1'), '127.0.0.1'],
  ])('reads %s', (_name, bytes, expected) => {
    for (let cut = 0; cut < bytes.length; cut += 1) {
      expect(readSocksRequest(Uint8Array.from(bytes.slice(0, cut))).kind).toBe('more');
    }
    const step = readSocksRequest(Uint8Array.from([...bytes, 0x16]));
    expect(step).toMatchObject({ kind: 'read', bytes: bytes.length });
    expect(step.kind === 'read' && hostText(step.value.host)).toBe(expected);
  });

  it.each([
    ['BIND', [5, 2, 0, 1, 127, 0, 0, 1, 0, 80], 7],
    ['UDP ASSOCIATE', [5, 3, 0, 1, 0, 0, 0, 0, 0, 0], 7],
    ['an unknown address type', [5, 1, 0, 2, 0, 0, 0, 0], 8],
    ['another version', [4, 1, 0, 1, 127, 0, 0, 1, 0, 80], 1],
    ['a reserved byte', [5, 1, 1, 1, 127, 0, 0, 1, 0, 80], 1],
    ['port 0', domain('example.org', 0), 1],
    ['an empty name', domain(''), 1],
    ['NUL in the name', domain('example.org\0.evil.net'), 1],
    ['a short address', domain('127.1'), 1],
    ['a byte beyond ASCII', domain('ex\xe4mple.org\xff'), 1],
  ])('refuses %s', (_name, bytes, reply) => {
    expect(readSocksRequest(Uint8Array.from(bytes))).toMatchObject({ kind: 'refused', reply });
  });

  it('asks for a client without authentication', () => {
    expect(readSocksGreeting(Uint8Array.of(5, 2, 0))).toEqual({ kind: 'more' });
    expect(readSocksGreeting(Uint8Array.of(5, 2, 2, 0))).toMatchObject({
      kind: 'read',
      value: { plain: true },
      bytes: 4,
    });
    expect(readSocksGreeting(Uint8Array.of(5, 1, 2))).toMatchObject({ kind: 'read', value: { plain: false } });
  });
});
