import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildGitConfig, gitIdentity, parseGitConfig } from '../../../main/core/agents/git-config.ts';
import { parseGitFile, parsePathFile } from '../../../main/core/agents/gitfile.ts';

describe('Git configuration, read without running Git', () => {
  it.each([
    ['[user]\n\tname = Ada Lovelace  \n', 'user.name', 'Ada Lovelace'],
    ['[User] Name=Ada ; a comment\n', 'user.name', 'Ada'],
    ['[user]\nname = "Ada # not a comment" # one\n', 'user.name', 'Ada # not a comment'],
    ['[user]\nname = a\\\n b\n', 'user.name', 'a b'],
    ['[user]\nname = say \\"hi\\"\\n\n', 'user.name', 'say "hi"\n'],
    ['[core "x y"]\nworktree = ../a\n', 'core.x y.worktree', '../a'],
    ['[core]\nbare\n', 'core.bare', 'true'],
    ['[user]\nname = first\nname = last\n', 'user.name', 'last'],
    ['\r\n[user]\r\n name = Ada\r\n', 'user.name', 'Ada'],
  ])('%j', (text, key, value) => {
    expect(parseGitConfig(text).get(key)).toBe(value);
  });

  it.each(['[user]\nname = "open\n', '[user]\nname = \\q\n', 'name = Ada\n', '[include]\npath = ~/x\n'])(
    '%j gives no name',
    (text) => expect(parseGitConfig(text).has('user.name')).toBe(false),
  );

  it('never lets a value become another setting in the generated file', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (name, workspace) => {
        const identity = gitIdentity(new Map([['user.name', name]]));
        const written = parseGitConfig(buildGitConfig(identity, `/${workspace.replaceAll(/[\0\r]/gu, '')}`));
        const keys = [...written.keys()];
        expect(keys.every((key) => ['user.name', 'safe.directory'].includes(key))).toBe(true);
        expect(written.get('user.name')).toBe(identity.name);
        expect(written.get('safe.directory')).toBe(`/${workspace.replaceAll(/[\0\r]/gu, '')}`);
      }),
    );
  });

  it('takes no identity with control characters', () => {
    const identity = gitIdentity(
      new Map([
        ['user.name', 'Ada\n[core]'],
        ['user.email', 'ada@example.org'],
      ]),
    );
    expect(identity).toEqual({ name: undefined, email: 'ada@example.org' });
  });
});

describe('files that point at a repository', () => {
  it.each([
    ['gitdir: /r/.git/worktrees/x\n', '/r/.git/worktrees/x'],
    ['gitdir: ../r', '../r'],
    ['gitdir: a\nb\n', undefined],
    ['gitdir:  \n', undefined],
    ['gitdir: a\0b', undefined],
    [' gitdir: a', undefined],
  ])('%j', (text, target) => expect(parseGitFile(text)).toBe(target));
  it.each([
    ['../..\n', '../..'],
    ['a\nb', undefined],
    ['', undefined],
  ])('%j', (text, path) => expect(parsePathFile(text)).toBe(path));
});
