import { expect, test } from 'vitest';
import { covers } from '../../../main/core/grants/covers.ts';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';

const pattern = (spec: string) => parseGrantSpec(spec, { cwd: '/w', home: '/home/ann' });

test.each([
  ['file.read:/a', 'file.read:/a'],
  ['file.read:/a', 'file.read:/a/b'],
  ['file.write:/a', 'file.read:/a/b'],
  ['file.write:/a', 'file.write:/a'],
  ['net.connect:example.org', 'net.connect:example.org'],
  ['net.connect:example.org', 'net.connect:example.org:443'],
  ['net.connect:example.org:8080', 'net.connect:example.org:8080'],
  ['net.connect:*.example.org:443', 'net.connect:a.b.example.org:443'],
  ['net.connect:*.example.org', 'net.connect:*.b.example.org'],
  ['net.connect:127.0.0.1:80', 'net.connect:127.0.0.1:80'],
  ['net.connect:example.org', 'http.request:GET http://example.org/a'],
  ['http.request:* http://example.org/a*', 'http.request:GET http://example.org/a/b'],
  ['http.request:GET http://example.org/a', 'http.request:GET http://example.org/a'],
])('[IDN-9] %s covers %s', (outer, inner) => {
  expect(covers(pattern(outer), pattern(inner))).toBe(true);
});

test.each([
  ['file.read:/a', 'file.read:/ab'],
  ['file.read:/a/b', 'file.read:/a'],
  ['file.read:/a', 'file.write:/a'],
  ['file.write:/a', 'net.connect:a'],
  ['net.connect:example.org:443', 'net.connect:example.org'],
  ['net.connect:example.org', 'net.connect:example.org:8080'],
  ['net.connect:example.org:443', 'net.connect:sub.example.org:443'],
  ['net.connect:*.example.org:443', 'net.connect:example.org:443'],
  ['net.connect:*.example.org:443', 'net.connect:badexample.org:443'],
  ['net.connect:*.b.example.org', 'net.connect:*.example.org'],
  ['net.connect:127.0.0.1:80', 'net.connect:127.0.0.2:80'],
  ['net.connect:127.0.0.1:80', 'net.connect:localhost:80'],
  ['net.connect:example.org:443', 'http.request:GET http://example.org/a'],
  ['http.request:GET http://example.org/a', 'net.connect:example.org:80'],
  ['http.request:GET http://example.org/a', 'http.request:POST http://example.org/a'],
  ['http.request:GET http://example.org/a', 'http.request:GET http://example.org/a*'],
  ['http.request:GET http://example.org/a*', 'http.request:* http://example.org/a*'],
])('[IDN-9] %s does not cover %s', (outer, inner) => {
  expect(covers(pattern(outer), pattern(inner))).toBe(false);
});
