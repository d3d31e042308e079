import { describe, expect, test } from 'vitest';
import { keepNpmRegistries } from '../../../main/core/agents/registry-settings.ts';

describe('[RUN-7] what of an .npmrc goes inside', () => {
  test.each([
    ['the registry', 'registry=https://packages.example/npm/', 'registry=https://packages.example/npm/\n'],
    ['spaces and quotes', ' registry = "http://127.0.0.1:4873/" ', 'registry=http://127.0.0.1:4873/\n'],
    ['that of a scope', '@acme:registry=https://acme.example/', '@acme:registry=https://acme.example/\n'],
    ['line ends of elsewhere', 'registry=https://a.example/\r\nfund=false\r\n', 'registry=https://a.example/\n'],
  ])('%s', (_, text, kept) => expect(keepNpmRegistries(text)).toBe(kept));

  test.each([
    ['a token', '//packages.example/:_authToken=secret'],
    ['a password', '//packages.example/:_password=c2VjcmV0\n//packages.example/:username=ada'],
    ['credentials in an address', 'registry=https://ada:secret@packages.example/'],
    ['a query, which may be one', 'registry=https://packages.example/?token=secret'],
    ['a variable', `registry=https://packages.example/\${TOKEN}/`],
    ['other settings', 'script-shell=/tmp/x\nnode-options=--require /tmp/x\ncafile=/tmp/ca'],
    ['another protocol', 'registry=file:///etc/passwd'],
    ['a comment', '; registry=https://packages.example/\n# registry=https://packages.example/'],
    ['nothing', ''],
  ])('never %s', (_, text) => expect(keepNpmRegistries(text)).toBe(''));

  test('a long file is not read to its end, and few lines are kept', () => {
    const many = Array.from({ length: 1000 }, (_, n) => `@s${n}:registry=https://a.example/`).join('\n');
    expect(keepNpmRegistries(many).trimEnd().split('\n')).toHaveLength(64);
    expect(keepNpmRegistries(`${'#\n'.repeat(40_000)}registry=https://a.example/`)).toBe('');
  });
});
