import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HostRefused,
  hostPortText,
  hostText,
  parseHost,
  parseHostPort,
  parseHttpUrl,
  parsePath,
} from '../../../main/core/network/host.ts';

const accepted: ReadonlyArray<readonly [given: string, canonical: string]> = [
  ['example.org', 'example.org'],
  ['EXAMPLE.Org', 'example.org'],
  ['example.org.', 'example.org'],
  ['localhost', 'localhost'],
  ['a-b.c', 'a-b.c'],
  ['1.example', '1.example'],
  ['0x7f.example', '0x7f.example'],
  ['Bücher.example', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
  ['faß.de', 'xn--fa-hia.de'],
  ['127.0.0.1', '127.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['::1', '::1'],
  ['[::1]', '::1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['[::ffff:7f00:1]', '127.0.0.1'],
  ['::127.0.0.1', '::7f00:1'],
  ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  [`${'a'.repeat(63)}.org`, `${'a'.repeat(63)}.org`],
];

const refused: readonly string[] = [
  '',
  '.',
  '..',
  'a..b',
  '.example.org',
  'example.org..',
  'exa mple.org',
  ' example.org',
  'example.org\n',
  'example.org\r\nX: y',
  'example.org\0.evil.net',
  'example.org\t',
  'example\u00a0.org',
  'user@example.org',
  'user:pass@example.org',
  'example%2eorg',
  'example.org%00',
  'example.org/',
  'example.org\\@evil.net',
  'example.org#',
  'example.org?',
  'a_b.example',
  '-a.example',
  'a-.example',
  '*.example.org',
  `${'a'.repeat(64)}.org`,
  `${'a.'.repeat(127)}org`,
  // Other ways to write 127.0.0.1
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0x7f.1',
  '0177.0.0.1',
  '127.0.0.01',
  '127.0.0.1.',
  '127.0.0.256',
  '1.2.3.4.5',
  'example.123',
  'example.0x1f',
  '１２７.0.0.1',
  '127。0。0。1',
  // Second spellings of a name
  'ｅxample.org',
  'example。org',
  'exa\u00admple.org',
  'exa\u200bmple.org',
  'exa\u200dmple.org',
  '\u202eexample.org',
  'xn--zzzzzz',
  'xn--a.example',
  'xn--example-.org',
  // IPv6
  '[::1',
  '::1]',
  '[[::1]]',
  '[]',
  '[::1]x',
  'fe80::1%eth0',
  '[fe80::1%25eth0]',
  ':::1',
  '1::2::3',
  '12345::',
  '1:2:3:4:5:6:7:8:9',
  '::ffff:010.0.0.1',
  '::1.2.3',
  '[127.0.0.1]',
  '[example.org]',
];

/** Everything that bends hosts: separators, controls, digits, other scripts. */
const oddText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'aZ09.-_:@%[]/\\\0\r\n\t xn'.split(''), 'ü', '。', '１', '\u00ad', '\u200d', '\u202e', 'ß'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 40,
});

function parsed(text: string): string | undefined {
  try {
    return hostText(parseHost(text));
  } catch (error) {
    if (error instanceof HostRefused) return undefined;
    throw error;
  }
}

describe('[GRT-1] parseHost', () => {
  it.each(accepted)('reads %j as %j', (given, canonical) => {
    expect(hostText(parseHost(given))).toBe(canonical);
  });

  it.each(refused)('refuses %j', (text) => {
    expect(() => parseHost(text)).toThrow(HostRefused);
  });

  it('gives the same again for its own output', () => {
    const names = fc.oneof(oddText, fc.domain(), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(names, (text) => {
        const once = parsed(text);
        fc.pre(once !== undefined);
        expect(parsed(once)).toBe(once);
      }),
    );
  });

  it('lets no control character, space or character beyond ASCII through', () => {
    fc.assert(
      fc.property(oddText, (text) => {
        expect(parsed(text) ?? '').toMatch(/^[0-9a-z.:-]*$/u);
      }),
    );
    fc.assert(
      fc.property(
        fc.domain(),
        fc.nat(),
        fc.constantFrom('\0', '\r', '\n', '\t', ' ', '\x7f', '\x85'),
        (name, at, bad) => {
          const cut = at % (name.length + 1);
          expect(parsed(name.slice(0, cut) + bad + name.slice(cut))).toBeUndefined();
        },
      ),
    );
  });

  it('calls an address only what the system calls one', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4Extended(), fc.ipV6(), fc.string({ unit: fc.constantFrom(...'0123456789abcdefx.:') })),
        (text) => {
          const host = parsed(text);
          if (host === undefined) return;
          const isAddress = parseHost(text).kind === 'address';
          expect(isAddress).toBe(isIP(host) !== 0);
          expect(isAddress).toBe(isIP(text) !== 0);
        },
      ),
    );
  });
});

