import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMemoryFiles } from '../../../main/adapters/agents/memory-files.ts';
import { skipUnless } from '../../helpers/skip.ts';

let folder: string;
let workspace: string;
let store: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'memory-')));
  workspace = path.join(folder, 'home/projects/shop');
  store = path.join(folder, 'homes/agent');
  await mkdir(workspace, { recursive: true });
  await mkdir(store, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const look = (workspaceFiles: string[], homeFiles: string[] = [], stores: string[] = []) =>
  readMemoryFiles({
    workspace,
    home: { inside: path.join(folder, 'home'), host: store },
    workspaceFiles,
    homeFiles,
    stores,
  });
const named = async (...names: string[]) =>
  Object.fromEntries(
    (await look(names)).map(({ path: name, text, link }) => [name, link === undefined ? text : [link, text]]),
  );
const put = async (place: string, name: string, text: string | Uint8Array) => {
  await mkdir(path.dirname(path.join(place, name)), { recursive: true });
  await writeFile(path.join(place, name), text);
};

describe('[DAT-3] instruction and memory files', () => {
  test('are found where they are, folders with all that is in them, each once', async () => {
    await put(workspace, 'AGENTS.md', 'a\n');
    await put(workspace, 'rules/one.md', '1\n');
    await put(workspace, 'rules/deep/two.md', '2\n');
    await put(store, '.claude/CLAUDE.md', 'c\n');
    await put(store, 'memory.sqlite', 'SQLite');
    const found = await look(
      ['AGENTS.md', 'rules', 'rules/one.md', 'none.md', 'AGENTS.md/x'],
      ['.claude/CLAUDE.md'],
      ['memory.sqlite'],
    );
    expect(found.map(({ place, path: name, text, store: isStore }) => [place, name, text, isStore])).toEqual([
      ['workspace', 'AGENTS.md', 'a\n', undefined],
      ['workspace', 'rules/deep/two.md', '2\n', undefined],
      ['workspace', 'rules/one.md', '1\n', undefined],
      ['home', '.claude/CLAUDE.md', 'c\n', undefined],
      ['home', 'memory.sqlite', 'SQLite', true],
    ]);
  });

  test('that are links are followed as the agent follows them: its home is its own, and nothing outside is read', async () => {
    await put(workspace, 'AGENTS.md', 'a\n');
    await put(path.join(folder, 'home'), 'secret', 'the key');
    await put(store, 'secret', 'its own');
    const links: Record<string, string> = {
      'inside.md': 'AGENTS.md',
      'home.md': path.join(folder, 'home/secret'),
      'up.md': '../../secret',
      'system.md': '/etc/passwd',
      'nowhere.md': 'missing',
      'round.md': 'round.md',
      way: '.',
    };
    for (const [name, target] of Object.entries(links)) await symlink(target, path.join(workspace, name));
    expect(
      await named('inside.md', 'way/AGENTS.md', 'home.md', 'up.md', 'system.md', 'nowhere.md', 'round.md'),
    ).toEqual({
      'inside.md': [path.join(workspace, 'AGENTS.md'), 'a\n'],
      'way/AGENTS.md': [path.join(workspace, 'AGENTS.md'), 'a\n'],
      'home.md': [path.join(folder, 'home/secret'), 'its own'],
      'up.md': [path.join(folder, 'home/secret'), 'its own'],
      'system.md': ['/etc/passwd', undefined],
      'nowhere.md': [path.join(workspace, 'missing'), undefined],
      'round.md': [path.join(workspace, 'round.md'), undefined],
    });
  });

  test('that are long or no text are known by their digest alone', async () => {
    await put(workspace, 'long.md', 'x'.repeat(64 * 1024 + 1));
    await put(workspace, 'zero.md', 'a\0b');
    await put(workspace, 'bytes.md', Uint8Array.of(0xff, 0xfe));
    await put(workspace, 'full.md', 'ü'.repeat(32 * 1024));
    const found = await look(['long.md', 'zero.md', 'bytes.md', 'full.md']);
    expect(found.map(({ sizeBytes, text }) => [sizeBytes, text?.length])).toEqual([
      [64 * 1024 + 1, undefined],
      [3, undefined],
      [2, undefined],
      [64 * 1024, 32 * 1024],
    ]);
  });

  test.each<[string, () => Promise<unknown> | unknown, string]>([
    ['a FIFO', () => execFileSync('mkfifo', [path.join(workspace, 'x')]), 'neither a file nor a folder'],
    [
      'a link to a FIFO',
      async () => {
        execFileSync('mkfifo', [path.join(workspace, 'y')]);
        await symlink('y', path.join(workspace, 'x'));
      },
      'neither a file nor a folder',
    ],
    [
      'an endless file',
      async () => {
        await put(workspace, 'x', '');
        await truncate(path.join(workspace, 'x'), 65 * 1024 ** 2);
      },
      'longer than 64 MiB',
    ],
    [
      'a folder that leads into itself',
      async () => {
        await mkdir(path.join(workspace, 'x'));
        await symlink('.', path.join(workspace, 'x/x'));
      },
      'more than 8 folders deep',
    ],
    [
      'a folder of more than anybody wrote',
      () => Promise.all(Array.from({ length: 257 }, (_, at) => put(workspace, `x/${at}`, ''))),
      'more than 256',
    ],
    [
      'a name that is not UTF-8',
      () => execFileSync('bash', ['-c', `mkdir x; : > x/$'\\xff'`], { cwd: workspace }),
      'not valid UTF-8',
    ],
    [
      'a link to a name that is not UTF-8, which would seem to lead nowhere',
      () => execFileSync('bash', ['-c', `: > y$'\\xff'; ln -s y$'\\xff' x`], { cwd: workspace }),
      'leads to a name that is not valid UTF-8',
    ],
    [
      'folders without end that hold nothing',
      () => execFileSync('bash', ['-c', 'mkdir -p x/{0..3}/{0..255}'], { cwd: workspace }),
      'more than 1024 files and folders',
    ],
    [
      'files that are long together and cost nobody anything',
      () => execFileSync('bash', ['-c', 'mkdir x; truncate -s 60M x/{a,b,c}'], { cwd: workspace }),
      'more than 128 MiB together',
    ],
  ])('of a kind that cannot be pinned refuse the start: %s', async (_, make, why) => {
    await make();
    await expect(look(['x'])).rejects.toMatchObject({
      data: { code: 'memory_refused', why: expect.stringContaining(why) },
    });
  });

  skipUnless(process.getuid?.() !== 0, 'root reads what nobody may')(
    '[DAT-3] that cannot be read refuse the start',
    async () => {
      await put(workspace, 'x/a', 'a');
      await chmod(path.join(workspace, 'x/a'), 0);
      await expect(look(['x'])).rejects.toMatchObject({ data: { why: expect.stringContaining('EACCES') } });
      await chmod(path.join(workspace, 'x'), 0);
      await expect(look(['x/a'])).rejects.toMatchObject({ data: { code: 'memory_refused' } });
      await chmod(path.join(workspace, 'x'), 0o700);
    },
  );
});
