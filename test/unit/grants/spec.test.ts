import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatehouseError } from '#contract/operating-error.ts';
import { formatGrantSpec, parseGrantSpec } from '../../../main/core/grants/spec.ts';

const place = { cwd: '/home/me/project', home: '/home/me' };

describe('[GRT-1] grant specs', () => {
  test.each([
    ['file.read:/etc/hosts', 'file.read:/etc/hosts'],
    ['file.read:src/../docs/', 'file.read:/home/me/project/docs'],
    ['file.read:.', 'file.read:/home/me/project'],
    ['file.write:~', 'file.write:/home/me'],
    ['file.write:~/notes', 'file.write:/home/me/notes'],
    ['file.read:/a:b c', 'file.read:/a:b c'],
    ['file.read:app/[id]', 'file.read:/home/me/project/app/[id]'],
    ['file.read:./~x', 'file.read:/home/me/project/~x'],
    ['net.connect:Example.ORG.', 'net.connect:example.org'],
    ['net.connect:example.org:443', 'net.connect:example.org:443'],
    ['net.connect:bücher.example', 'net.connect:xn--bcher-kva.example'],
    ['net.connect:*.Example.org', 'net.connect:*.example.org'],
    ['net.connect:*.example.org:8443', 'net.connect:*.example.org:8443'],
    ['net.connect:127.0.0.1:5432', 'net.connect:127.0.0.1:5432'],
    ['net.connect:[::1]:5432', 'net.connect:[::1]:5432'],
    ['net.connect:[0:0::1]', 'net.connect:[::1]'],
    ['net.connect:[::ffff:127.0.0.1]:80', 'net.connect:127.0.0.1:80'],
    ['http.request:GET http://Example.org', 'http.request:GET http://example.org/'],
    ['http.request:GET http://example.org:80/a*', 'http.request:GET http://example.org/a*'],
    ['http.request:* http://example.org:8080/*', 'http.request:* http://example.org:8080/*'],
    ['process.exec:git', 'process.exec:git'],
    ['secret.use:github@api.github.com', 'secret.use:github@api.github.com'],
  ])('%s is %s', (text, canonical) => {
    const pattern = parseGrantSpec(text, place);
    expect(formatGrantSpec(pattern)).toBe(canonical);
    expect(parseGrantSpec(canonical, { cwd: '/', home: '/' })).toEqual(pattern);
  });

  test.each([
    '',
    'file.read',
    'file.read:',
    'file.delete:/a',
    'file.protected:/a',
    'FILE.READ:/a',
    'file.read:~root/x',
    'file.read:/a/*',
    'file.read:/a/**',
    'file.read:*',
    'file.read:/a\nb',
    'file.read:/a\u202eb',
    'file.read:/a\0',
    'net.connect:',
    'net.connect:*',
    'net.connect:*.org',
    'net.connect:*.127.0.0.1',
    'net.connect:a.*.org',
    'net.connect:**.example.org',
    'net.connect:example.org:0',
    'net.connect:example.org:65536',
    'net.connect:example.org:080',
    'net.connect:example.org:443:1',
    'net.connect:https://example.org',
    'net.connect:me@example.org',
    'net.connect:127.1',
    'net.connect:0x7f000001',
    'net.connect:2130706433',
    'net.connect:::1:80',
    'net.connect:[fe80::1%eth0]:80',
    'http.request:http://example.org/',
    'http.request:get http://example.org/',
    'http.request:GET example.org/',
    'http.request:GET ftp://example.org/',
    'http.request:GET http://*.example.org/',
    'http.request:GET http://example.org*',
    'http.request:GET http://example.org/../x',
    'http.request:GET http://u:p@example.org/',
    'process.exec:',
    'process.exec:rm -rf',
    'secret.use:github',
    'secret.use:@a.org',
    `file.read:/${'a'.repeat(5000)}`,
    `file.read:/${'a'.repeat(9000)}`,
  ])('%j cannot be read', (text) => {
    expect(codeOf(() => parseGrantSpec(text, place))).toBe('grant_invalid');
  });

  test('a request over HTTPS is refused with what to use instead', () => {
    const parse = () => parseGrantSpec('http.request:GET https://example.org/a*', place);
    expect(codeOf(parse)).toBe('grant_refused');
    expect(parse).toThrow(/until Gatehouse can decrypt.*net\.connect:example\.org:443, which lets everything/su);
  });

  test('any text is either refused with a typed error or has a stable canonical form', () => {
    const starts = [
      'file.read:',
      'file.write:',
      'net.connect:',
      'net.connect:*.',
      'http.request:GET http://',
      'secret.use:',
      '',
    ];
    const texts = fc.tuple(fc.constantFrom(...starts), fc.string({ unit: 'binary', maxLength: 40 }));
    fc.assert(
      fc.property(texts, ([start, rest]) => {
        const pattern = attempt(() => parseGrantSpec(start + rest, place));
        if (pattern === undefined) return;
        const canonical = formatGrantSpec(pattern);
        expect(canonical).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(formatGrantSpec(parseGrantSpec(canonical, { cwd: '/', home: '/' }))).toBe(canonical);
      }),
      { numRuns: 2000 },
    );
  });

  test('a path never leaves the form the contract asks for', () => {
    const parts = fc.array(fc.constantFrom('..', '.', '', 'a', 'b c', '~', '[x]'), { maxLength: 8 });
    fc.assert(
      fc.property(parts, (names) => {
        const pattern = attempt(() => parseGrantSpec(`file.read:${names.join('/')}`, place));
        if (pattern === undefined || !('path' in pattern)) return;
        expect(pattern.path).toMatch(/^(\/|(\/[^/\0]+)+)$/u);
        expect(pattern.path.split('/')).not.toContain('..');
      }),
    );
  });
});

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof GatehouseError) return undefined;
    throw error;
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GatehouseError) return error.data.code;
    throw error;
  }
  return 'none';
}