describe('[GRT-1] parseHostPort', () => {
  it.each([
    ['example.org:443', undefined, 'example.org:443'],
    ['example.org', 80, 'example.org:80'],
    ['[::1]:8080', undefined, '[::1]:8080'],
    ['[::1]', 80, '[::1]:80'],
    ['127.0.0.1:1', undefined, '127.0.0.1:1'],
    ['Example.ORG.:65535', undefined, 'example.org:65535'],
  ] as const)('reads %j (default %s) as %j', (text, defaultPort, canonical) => {
    const { host, port } = parseHostPort(text, defaultPort);
    expect(hostPortText(host, port)).toBe(canonical);
  });

  it.each([
    'example.org',
    'example.org:',
    'example.org:0',
    'example.org:00080',
    'example.org:080',
    'example.org:65536',
    'example.org:99999999999',
    'example.org:-1',
    'example.org:+80',
    'example.org: 80',
    'example.org:80 ',
    'example.org:0x50',
    'example.org:8e1',
    'example.org:80:80',
    'example.org:80/x',
    ':80',
    '::1:80',
    '[::1]80',
    '[::1]:',
    'a@b:80',
    'example.org:８０',
    'example.org:80\0',
  ])('refuses %j', (text) => {
    expect(() => parseHostPort(text)).toThrow(HostRefused);
  });
});

describe('[GRT-1] parseHttpUrl', () => {
  it.each([
    ['http://example.org', 'http example.org:80 /'],
    ['HTTP://EXAMPLE.org/a?b=c', 'http example.org:80 /a?b=c'],
    ['https://example.org:8443/%41/', 'https example.org:8443 /%41/'],
    ['http://example.org?x', 'http example.org:80 /?x'],
    ['http://[::1]:3000/@scope%2fname', 'http [::1]:3000 /@scope%2fname'],
    ['http://example.org/a/...b/..c/.d', 'http example.org:80 /a/...b/..c/.d'],
    ['http://example.org/a?../..', 'http example.org:80 /a?../..'],
  ])('reads %j', (text, canonical) => {
    const { scheme, host, port, path } = parseHttpUrl(text);
    expect(`${scheme} ${hostPortText(host, port)} ${path}`).toBe(canonical);
  });

  it.each([
    'example.org',
    '//example.org/',
    'ftp://example.org/',
    'http:/example.org/',
    'http:example.org',
    'http:///path',
    'http://user@example.org/',
    'http://example.org@evil.net/',
    'http://example.org\\@evil.net/',
    'http://example.org%2f.evil.net/',
    'http://example.org:0/',
    'http://example.org/a b',
    'http://example.org/\r\nX: y',
    'http://example.org/\0',
    'http://example.org/ü',
    'http://example.org/#f',
    'http://example.org/a\\b',
    'http://example.org/%',
    'http://example.org/%zz',
    'http://example.org/%00',
    ' http://example.org/',
    'ht\ntp://example.org/',
  ])('refuses %j', (text) => {
    expect(() => parseHttpUrl(text)).toThrow(HostRefused);
  });

  it.each(['/..', '/a/../b', '/a/./b', '/a/%2e%2e/b', '/a/.%2E', '/a/..%2fb', '/a%5c..%5cb', '/..;/b', 'a', ''])(
    'refuses the path %j, which servers may resolve to another',
    (path) => {
      expect(() => parsePath(path)).toThrow(HostRefused);
    },
  );

  it('refuses a path beyond its bound', () => {
    expect(parsePath(`/${'a'.repeat(8191)}`)).toHaveLength(8192);
    expect(() => parsePath(`/${'a'.repeat(8192)}`)).toThrow(HostRefused);
  });
});
