import { describe, expect, test } from 'vitest';
import {
  cargoRegistries,
  keepNpmRegistries,
  npmRegistries,
  pipIndexes,
  registriesOf,
} from '../../../main/core/agents/registry-settings.ts';

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

describe('[RUN-7] which registries a person’s settings name', () => {
  test.each([
    [
      'npm',
      npmRegistries('registry=https://a.example/npm/\n@acme:registry=http://127.0.0.1:4873/'),
      ['a.example 443', '127.0.0.1 4873'],
    ],
    [
      'pip',
      pipIndexes('[global]\nindex-url = https://p.example/simple\nextra-index-url=http://q.example/'),
      ['p.example 443', 'q.example 80'],
    ],
    ['cargo', cargoRegistries('[source.x]\nregistry = "sparse+https://c.example/index/"\n'), ['c.example 443']],
    ['the same twice', registriesOf('npm', ['https://a.example/x', 'https://a.example/y']), ['a.example 443']],
    ['none with a password', registriesOf('pip', ['https://me:secret@a.example/', 'direct', 'off', '']), []],
    ['none', npmRegistries('//a.example/:_authToken=secret'), []],
  ])('%s', (_, found, named) => {
    expect(found.map(({ host, port }) => `${host} ${port}`)).toEqual(named);
  });
});
