import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryOf, isGenuine, treeOf } from '../../../main/core/diff/git-objects.ts';
import { isRefName, packedCommit, parseRef } from '../../../main/core/diff/git-refs.ts';

const id = (digit: string) => digit.repeat(40);
const entry = (mode: string, name: string, digit: string) =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id(digit), 'hex')]);
const tree = (...entries: Buffer[]) => ({ kind: 'tree', content: Buffer.concat(entries) });
const idOf = (algorithm: string, kind: string, text: string) =>
  createHash(algorithm)
    .update(`${kind} ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');

describe('what Git stored', () => {
  test('is genuine when it is what its id says, and only then', () => {
    const content = Buffer.from('hello\n');
    // `git hash-object` of the same text.
    expect(isGenuine('ce013625030ba8dba906f756967f9e9ca394464a', { kind: 'blob', content })).toBe(true);
    expect(isGenuine('ce013625030ba8dba906f756967f9e9ca394464a', { kind: 'tree', content })).toBe(false);
    expect(isGenuine(idOf('sha256', 'blob', 'hello\n'), { kind: 'blob', content })).toBe(true);
    expect(isGenuine(idOf('sha256', 'blob', 'hello\n'), { kind: 'blob', content: Buffer.from('Hello\n') })).toBe(false);
  });

  test('names its tree when it is a commit', () => {
    const content = Buffer.from(`tree ${id('a')}\nparent ${id('b')}\n\ntree ${id('c')}\n`);
    expect(treeOf({ kind: 'commit', content })).toBe(id('a'));
    expect(treeOf({ kind: 'tag', content })).toBeUndefined();
    expect(treeOf({ kind: 'commit', content: Buffer.from(`object ${id('a')}\n`) })).toBeUndefined();
  });

  test('has entries of their kinds, by their whole name', () => {
    const found = tree(
      entry('100644', 'a', '1'),
      entry('100755', 'a b\nc', '2'),
      entry('40000', 'folder', '3'),
      entry('120000', 'link', '4'),
      entry('160000', 'module', '5'),
      entry('100664', 'ü', '6'),
      entry('777', 'odd', '7'),
    );
    const kinds = ['a', 'a b\nc', 'folder', 'link', 'module', 'ü', 'odd', 'fold', 'older', ''].map((name) => {
      const { kind, executable, id: object } = entryOf(found, name, 40) ?? {};
      return [kind, executable, object?.[0]];
    });
    expect(kinds).toEqual([
      ['file', false, '1'],
      ['file', true, '2'],
      ['folder', false, '3'],
      ['link', false, '4'],
      ['submodule', false, '5'],
      ['file', false, '6'],
      ['other', false, '7'],
      [undefined, undefined, undefined],
      [undefined, undefined, undefined],
      [undefined, undefined, undefined],
    ]);
    expect(entryOf({ ...found, kind: 'blob' }, 'a', 40)).toBeUndefined();
  });

  test('is looked through whatever it is made of', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, name) => {
        const content = Buffer.from(bytes);
        expect(entryOf({ kind: 'tree', content }, name, 40)?.id ?? id('0')).toHaveLength(40);
        expect([undefined, 40, 64]).toContain(treeOf({ kind: 'commit', content })?.length);
      }),
    );
  });

  test('that ends in the middle has no entries beyond', () => {
    const { content } = tree(entry('100644', 'a', '1'), entry('100644', 'b', '2'));
    for (let length = 0; length < content.length; length += 1) {
      const part = { kind: 'tree', content: content.subarray(0, length) };
      expect(entryOf(part, 'b', 40)).toBeUndefined();
      expect(entryOf(part, 'a', 40) === undefined).toBe(length < 29);
    }
  });
});

describe('where a repository stands', () => {
  test.each([
    [`${id('a')}\n`, { commit: id('a') }],
    [`${'b'.repeat(64)}\n`, { commit: 'b'.repeat(64) }],
    ['ref: refs/heads/main\n', { ref: 'refs/heads/main' }],
    ['ref:refs/heads/a/b', { ref: 'refs/heads/a/b' }],
    ['ref: refs/heads/.invalid\n', undefined],
    ['ref: refs/../../etc/passwd\n', undefined],
    ['ref: ../HEAD\n', undefined],
    ['ref: refs/heads/a b\n', undefined],
    [`${id('A')}\n`, undefined],
    ['', undefined],
    ['ref: refs/heads/main\nref: refs/heads/other\n', undefined],
  ])('is said by %j', (text, found) => {
    expect(parseRef(text)).toEqual(found);
  });

  test.each([
    ['refs/heads/main', true],
    ['refs/heads/ü/x', true],
    ['heads/main', false],
    ['refs//main', false],
    ['refs/heads/', false],
    ['refs/heads/..', false],
    ['refs/heads/a..b', false],
    ['refs/heads/x.lock', false],
    ['refs/heads/a\0b', false],
    ['refs/heads/a\\b', false],
    [`refs/${'a'.repeat(2000)}`, false],
  ])('is never asked for by a name such as %j: %s', (name, may) => {
    expect(isRefName(name)).toBe(may);
  });

  test('is found among packed refs by the whole name', () => {
    const text = [
      '# pack-refs with: peeled fully-peeled sorted ',
      `${id('1')} refs/heads/main2`,
      `${id('2')} refs/heads/main`,
      `^${id('3')}`,
      `${id('4')} refs/tags/x refs/heads/odd`,
      'short refs/heads/short',
    ].join('\n');
    expect(packedCommit(text, 'refs/heads/main')).toBe(id('2'));
    expect(packedCommit(text, 'refs/heads/odd')).toBeUndefined();
    expect(packedCommit(text, 'refs/heads/short')).toBeUndefined();
    expect(packedCommit(text, 'refs/heads/none')).toBeUndefined();
    expect(packedCommit('', 'refs/heads/main')).toBeUndefined();
  });
});
