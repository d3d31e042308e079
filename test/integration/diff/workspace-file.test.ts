import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, realpath, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWorkspaceFile } from '../../../main/adapters/diff/workspace-file.ts';
import { skipUnless } from '../../helpers/skip.ts';

const bytesMax = 1024 * 1024;
let folder: string;
let workspace: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'read-')));
  workspace = path.join(folder, 'project');
  await mkdir(path.join(workspace, 'src/deep'), { recursive: true });
  await writeFile(path.join(folder, 'secret'), 'the key');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(workspace, name);
const read = (name: string) => readWorkspaceFile(workspace, name, bytesMax);

describe('files of a workspace', () => {
  test.each(['a.txt', 'src/deep/b.txt', 'with\nnewline', '\u202egnp.exe', ' ', '-rf', '…', '%2e%2e', 'a\\b'])(
    'are read by their name, whatever it is: %j',
    async (name) => {
      await writeFile(at(name), `content of ${name}`, { mode: 0o755 });
      expect(await read(name)).toEqual({
        kind: 'file',
        content: Buffer.from(`content of ${name}`),
        executable: true,
      });
    },
  );

  test('that are something else are said to be that, and not opened', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await symlink('../secret', at('link'));
    await symlink('pipe', at('to-pipe'));
    await symlink('nowhere', at('dangling'));
    await writeFile(at('sparse'), '');
    await truncate(at('sparse'), 1024 ** 3);
    const server = createServer().listen(at('socket'));
    await once(server, 'listening');
    try {
      expect(await read('pipe')).toEqual({ kind: 'other', why: 'a named pipe' });
      expect(await read('socket')).toEqual({ kind: 'other', why: 'a socket' });
      expect(await read('link')).toEqual({ kind: 'link', target: '../secret' });
      expect(await read('to-pipe')).toEqual({ kind: 'link', target: 'pipe' });
      expect(await read('dangling')).toEqual({ kind: 'link', target: 'nowhere' });
      expect(await read('sparse')).toEqual({ kind: 'large', sizeBytes: 1024 ** 3, executable: false });
      expect(await read('src')).toEqual({ kind: 'folder' });
      expect(await read('none')).toEqual({ kind: 'missing' });
      expect(await read('none/none')).toEqual({ kind: 'missing' });
    } finally {
      server.close();
    }
  });

  test.each([
    '../secret',
    'src/../../secret',
    '/etc/passwd',
    '..',
    '.',
    '',
    'src/',
    './a',
    'a//b',
    `${'a/'.repeat(300)}a`,
  ])('are no others: %j', async (name) => {
    expect(await read(name)).toMatchObject({ kind: 'unknown' });
  });

  test('are not read through a folder that is a link', async () => {
    await symlink('..', at('up'));
    await symlink('/', at('root'));
    for (const name of ['up/secret', 'root/etc/passwd', 'root/proc/self/environ']) {
      expect(await read(name)).toMatchObject({ kind: 'unknown', why: 'a folder on the way to it is no folder' });
    }
  });

  test('of a workspace that is gone, or leads elsewhere now, are not read at all', async () => {
    await writeFile(at('a'), 'a');
    await rename(workspace, path.join(folder, 'moved'));
    await expect(read('a')).rejects.toThrow('is not there any more');
    await symlink('moved', workspace);
    await expect(read('a')).rejects.toThrow('is not there any more');
    await mkdir(path.join(folder, 'real/project'), { recursive: true });
    await symlink('real', path.join(folder, 'way'));
    await expect(readWorkspaceFile(path.join(folder, 'way/project'), 'a', bytesMax)).rejects.toThrow(
      'leads to another',
    );
  });

  skipUnless(process.getuid?.() !== 0, 'root may read whatever the mode says')(
    'that may not be read are said to be that',
    async () => {
      await writeFile(at('shut'), 'a', { mode: 0 });
      await mkdir(at('closed'));
      await chmod(at('closed'), 0);
      expect(await read('shut')).toEqual({ kind: 'unknown', why: 'the system says: permission denied' });
      expect(await read('closed/a')).toEqual({ kind: 'unknown', why: 'the system says: permission denied' });
      await chmod(at('closed'), 0o700);
    },
  );

  test('are never those of another folder, however fast that is put into the place of theirs', async () => {
    await mkdir(path.join(folder, 'private'));
    await writeFile(path.join(folder, 'private/id'), 'the key');
    await mkdir(at('keys'));
    await writeFile(at('keys/id'), 'harmless');
    const swapping = swap(at('keys'), path.join(folder, 'private'));
    try {
      const kinds = new Set<string>();
      for (let round = 0; round < 400; round += 1) {
        const found = await read('keys/id');
        kinds.add(found.kind);
        expect(found.kind === 'file' ? found.content.toString() : 'harmless').toBe('harmless');
      }
      expect(['file', 'unknown', 'missing']).toEqual(expect.arrayContaining([...kinds]));
    } finally {
      const gone = once(swapping, 'exit');
      swapping.kill('SIGKILL');
      await gone;
    }
  });
});

/** Puts a link to another folder into the place of one, and takes it back, as fast as it can. */
function swap(place: string, other: string): ChildProcess {
  const script = `
    const { renameSync, symlinkSync } = require('node:fs');
    symlinkSync(${JSON.stringify(other)}, ${JSON.stringify(`${place}.link`)});
    for (;;) {
      renameSync(${JSON.stringify(place)}, ${JSON.stringify(`${place}.own`)});
      renameSync(${JSON.stringify(`${place}.link`)}, ${JSON.stringify(place)});
      renameSync(${JSON.stringify(place)}, ${JSON.stringify(`${place}.link`)});
      renameSync(${JSON.stringify(`${place}.own`)}, ${JSON.stringify(place)});
    }`;
  return spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
}
