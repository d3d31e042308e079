import { describe, expect, test } from 'vitest';
import type { Resource } from '#contract/actions.ts';
import type { Grant } from '#contract/grant.ts';
import { GrantUses, usesNotedMax } from '../../../main/core/grants/grant-uses.ts';

function grant(id: string, spec: string, giver: Grant['giver'] = 'person'): Grant {
  const action = spec.slice(0, spec.indexOf(':')) as Grant['action'];
  return { id, spec, action, taskId: 't-00000001', giver, issuedAt: '', expiresAt: '', uses: 0 };
}

const host = (name: string, port = 443): Resource => ({ kind: 'host', host: name, port });
const url = (path: string, method = 'GET'): Resource => ({
  kind: 'url',
  scheme: 'http',
  method,
  host: 'api.test',
  port: 8080,
  path,
});

/** What would have been enough for one grant, used for these. */
function enough(spec: string, resources: readonly Resource[]) {
  const uses = new GrantUses();
  for (const resource of resources) uses.note(['g-1'], { resource });
  return uses.sum([grant('g-1', spec)]).narrower.map((each) => each.enough);
}

describe('what a session made of its grants', () => {
  test('[GRT-5] names what the person granted and nothing used; the preset’s are only counted, folders are not', () => {
    const uses = new GrantUses();
    uses.note(['g-1', 'g-4'], { resource: host('a.test') });
    const held = [
      grant('g-1', 'net.connect:a.test:443'),
      grant('g-2', 'net.connect:b.test:443'),
      grant('g-3', 'net.connect:c.test:443', 'always'),
      grant('g-4', 'net.connect:a.test:443', 'preset'),
      grant('g-5', 'net.connect:model.test:443', 'preset'),
      grant('g-6', 'file.read:/data'),
    ];
    expect(uses.sum(held)).toEqual({
      unused: [
        { grant: 'g-2', spec: 'net.connect:b.test:443', giver: 'person' },
        { grant: 'g-3', spec: 'net.connect:c.test:443', giver: 'always' },
      ],
      unusedOfPreset: 1,
      narrower: [],
    });
  });

  test.each<[string, string, Resource[], string[] | undefined]>([
    [
      'a domain used for one host',
      'net.connect:*.corp.test:443',
      [host('a.corp.test')],
      ['net.connect:a.corp.test:443'],
    ],
    ['both ports of the web used for one', 'net.connect:a.test', [host('a.test')], ['net.connect:a.test:443']],
    ['an IPv6 address', 'net.connect:[::1]', [host('::1', 80)], ['net.connect:[::1]:80']],
    ['exactly what it was used for', 'net.connect:a.test:443', [host('a.test')], undefined],
    [
      'a host used for one plain request',
      'net.connect:api.test:8080',
      [url('/v1/a')],
      ['http.request:GET http://api.test:8080/v1/a'],
    ],
    ['a request and a tunnel', 'net.connect:api.test:8080', [url('/v1/a'), host('api.test', 8080)], undefined],
    [
      'many paths of one folder',
      'http.request:* http://api.test:8080/*',
      ['/v1/a', '/v1/b', '/v1/c/d', '/v1/e?x=1/2', '/v1/f'].map((path) => url(path)),
      ['http.request:GET http://api.test:8080/v1/*'],
    ],
    [
      'paths that hide something',
      'http.request:* http://api.test:8080/*',
      [url('/a/\u202eb'), url('/a/c', 'POST')],
      ['http.request:GET http://api.test:8080/a/*', 'http.request:POST http://api.test:8080/a/*'],
    ],
    [
      'a path that ends in a star',
      'http.request:GET http://api.test:8080/*',
      [url('/a/*')],
      ['http.request:GET http://api.test:8080/a/*'],
    ],
  ])('[GRT-5] suggests less for %s', (_, spec, resources, expected) => {
    expect(enough(spec, resources)).toEqual(expected === undefined ? [] : [expected]);
  });

  test('suggests nothing for more than it remembers', () => {
    const many = Array.from({ length: usesNotedMax + 5 }, (_, index) => host(`h${index}.corp.test`));
    expect(enough('net.connect:*.corp.test:443', many)).toEqual([]);
  });
});
