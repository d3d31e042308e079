import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildCedarRequest, collectNamed, parentDomains, pathParents } from '../../../main/core/policy/entities.ts';
import { expandPath, isPathExpression, isWithin } from '../../../main/core/policy/path-sets.ts';
import { connect, principal } from './builtin-policies.ts';

const names = fc.constantFrom('a', 'b', 'ab', 'a b', 'home', 'me', 'project', '$HOME', '@x', '..a');
const paths = fc.array(names, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);

test('[GRT-1] a path is in a named folder exactly when it lies below it, by component', () => {
  fc.assert(
    fc.property(paths, paths, (path, folder) => {
      const named = collectNamed([{ type: 'Path', id: folder }], new Map());
      const inside = path === folder || pathParents(path, principal, named).includes(folder);
      expect(inside).toBe(isWithin(path, folder));
    }),
  );
});

test('[GRT-1] $WORKSPACE, $HOME and path sets hold what the real paths they stand for hold', () => {
  const beginnings = fc.constantFrom('$WORKSPACE', '$HOME', '');
  const tails = fc
    .array(fc.constantFrom('a', 'b', 'project'), { maxLength: 3 })
    .map((parts) => parts.map((n) => `/${n}`).join(''));
  const inHome = fc
    .tuple(fc.constantFrom('/home/me', '/home/me/project', '/home/me2', ''), tails)
    .map(([a, b]) => a + b);
  fc.assert(
    fc.property(inHome, beginnings, tails, (path, beginning, tail) => {
      const expression = beginning + tail;
      fc.pre(path !== '' && isPathExpression(expression));
      const real = expandPath(expression, principal);
      const byName = collectNamed([{ type: 'Path', id: expression }], new Map());
      const bySet = collectNamed([{ type: 'Path', id: '@set' }], new Map([['set', [expression]]]));
      const within = isWithin(path, real);
      expect(path === expression || pathParents(path, principal, byName).includes(expression)).toBe(within);
      expect(pathParents(path, principal, bySet).includes('@set')).toBe(within);
    }),
  );
});

test('[GRT-1] a host is in its parent domains and in nothing else', () => {
  expect(parentDomains('a.b.example.org')).toEqual(['b.example.org', 'example.org', 'org']);
  const named = collectNamed(
    ['example.org', 'ample.org', 'org', '0.0.1'].map((id) => ({ type: 'Host', id })),
    new Map(),
  );
  const parentsOf = (host: string) => {
    const request = buildCedarRequest(connect(host), named, []);
    if ('bad' in request) throw new Error(request.bad);
    return request.entities.flatMap((entity) => entity.parents.map((parent) => ('id' in parent ? parent.id : '')));
  };
  expect(parentsOf('www.example.org')).toEqual(['example.org', 'org']);
  expect(parentsOf('notexample.org')).toEqual(['org']);
  expect(parentsOf('127.0.0.1')).toEqual([]);
});
